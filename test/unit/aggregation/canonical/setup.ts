import type { GatheredLog } from '../../../../src/aggregation/canonical/canonical-sink.ts';
import {
  ChainFollower,
  type ChainFollowerOptions,
} from '../../../../src/aggregation/canonical/chain-follower.ts';
import type { LogGatherer } from '../../../../src/aggregation/canonical/log-gatherer.ts';
import type { Head } from '../../../../src/chains/chain-family.ts';
import { silentLog } from '../../../../src/telemetry/log.ts';
import { PromMetricRegistry } from '../../../../src/telemetry/prom-metric-registry.ts';
import { FakeChain, FakeReads, fakeHeadRules, headerBytes } from '../../../support/fake-chain.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { RecordingSink } from '../../../support/recording-sink.ts';

/** Gives each block one log that names it; a test may hold blocks back. */
export class FakeLogs implements LogGatherer {
  version = 0;
  readonly gathered: string[] = [];
  readonly aborted: string[] = [];
  /** Blocks that wait for `release`, by hash. */
  readonly held = new Map<string, () => void>();
  running = 0;
  maxRunning = 0;
  readonly #holds = new Set<string>();

  hold(...blocks: readonly Head[]): void {
    for (const { hash } of blocks) this.#holds.add(hash);
  }

  release(): void {
    this.#holds.clear();
    for (const go of this.held.values()) go();
    this.held.clear();
  }

  async gather({ hash }: Head, _providerId: string, signal: AbortSignal): Promise<readonly GatheredLog[]> {
    const { version } = this;
    this.gathered.push(hash);
    this.maxRunning = Math.max(this.maxRunning, ++this.running);
    try {
      if (this.#holds.has(hash)) {
        await new Promise<void>((resolve, reject) => {
          this.held.set(hash, resolve);
          signal.addEventListener('abort', () => {
            this.aborted.push(hash);
            reject(new Error('aborted'));
          });
        });
      }
      const bytes = Buffer.from(JSON.stringify(`log of ${hash} at version ${version}`));
      return [{ address: '0xa', topic0: undefined, bytes }];
    } finally {
      this.running--;
    }
  }
}

/** Lets promises settle. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 30; turn++) await new Promise(resolve => setImmediate(resolve));
}

/** A follower over a fake chain; `start` opens it. */
export function setUpFollower(options: Partial<ChainFollowerOptions> = {}, sink = new RecordingSink()) {
  const clock = new ManualClock();
  const metrics = new PromMetricRegistry();
  const chain = new FakeChain();
  const reads = new FakeReads(chain);
  const logs = new FakeLogs();
  const failures: unknown[] = [];
  const heads: { best: undefined; head: (providerId: string) => number | undefined } = {
    best: undefined,
    head: () => 1,
  };
  const create = (onFailed: (error: unknown) => void = error => failures.push(error)) =>
    new ChainFollower(
      { chain: 'test', blockTimeMs: 12_000, finalityIntervalMs: 3_600_000, ...options },
      {
        sink,
        logs,
        reads,
        heads,
        events: fakeHeadRules,
        bloomIn: () => undefined,
        clock,
        log: silentLog,
        metrics,
        onFailed,
      },
    );
  let follower = create();
  const start = async () => {
    await follower.open();
    await settle();
  };
  /** A provider announces a block, which it has from now on. */
  const tell = (providerId: string, head: Head, how: 'announced' | 'polled' | 'unbelieved' = 'announced') => {
    reads.heads.set(providerId, head);
    follower.onHead({
      providerId,
      head,
      header: how === 'polled' ? undefined : headerBytes(head),
      isBelieved: how !== 'unbelieved',
    });
  };
  const announce = async (providerId: string, ...announced: readonly Head[]) => {
    for (const head of announced) tell(providerId, head);
    await settle();
  };
  /** The follower ends, as with its process, and another one begins. */
  const restart = async () => {
    follower.stop();
    follower = create();
    await start();
  };
  const metric = async (name: string, labels = ''): Promise<number> => {
    const line = (await metrics.expose())
      .split('\n')
      .find(l => l.startsWith(`${name}{`) && l.includes(labels));
    return line === undefined ? 0 : Number(line.slice(line.lastIndexOf(' ') + 1));
  };
  return {
    clock,
    chain,
    reads,
    logs,
    heads,
    sink,
    failures,
    create,
    start,
    tell,
    announce,
    restart,
    metric,
    get follower() {
      return follower;
    },
  };
}
