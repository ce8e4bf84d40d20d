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
  readonly isChainMoving: () => Promise<boolean>;
  readonly onSilent: (reason: 'silent' | 'stalled') => void;
}

/**
 * Watches one stream: sends pings, and tells when nothing at all comes back, or when pings go on and updates do not
 * although the chain does.
 */
export class StreamWatch {
  readonly #options: StreamWatchOptions;
  readonly #deps: StreamWatchDeps;
  #timer: TimerHandle | undefined;
  #lastPing = 0;
  #lastMessage = 0;
  #lastUpdate = 0;
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

  /** A message came. */
  saw(isUpdate: boolean): void {
    const now = this.#deps.clock.now();
    this.#lastMessage = now;
    if (isUpdate) this.#lastUpdate = now;
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
    this.#lastUpdate = this.#lastMessage;
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
    else if (now - this.#lastUpdate >= stallTimeoutMs) void this.#ask();
  }

  async #ask(): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    const since = this.#lastUpdate;
    const isMoving = await this.#deps.isChainMoving();
    this.#isAsking = false;
    if (this.#timer === undefined || this.#isPaused || this.#lastUpdate !== since) return;
    if (isMoving) this.#deps.onSilent('stalled');
    else this.#lastUpdate = this.#deps.clock.now();
  }
}
