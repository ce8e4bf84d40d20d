import type { Head } from '../../chains/chain-family.ts';
import type { GatheredLog } from './canonical-sink.ts';

/** A block whose logs are wanted. */
export interface BlockToGather extends Head {
  /** The bloom in its header, as text; undefined: the header has none. */
  readonly bloom: string | undefined;
}

/** Where the follower of a chain has a block's logs from; `BlockLogs` is one. */
export interface LogGatherer {
  /** Grows when the demand does: what was gathered before may lack logs. */
  readonly version: number;
  /**
   * The demanded logs of the block, by index. Goes on until it has them; rejects only after `signal` was aborted.
   * @param providerId Who announced the block: it has it.
   */
  gather(block: BlockToGather, providerId: string, signal: AbortSignal): Promise<readonly GatheredLog[]>;
}
