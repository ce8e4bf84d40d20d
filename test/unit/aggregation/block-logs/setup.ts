import { BlockLogs, type BlockLogsOptions } from '../../../../src/aggregation/block-logs/block-logs.ts';
import { ChainDemand } from '../../../../src/aggregation/demand/chain-demand.ts';
import type { LogPattern } from '../../../../src/aggregation/demand/log-pattern.ts';
import type { StreamHub } from '../../../../src/aggregation/stream-hub.ts';
import { logRules } from '../../../../src/chains/evm/log-rules.ts';
import { silentLog } from '../../../../src/telemetry/log.ts';
import { PromMetricRegistry } from '../../../../src/telemetry/prom-metric-registry.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { blockOf, FakeReads, type Says, type TrueBlock, truth } from './fake-reads.ts';

/** A block whose logs prove that the blooms of the chain tell them. */
const proof = blockOf(1, [{ address: 'ee', topics: ['ee'] }]);

/** The logs of a chain with made-up blocks and providers; all logs are claimed unless patterns say otherwise. */
export function setUp(
  blocks: readonly TrueBlock[],
  says: Readonly<Record<string, Says>>,
  more: Partial<BlockLogsOptions> & {
    readonly patterns?: readonly LogPattern[];
    readonly hub?: Pick<StreamHub, 'subscribe'>;
  } = {},
) {
  const { patterns = [{}], hub, ...options } = more;
  const clock = new ManualClock();
  const metrics = new PromMetricRegistry();
  const warnings: string[] = [];
  const log = { ...silentLog, warn: (message: string) => warnings.push(message) };
  const demand = new ChainDemand({ chain: 'test' }, { rules: logRules, clock, log, metrics });
  for (const pattern of patterns) demand.claimLogs(pattern, { since: 0, keepMs: 0 });
  const reads = new FakeReads([...blocks, proof], says);
  const blockLogs = new BlockLogs(
    { chain: 'test', ...options },
    { rules: logRules, demand, reads, ...(hub && { hub }), clock, log, metrics },
  );
  /** Moves time until the promise is settled; at most `maxMs`. */
  const settled = async <T>(promise: Promise<T>, maxMs = 60_000): Promise<T | 'waiting'> => {
    let result: { value: T } | { error: unknown } | undefined;
    promise.then(
      value => {
        result = { value };
      },
      (error: unknown) => {
        result = { error };
      },
    );
    const end = clock.now() + maxMs;
    await clock.advanceAndSettle(0);
    while (result === undefined && clock.now() < end) await clock.advanceAndSettle(25);
    if (result === undefined) return 'waiting';
    if ('error' in result) throw result.error;
    return result.value;
  };
  return {
    clock,
    demand,
    reads,
    blockLogs,
    warnings,
    /** Lets the chain have one block that shows that its blooms can be trusted. */
    prove: async () => {
      const before = new Map(reads.says);
      for (const id of before.keys()) reads.says.set(id, truth);
      await settled(blockLogs.gather(proof));
      for (const [id, one] of before) reads.says.set(id, one);
      reads.asked.length = 0;
    },
    settled,
    metric: async (name: string, labels = ''): Promise<number> => {
      const line = (await metrics.expose())
        .split('\n')
        .find(one => one.startsWith(name) && one.includes(labels));
      return line === undefined ? 0 : Number(line.split(' ').at(-1));
    },
  };
}
