import type { Clock, TimerHandle } from '../../clock/clock.ts';

/** When a stream that says nothing is given up; milliseconds. */
export interface StreamWatchOptions {
  readonly pingIntervalMs: number;
  readonly keepaliveTimeoutMs: number;
  readonly stallTimeoutMs: number;
}

export interface StreamWatchDeps {
  readonly clock: Clock;
  /** Sends a ping. */
  readonly ping: () => void;
  /** Up to where everything is in; undefined: that is not the stream's task now. */
  readonly settled: () => number | undefined;
  /** Whether the chain has gone past the newest slot that is known, or past what is settled. */
  readonly isChainMoving: (past: 'newest' | 'settled') => Promise<boolean>;
  readonly onSilent: (reason: 'silent' | 'stalled') => void;
}

/** Stall timeouts for which slots may be told and none settle. */
const UNSETTLED_STALLS = 4;

/**
 * Watches one stream: sends pings, and tells when nothing at all comes back, or when other messages go on and statuses of
 * slots do not although the chain does, or when for long nothing settles by them.
 */
export class StreamWatch {
  readonly #options: StreamWatchOptions;
  readonly #deps: StreamWatchDeps;
  #timer: TimerHandle | undefined;
  #lastPing = 0;
  #lastMessage = 0;
  #lastSlot = 0;
  #settled: number | undefined;
  #settledAt = 0;
  #isPaused = false;
  #isAsking = false;

  constructor(options: StreamWatchOptions, deps: StreamWatchDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  start(): void {
    const { pingIntervalMs, stallTimeoutMs } = this.#options;
    this.#lastPing = this.#deps.clock.now();
    this.#refresh();
    const period = Math.max(10, Math.min(pingIntervalMs, stallTimeoutMs) / 4);
    this.#timer = this.#deps.clock.setInterval(() => this.#look(), period);
  }

  /** A message came. @param isSlot whether it is the status of a slot */
  saw(isSlot: boolean): void {
    const now = this.#deps.clock.now();
    this.#lastMessage = now;
    if (isSlot) this.#lastSlot = now;
  }

  /** The stream is not read: its silence means nothing. */
  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#refresh();
  }

  stop(): void {
    this.#deps.clock.clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #refresh(): void {
    this.#lastMessage = this.#deps.clock.now();
    this.#lastSlot = this.#lastMessage;
    this.#settledAt = this.#lastMessage;
  }

  #look(): void {
    const { pingIntervalMs, keepaliveTimeoutMs, stallTimeoutMs } = this.#options;
    const now = this.#deps.clock.now();
    if (now - this.#lastPing >= pingIntervalMs) {
      this.#lastPing = now;
      this.#deps.ping();
    }
    if (this.#isPaused) return;
    if (now - this.#lastMessage >= 2 * pingIntervalMs + keepaliveTimeoutMs) this.#deps.onSilent('silent');
    else if (now - this.#lastSlot >= stallTimeoutMs) void this.#ask('newest');
    else if (this.#isUnsettled(now)) void this.#ask('settled');
  }

  #isUnsettled(now: number): boolean {
    const settled = this.#deps.settled();
    if (settled === undefined || settled !== this.#settled) {
      this.#settled = settled;
      this.#settledAt = now;
    }
    return now - this.#settledAt >= UNSETTLED_STALLS * this.#options.stallTimeoutMs;
  }

  async #ask(past: 'newest' | 'settled'): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    const since = past === 'newest' ? this.#lastSlot : this.#settledAt;
    const isMoving = await this.#deps.isChainMoving(past);
    this.#isAsking = false;
    const last = past === 'newest' ? this.#lastSlot : this.#settledAt;
    if (this.#timer === undefined || this.#isPaused || last !== since) return;
    if (isMoving) this.#deps.onSilent('stalled');
    else if (past === 'newest') this.#lastSlot = this.#deps.clock.now();
    else this.#settledAt = this.#deps.clock.now();
  }
}
