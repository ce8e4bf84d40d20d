import { type Command, InvalidArgumentError } from 'commander';
import type { FollowOptions } from '../../../clients/typescript/src/follow.ts';
import { systemClock } from '../../clock/system-clock.ts';
import { defaultPort } from '../default-port.ts';
import { serverAddress } from '../server-address.ts';

/** Milliseconds that a connection's end may take. */
const exitGraceMs = 1_000;

type Start = Pick<FollowOptions, 'cursor' | 'from'>;

interface Options {
  readonly url?: string;
  readonly from?: Start;
  readonly chain?: string;
  readonly json?: boolean;
  readonly count?: number;
}

/** `trunkline follow …`: prints the event feed of a running Trunkline. */
export function addFollowCommand(
  program: Command,
  target: () => { readonly host: string; readonly port: number },
): void {
  program
    .command('follow')
    .description('print the event feed of a running Trunkline until ^C; a lost connection is made again')
    .argument('<topics...>', 'what to follow, such as devnet.heads; * is one token, > the rest')
    .option(
      '--url <url>',
      `of the feed (default: ws://127.0.0.1:${defaultPort}/feed, or by --host and --port)`,
    )
    .option(
      '--from <start>',
      'latest, earliest, the number of a block, a time (ISO 8601), or the cursor to go on behind (default: latest)',
      readStart,
    )
    .option('--chain <name>', 'the chain whose block --from numbers, where the topics are of several')
    .option('--json', 'print a JSON object a line, as it does when the output is no terminal')
    .option('-n, --count <n>', 'end after that many events', readCount)
    .addHelpText('after', topicHelp)
    .action(async (topics: string[], { url, from, chain, json, count }: Options, command: Command) => {
      const start = chain === undefined ? from : ofChain(from, chain);
      if (chain !== undefined && start === undefined)
        command.error("error: option '--chain <name>' goes with the number of a block: --from <number>");
      const { followFeed } = await import('../follow-feed.ts');
      const ending = new AbortController();
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ending.abort());
      const { stdout, stderr } = process;
      const cursor = await followFeed(
        {
          url: url ?? `ws://${serverAddress(target())}/feed`,
          topics,
          ...start,
          json: json ?? stdout.isTTY !== true,
          count,
          signal: ending.signal,
        },
        { stdout, stderr },
      );
      // A server that went silent does not answer the end of its connection either.
      systemClock.setTimeout(() => process.exit(), exitGraceMs);
      if (cursor !== undefined)
        stderr.write(`last cursor: ${cursor} (go on behind it with --from ${cursor})\n`);
    });
}

const topicHelp = `
Topics (quote those with * and >, which mean something to a shell):
  devnet.heads                       blocks of the chain devnet; its id and CAIP-2 name (eip155:31337.heads) do as well
  devnet.logs.<address>.<topic0>     logs; '*' for any address or first topic
  devnet.pending                     transactions that wait
  devnet.reorgs, devnet.gaps         what was taken back, what was missed; told to those who follow heads or logs, too
  devnet.finality, devnet.providers  the safe and the finalized block, the health of providers
  'devnet.>', '*.heads', 'system.>'  all of a chain, one kind of all chains, Trunkline itself`;

function readStart(text: string): Start {
  if (text === 'latest' || text === 'earliest') return { from: text };
  if (/^\d{1,15}$/.test(text)) return { from: { block: Number(text) } };
  if (/^[0-9a-z]{1,20}:\d{1,15}$/.test(text)) return { cursor: text };
  if (/^\d{4}-\d\d-\d\d/.test(text) && !Number.isNaN(Date.parse(text))) return { from: { time: text } };
  throw new InvalidArgumentError('it is latest, earliest, the number of a block, a time or a cursor.');
}

/** The start at a block of `chain`; undefined: `start` is no block. */
function ofChain(start: Start | undefined, chain: string): Start | undefined {
  const from = start?.from;
  return typeof from === 'object' && 'block' in from ? { from: { ...from, chain } } : undefined;
}

function readCount(text: string): number {
  const count = /^\d{1,15}$/.test(text) ? Number(text) : 0;
  if (count < 1) throw new InvalidArgumentError('it is a whole number from 1.');
  return count;
}
