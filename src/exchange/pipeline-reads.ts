import type {
  BlockLogsAnswer,
  BlockReadOptions,
  BlockReference,
  ChainReads,
  LogReadOptions,
} from '../aggregation/canonical/chain-reads.ts';
import type { ChainRuntime } from '../gateway/chain-directory.ts';
import type { MetricRegistry } from '../telemetry/metrics.ts';
import { chainReadMetrics } from './chain-read-metrics.ts';
import { type OwnCall, OwnCalls, type OwnCallsDeps, resultOf } from './own-calls.ts';

type Purpose = 'block' | 'finality' | 'logs';

/** What the reads need. */
export interface ChainReadsDeps extends OwnCallsDeps {
  readonly metrics: MetricRegistry;
}

const deadlineMs = 5_000;
/** For one provider of several that are asked in turn. */
const turnMs = 2_000;
/** For so long, one that gave no logs is asked after the others: it may hang, and each block would wait for it. */
const passedOverMs = 10_000;
const maxPassedOver = 256;
/** The reads by which a chain's feed is kept complete, over the providers of the chain. */
export class PipelineReads implements ChainReads {
  readonly #chain: ChainRuntime;
  readonly #deps: ChainReadsDeps;
  readonly #own: OwnCalls;
  #calls = 0;
  /** When each provider last gave no logs. */
  readonly #failedAt = new Map<string, number>();

  constructor(chain: ChainRuntime, deps: ChainReadsDeps) {
    this.#chain = chain;
    this.#deps = deps;
    this.#own = new OwnCalls(chain, deps);
  }

  /** Calls to providers so far, those that failed included. */
  get calls(): number {
    return this.#calls;
  }

  async block(
    by: BlockReference,
    { providerId, signal }: BlockReadOptions = {},
  ): Promise<Buffer | undefined> {
    const call = { ...blockCall(by), signal };
    // With a provider that hangs, the others must still be asked while the answer is worth something.
    const steered =
      providerId === undefined
        ? undefined
        : await this.#read({ ...call, timeoutMs: turnMs, steering: { useProvider: providerId } });
    if (steered !== undefined || signal?.aborted === true) return steered;
    const steering = providerId === undefined ? {} : { avoid: [providerId] };
    return this.#read({ ...call, timeoutMs: deadlineMs, steering });
  }

  async blockLogs(
    block: { readonly hash: string; readonly number: number },
    { providerId, avoid = [], signal }: LogReadOptions = {},
  ): Promise<BlockLogsAnswer | undefined> {
    const { heads, table } = this.#chain;
    const params = JSON.stringify([{ blockHash: block.hash }]);
    // A node that has not come to the block may say that it has no logs.
    const ids = table.providers
      .map(provider => provider.id)
      .filter(
        candidate =>
          !avoid.includes(candidate) &&
          (candidate === providerId || (heads.head(candidate) ?? -1) >= block.number),
      )
      .sort((a, b) => this.#turn(a, providerId) - this.#turn(b, providerId));
    for (const useProvider of ids) {
      if (signal?.aborted === true) return undefined;
      const logs = await this.#read({
        purpose: 'logs',
        method: 'eth_getLogs',
        params,
        timeoutMs: turnMs,
        steering: { useProvider },
        signal,
      });
      if (logs !== undefined) {
        this.#failedAt.delete(useProvider);
        return { logs, providerId: useProvider };
      }
      if (this.#failedAt.size < maxPassedOver) this.#failedAt.set(useProvider, this.#deps.clock.now());
    }
    return undefined;
  }

  #turn(candidate: string, first: string | undefined): number {
    const failedAt = this.#failedAt.get(candidate);
    if (failedAt !== undefined && this.#deps.clock.now() - failedAt < passedOverMs) return 2;
    return candidate === first ? 0 : 1;
  }

  /** The result of a call; `undefined`: an error, a `null`, or no answer in time. */
  async #read({ purpose, ...call }: Omit<OwnCall, 'onSent'> & { readonly purpose: Purpose }) {
    return resultOf(await this.#own.ask({ ...call, onSent: calls => this.#count(purpose, calls) }));
  }

  #count(purpose: Purpose, calls: number): void {
    this.#calls += calls;
    this.#deps.metrics.counter(chainReadMetrics.calls, { chain: this.#chain.name, purpose }).inc(calls);
  }
}

function blockCall(by: BlockReference): Pick<OwnCall, 'method' | 'params'> & { readonly purpose: Purpose } {
  if ('hash' in by)
    return {
      purpose: 'block',
      method: 'eth_getBlockByHash',
      params: JSON.stringify([by.hash, false]),
    };
  const method = 'eth_getBlockByNumber';
  return 'number' in by
    ? { purpose: 'block', method, params: `["0x${by.number.toString(16)}",false]` }
    : { purpose: by.tag === 'latest' ? 'block' : 'finality', method, params: `["${by.tag}",false]` };
}
