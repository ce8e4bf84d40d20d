import type {
  Contestant,
  ContestantCommand,
  ContestantOptions,
  ContestantReport,
} from '../solana/contestants/contestant.ts';

/** One contestant of the stream benchmark. Arguments: its name, and its options as JSON. */
const [name = '', text = '{}'] = process.argv.slice(2);
const options = JSON.parse(text) as ContestantOptions;
// Loaded when it runs, so that one's code does not weigh on another.
const contestants: Readonly<
  Record<string, () => Promise<{ start(options: ContestantOptions): Promise<Contestant> }>>
> = {
  vendor: () => import('../solana/contestants/vendor.ts'),
  codec: () => import('../solana/contestants/codec.ts'),
  trunkline: () => import('../solana/contestants/trunkline.ts'),
};
const load = contestants[name];
if (load === undefined) throw new Error(`no contestant ${name}`);
const contestant = await (await load()).start(options);

process.on('disconnect', () => process.exit());
process.on('message', async (command: ContestantCommand) => {
  if (command.collect) globalThis.gc?.();
  const { heapUsed, external, rss } = process.memoryUsage();
  process.send?.({
    transactions: contestant.transactions(),
    heapBytes: heapUsed + external,
    residentBytes: rss,
    waiting: contestant.waiting?.() ?? 0,
    metrics: command.metrics ? await contestant.metrics?.() : undefined,
  } satisfies ContestantReport);
});
process.send?.({});
