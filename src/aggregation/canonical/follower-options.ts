import type { EventRules, Head } from '../../chains/chain-family.ts';
import type { Clock } from '../../clock/clock.ts';
import type { Log } from '../../telemetry/log.ts';
import type { MetricRegistry } from '../../telemetry/metrics.ts';
import type { HeadTracker } from '../head-tracker.ts';
import type { CanonicalSink } from './canonical-sink.ts';
import type { ChainReads } from './chain-reads.ts';
import type { LogGatherer } from './log-gatherer.ts';

/** How a chain is followed. */
export interface ChainFollowerOptions {
  /** The chain's name, for logs and metrics. */
  readonly chain: string;
  /** The chain's block time in milliseconds. */
  readonly blockTimeMs: number;
  /** Blocks that a reorganisation takes back at most, 1 to 255; beyond, the chain begins anew. @default 128 */
  readonly maxReorgDepth?: number;
  /** Blocks that are fetched at most when nobody looked for a while; the older ones become a gap. @default 1000 */
  readonly maxBackfillBlocks?: number;
  /** Milliseconds between questions for the `safe` and `finalized` blocks. @default 12 s or the block time, whichever is longer */
  readonly finalityIntervalMs?: number;
  /** Milliseconds for which a provider's head counts when a branch is chosen. @default 30 s or 5 blocks, whichever is longer */
  readonly freshMs?: number;
  /** Milliseconds after which heads that are all far below what was followed mean that the chain began anew. @default 60 s or 10 blocks, whichever is longer */
  readonly resetAfterMs?: number;
}

/** What a follower needs. */
export interface ChainFollowerDeps {
  readonly sink: CanonicalSink;
  readonly logs: LogGatherer;
  readonly reads: Pick<ChainReads, 'block'>;
  readonly heads: Pick<HeadTracker, 'best' | 'head'>;
  readonly events: Pick<EventRules, 'head' | 'header'>;
  /** The bloom in a header, where the family has such a thing. */
  readonly bloomIn: (header: Buffer) => string | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: MetricRegistry;
  /** It cannot go on, for the sink refused something: another one is needed. Called once. */
  readonly onFailed: (error: unknown) => void;
}

/** A head as a provider announced it or was found to have it. */
export interface HeadArrival {
  readonly providerId: string;
  readonly head: Head;
  /** As `newHeads` brings it; undefined: not known. May be a view into a larger buffer. */
  readonly header: Buffer | undefined;
  /** What `HeadTracker.observe` said. */
  readonly isBelieved: boolean;
}

/** The follower for people to look at. */
export interface ChainFollowerStats {
  /** The newest block that was handed over. */
  readonly tip: Pick<Head, 'number' | 'hash'> | undefined;
  /** The block that is being followed. */
  readonly goal: Pick<Head, 'number' | 'hash'> | undefined;
  /** Blocks to be handed over before the goal is reached. */
  readonly waiting: number;
  readonly treeBlocks: number;
}
