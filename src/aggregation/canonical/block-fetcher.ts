import type { EventRules } from '../../chains/chain-family.ts';
import type { CounterCell, MetricRegistry } from '../../telemetry/metrics.ts';
import type { FetchedBlock } from './ancestor-fetch.ts';
import type { BlockReadOptions, BlockReference, ChainReads } from './chain-reads.ts';
import { canonicalMetrics } from './metrics.ts';

/** Reads blocks as heads with the headers that `newHeads` would have announced. */
export class BlockFetcher {
  readonly #reads: Pick<ChainReads, 'block'>;
  readonly #events: Pick<EventRules, 'head' | 'header'>;
  readonly #failures: CounterCell;

  constructor(
    options: { readonly chain: string; readonly what: 'header' | 'finality' },
    deps: {
      readonly reads: Pick<ChainReads, 'block'>;
      readonly events: Pick<EventRules, 'head' | 'header'>;
      readonly metrics: MetricRegistry;
    },
  ) {
    this.#reads = deps.reads;
    this.#events = deps.events;
    this.#failures = deps.metrics.counter(canonicalMetrics.failedFetches, options);
  }

  /** The block; undefined: nobody has it, or what came is not a block, or not the one with that hash. Never rejects. */
  async fetch(by: BlockReference, options: BlockReadOptions = {}): Promise<FetchedBlock | undefined> {
    try {
      const bytes = await this.#reads.block(by, options);
      const head = bytes === undefined ? undefined : this.#events.head(bytes);
      const header = bytes === undefined || head === undefined ? undefined : this.#events.header(bytes);
      const isWanted = !('hash' in by) || by.hash === head?.hash;
      if (head !== undefined && header !== undefined && isWanted) return { head, header };
    } catch {
      // As if nobody had it: whoever needs it asks again.
    }
    if (options.signal?.aborted !== true) this.#failures.inc();
    return undefined;
  }
}
