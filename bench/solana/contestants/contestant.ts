/** What a contestant is started with. */
export interface ContestantOptions {
  /** Of the Geyser endpoint on loopback. */
  readonly port: number;
  /** Of Trunkline: `fee` takes two numbers of each transaction, `session_events` reads the Anchor event in it. @default fee */
  readonly parser?: 'fee' | 'session_events';
  /** Of Trunkline: milliseconds that the handler takes for a value. @default 0 */
  readonly handleMs?: number;
  /** Of Trunkline: values that are handled at once. @default 1 */
  readonly concurrency?: number;
}

/** One that takes transactions from the endpoint. */
export interface Contestant {
  /** Transactions that arrived at its end so far. */
  transactions(): number;
  /** Updates that wait in it. */
  waiting?(): number;
  /** Its metrics in Prometheus' form. */
  metrics?(): Promise<string>;
}

/** What its process is asked. */
export interface ContestantCommand {
  /** Takes away garbage before memory is measured. */
  readonly collect?: boolean;
  readonly metrics?: boolean;
}

/** What its process answers. */
export interface ContestantReport {
  readonly transactions: number;
  readonly heapBytes: number;
  readonly residentBytes: number;
  readonly waiting: number;
  readonly metrics: string | undefined;
}
