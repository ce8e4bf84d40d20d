import { once } from 'node:events';
import {
  FeedError,
  type FollowOptions,
  type FollowState,
  follow,
} from '../../clients/typescript/src/follow.ts';
import { TrunklineError } from '../errors/trunkline-error.ts';
import { cliErrors } from './errors.ts';
import { renderEvent } from './render-event.ts';
import { paintFor } from './terminal.ts';

export interface FollowFeedOptions extends Pick<FollowOptions, 'url' | 'topics' | 'cursor' | 'from'> {
  /** A JSON object a line instead of text for a person. */
  readonly json: boolean;
  /** Ends after that many events; undefined: at the signal. */
  readonly count: number | undefined;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** Where it is printed: events to `stdout`, what happens to the connection to `stderr`. */
export interface FollowStreams {
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean };
  readonly stderr: NodeJS.WritableStream;
}

/**
 * Prints the feed until the signal; a lost connection is made again. Returns the cursor to go on with, if it got to one.
 *
 * @throws TrunklineError `trunkline_unreachable` when nothing was reached at all, `feed_refused`
 */
export async function followFeed(
  { json, count = Number.POSITIVE_INFINITY, signal, ...options }: FollowFeedOptions,
  { stdout, stderr }: FollowStreams,
): Promise<string | undefined> {
  const ending = new AbortController();
  let unreachable: TrunklineError | undefined;
  let wasReached = false;
  let isLost = false;
  const onState = (state: FollowState) => {
    if (state.state === 'live') {
      if (isLost) stderr.write('trunkline: connected again\n');
      wasReached = true;
      isLost = false;
    } else if (state.state === 'waiting') {
      wasReached ||= state.wasOpen;
      if (wasReached) {
        if (!isLost) stderr.write(`trunkline: ${state.reason}; trying again\n`);
        isLost = true;
        return;
      }
      unreachable = nothingAnswers(options.url);
      ending.abort();
    }
  };
  const feed = follow({ ...options, signal: AbortSignal.any([signal, ending.signal]), onState });
  const paint = paintFor(stdout);
  let printed = 0;
  try {
    for await (const item of feed) {
      const line = json ? JSON.stringify(item) : renderEvent(item, paint);
      if (!stdout.write(`${line}\n`)) await once(stdout, 'drain', { signal }).catch(() => {});
      if (++printed >= count) break;
    }
  } catch (error) {
    if (!(error instanceof FeedError)) throw error;
    throw new TrunklineError(cliErrors, 'feed_refused', refusalOf(error, options.from), { cause: error });
  }
  if (unreachable !== undefined) throw unreachable;
  return feed.cursor;
}

/** What the server says to a start, in the words of the command line where it speaks of parameters. */
function refusalOf({ code, message }: FeedError, from: FollowOptions['from']): string {
  if (code !== 'feed_request_invalid' || typeof from !== 'object' || !('block' in from)) return message;
  return from.chain === undefined
    ? `--from ${from.block} needs --chain <name> where the topics are of several chains`
    : `--chain ${JSON.stringify(from.chain)} is not the name, chain id or CAIP-2 id of a chain that is followed`;
}

function nothingAnswers(url: string): TrunklineError {
  return new TrunklineError(
    cliErrors,
    'trunkline_unreachable',
    `no feed answers at ${url}; start a Trunkline with \`npm start\`, or name another with --port or --url`,
  );
}
