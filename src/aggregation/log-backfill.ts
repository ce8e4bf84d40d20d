import type { Clock, TimerHandle } from '../clock/clock.ts';
import { splitArray } from './split-array.ts';

/** A range of logs to fetch. */
export interface LogRequest {
  /** The subscription's filter, a JSON object as text: addresses and topics. */
  readonly filter: string;
  readonly fromBlock: number;
  readonly toBlock: number;
  /** The provider to ask first, if it has block `toBlock`; whoever answers must have it. */
  readonly providerId: string;
}

/** The `result` bytes of `eth_getLogs`, an array. Rejects when nobody could answer. */
export type FetchLogs = (request: LogRequest) => Promise<Buffer>;

/** What comes out of a backfill. */
export interface LogBackfillListener {
  /** The logs of the range, in order. */
  onLogs(logs: readonly Buffer[]): void;
  /** It takes long: what waits for these logs need not wait longer. They still come, or `onFailed`. */
  onDelayed(): void;
  /** All tries failed. */
  onFailed(error: unknown): void;
}

const retryDelaysMs = [100, 400, 1500, 4000];

/** Fetches one range of logs, in up to five tries: right after a head, few providers have its block. */
export class LogBackfill {
  readonly #request: LogRequest;
  readonly #timeoutMs: number;
  readonly #fetchLogs: FetchLogs;
  readonly #listener: LogBackfillListener;
  readonly #clock: Clock;
  #timer: TimerHandle | undefined;
  #patience: TimerHandle | undefined;
  #isOver = false;

  constructor(
    options: {
      readonly request: LogRequest /** Milliseconds that one try may take. */;
      readonly timeoutMs: number;
    },
    deps: { readonly fetchLogs: FetchLogs; readonly listener: LogBackfillListener; readonly clock: Clock },
  ) {
    this.#request = options.request;
    this.#timeoutMs = options.timeoutMs;
    this.#fetchLogs = deps.fetchLogs;
    this.#listener = deps.listener;
    this.#clock = deps.clock;
  }

  start(): void {
    this.#patience = this.#clock.setTimeout(() => this.#listener.onDelayed(), this.#timeoutMs);
    // Not at once: it may be a new head that asks for this, and not everybody has heard of it yet.
    queueMicrotask(() => {
      if (!this.#isOver) this.#try(0);
    });
  }

  /** Nothing is reported after this. */
  cancel(): void {
    this.#isOver = true;
    this.#clock.clearTimeout(this.#timer);
    this.#clock.clearTimeout(this.#patience);
  }

  #try(attempt: number): void {
    let isDecided = false;
    const decide = (step: () => void) => {
      if (isDecided || this.#isOver) return;
      isDecided = true;
      this.#clock.clearTimeout(this.#timer);
      step();
    };
    const fail = (error: unknown) => decide(() => this.#failed(attempt, error));
    this.#timer = this.#clock.setTimeout(
      () => fail(new Error(`no logs within ${this.#timeoutMs} ms`)),
      this.#timeoutMs,
    );
    this.#fetch().then(logs => decide(() => this.#done(logs)), fail);
  }

  async #fetch(): Promise<Buffer[]> {
    const logs = splitArray(await this.#fetchLogs(this.#request));
    if (logs === undefined) throw new Error('the logs are not a JSON array');
    return logs;
  }

  #done(logs: readonly Buffer[]): void {
    this.cancel();
    this.#listener.onLogs(logs);
  }

  #failed(attempt: number, error: unknown): void {
    const delayMs = retryDelaysMs[attempt];
    if (delayMs === undefined) {
      this.cancel();
      this.#listener.onFailed(error);
      return;
    }
    this.#timer = this.#clock.setTimeout(() => this.#try(attempt + 1), delayMs);
  }
}
