import type { HeadArrival } from '../aggregation/canonical/chain-follower.ts';
import type { Demand } from '../aggregation/demand/demand.ts';

/** What makes the events of one chain for the feed, whatever its family. */
export interface ChainEvents {
  /** What readers of the feed claim. */
  readonly demand: Demand;
  /** By how many blocks or slots the feed is behind the providers, if it stands still; 0: it does not. */
  readonly stalledBy: number;
  /** Takes a head that a provider reported. */
  onHead(arrival: HeadArrival): void;
  providerGone(id: string): void;
  /** The embedded chain began anew. */
  chainRestarted(): void;
  /** Goes on to gather what was gathered before the restart; once the log is open. */
  restore(): void;
  /** What `/stats` says of it under `feed`. */
  stats(): object;
  /** Ends what runs beside the processes, and the metrics. */
  stop(): void;
}
