import { TrunklineError } from '../../errors/trunkline-error.ts';
import { type FeedErrorCode, feedErrors } from '../errors.ts';
import { formatCursor, parseCursor } from '../events/cursor.ts';
import type { EventSource } from '../log/event-source.ts';
import type { FeedRequest, FeedStart } from './feed-request.ts';
import type { SubscriptionGap } from './frame-format.ts';

/** Where a subscription begins: behind `offset`, having told `gaps`. */
export interface ResolvedStart {
  readonly offset: number;
  readonly gaps: readonly SubscriptionGap[];
}

/**
 * The offset of a start. Answers at once where it can, so that nothing happens between the answer and what follows.
 *
 * @throws TrunklineError `cursor_malformed`; with `gaps: 'refuse'` `cursor_epoch`, `cursor_expired`, `cursor_future`; rejects with `block_unknown`
 */
export function resolveStart(
  from: FeedStart,
  gaps: FeedRequest['gaps'],
  source: EventSource,
): ResolvedStart | Promise<ResolvedStart> {
  switch (from.kind) {
    case 'latest':
      return exactly(source.head);
    case 'earliest':
      return exactly(source.earliest - 1);
    case 'cursor':
      return behindCursor(from.cursor, gaps, source);
    case 'block':
      return atBlock(from.chain, from.number, source);
    case 'time':
      return atTime(from.time, gaps, source);
  }
}

/** An error of the feed with the cursors that a client can go on from. */
export function feedError(
  code: FeedErrorCode,
  message: string,
  source: EventSource,
  cause?: unknown,
): TrunklineError {
  return new TrunklineError(feedErrors, code, message, {
    details: {
      epoch: source.epoch,
      earliest: formatCursor(source.epoch, source.earliest - 1),
      latest: formatCursor(source.epoch, source.head),
    },
    ...(cause === undefined ? {} : { cause }),
  });
}

/** The gap before `earliest` of a subscription that is at `from`. */
export function expiredGap(source: EventSource, from?: string): SubscriptionGap {
  return {
    reason: 'expired',
    ...(from === undefined ? {} : { from }),
    to: formatCursor(source.epoch, source.earliest - 1),
    message: `${expiredEvents(source, from)}; going on with the earliest`,
  };
}

function expiredEvents(source: EventSource, from?: string): string {
  const to = formatCursor(source.epoch, source.earliest - 1);
  return `events ${from === undefined ? '' : `after ${from} `}up to ${to} are older than what is kept`;
}

function expiredError(source: EventSource, from?: string): TrunklineError {
  return feedError('cursor_expired', `${expiredEvents(source, from)}: ${wayOut('earliest')}`, source);
}

/** What a client can do whose start is refused. */
function wayOut(from: 'earliest' | 'latest'): string {
  return `begin with from: "${from}", or have the gap told with gaps: "announce"`;
}

function exactly(offset: number): ResolvedStart {
  return { offset, gaps: [] };
}

function behindCursor(text: string, gaps: FeedRequest['gaps'], source: EventSource): ResolvedStart {
  const cursor = parseCursor(text);
  if (cursor === undefined) {
    const shown = JSON.stringify(text.length > 64 ? `${text.slice(0, 63)}…` : text);
    throw feedError(
      'cursor_malformed',
      `${shown} is not a cursor; those look as ${formatCursor(source.epoch, source.head)}`,
      source,
    );
  }
  if (cursor.epoch !== source.epoch) {
    const lost = `the history of epoch ${cursor.epoch} is lost; this one is ${source.epoch}`;
    if (gaps === 'refuse') throw feedError('cursor_epoch', `${lost}: ${wayOut('earliest')}`, source);
    const to = formatCursor(source.epoch, source.earliest - 1);
    const message = `${lost}; going on with the earliest that is kept of it`;
    return { offset: source.earliest - 1, gaps: [{ reason: 'epoch', from: text, to, message }] };
  }
  if (cursor.offset > source.head) {
    const to = formatCursor(source.epoch, source.head);
    const message = `the cursor ${text} is ahead of the last event, ${to}: what lay between is not in this history`;
    if (gaps === 'refuse') throw feedError('cursor_future', `${message}; ${wayOut('latest')}`, source);
    return { offset: source.head, gaps: [{ reason: 'future', from: text, to, message }] };
  }
  if (cursor.offset + 1 < source.earliest) {
    if (gaps === 'refuse') throw expiredError(source, text);
    return { offset: source.earliest - 1, gaps: [expiredGap(source, text)] };
  }
  return exactly(cursor.offset);
}

async function atBlock(chain: string, number: number, source: EventSource): Promise<ResolvedStart> {
  const offset = await fromStore(source, source.offsetOfBlock(chain, number));
  if (offset === undefined || offset < source.earliest) {
    throw feedError('block_unknown', `block ${number} of ${chain} is not in the history`, source);
  }
  return exactly(offset - 1);
}

async function atTime(time: number, gaps: FeedRequest['gaps'], source: EventSource): Promise<ResolvedStart> {
  const offset = await fromStore(source, source.offsetAtTime(time));
  if (offset > source.earliest || source.earliest <= 1) return exactly(Math.max(offset, source.earliest) - 1);
  // The first event that is kept is not older: there may have been others of that time before it.
  if (gaps === 'refuse') throw expiredError(source);
  return { offset: source.earliest - 1, gaps: [expiredGap(source)] };
}

async function fromStore<T>(source: EventSource, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw feedError('feed_unavailable', 'the history cannot be read at the moment', source, error);
  }
}
