/** Bounds of the event log. */
export interface EventLogOptions {
  /** Age in milliseconds at which an event may be removed. @default 86400000 */
  readonly retentionMs: number;
  /** Bytes of events that are kept. @default 1073741824 */
  readonly retentionBytes: number;
  /** Bytes of the newest events that are held in memory for `recent`. @default 33554432 */
  readonly memoryBytes: number;
  /** Bytes of events that may wait for their commit; above it `append` throws. @default 67108864 */
  readonly maxBacklogBytes: number;
  /** Share of `maxBacklogBytes` above which `isPressed` holds. @default 0.5 */
  readonly shedAt: number;
  /** Milliseconds that `close` waits for what is not committed. @default 5000 */
  readonly closeWaitMs?: number;
}

/** The log at one moment. */
export interface EventLogStats {
  readonly epoch: string;
  readonly earliest: number;
  readonly head: number;
  /** Bytes of the history. */
  readonly bytes: number;
  /** Bytes that are not committed. */
  readonly backlogBytes: number;
  /** Bytes and events in memory. */
  readonly memoryBytes: number;
  readonly memoryEvents: number;
  readonly isPressed: boolean;
}
