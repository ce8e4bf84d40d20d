import type { Head } from '../../chains/chain-family.ts';

/** A log of a block, and what tells its readers. */
export interface GatheredLog {
  /** `0x` and 40 digits, in small letters. */
  readonly address: string;
  /** `0x` and 64 digits, in small letters; undefined: it has no topic. */
  readonly topic0: string | undefined;
  /** The log object as the provider gave it. */
  readonly bytes: Buffer;
}

/** A block that becomes part of the canonical chain. */
export interface CanonicalBlock {
  readonly head: Head;
  /** The header as `newHeads` gives it. */
  readonly header: Buffer;
  /** Those of its logs that somebody asks for, by log index. */
  readonly logs: readonly GatheredLog[];
}

/** A change of branch. The adopted blocks follow by `adopt`. */
export interface Reorganization {
  /** The newest block that both branches share. */
  readonly ancestor: Head;
  /** Blocks that are not canonical any more, newest first. */
  readonly orphaned: readonly Head[];
  /** Blocks of the new branch that are known by now, oldest first. */
  readonly adopted: readonly Head[];
}

/** Blocks of which no event will come. */
export interface BlockGap {
  readonly reason: 'outage' | 'chain_reset';
  readonly fromBlock: number;
  readonly toBlock: number;
}

export type FinalityTag = 'safe' | 'finalized';

/**
 * Where a chain's canonical events go, in order; one a chain, and it outlives the process that follows the chain. A promise
 * settles when the events have their place in the sequence and there is room for more; only one call at a time.
 */
export interface CanonicalSink {
  /** Reads what was handed over before, by an earlier process too. Before anything else, by each new follower. */
  open(): Promise<void>;
  /** The newest canonical blocks that were handed over, oldest first, at most 256: where a new follower goes on. */
  readonly recent: readonly Head[];
  adopt(block: CanonicalBlock): Promise<void>;
  /** Announces the change and takes back every log that was handed over of the orphaned blocks. */
  reorganize(change: Reorganization): Promise<void>;
  /** Says that blocks are missing; with `chain_reset`, `recent` is empty afterwards. */
  skip(gap: BlockGap): Promise<void>;
  finality(tag: FinalityTag, block: Pick<Head, 'number' | 'hash'>): void;
  /** A waiting transaction: its hash as a JSON string. The sink may shed it under pressure, and then says so to its readers. */
  pending(hash: Buffer): void;
}
