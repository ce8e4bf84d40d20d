import type { Clock, TimerHandle } from '../clock/clock.ts';
import type { StreamSource } from '../providers/stream-source.ts';
import { UpstreamLeg } from './upstream-leg.ts';

/** How many providers carry a stream, and how patiently. */
export interface UpstreamLegsOptions {
  /** The params of the subscription, a JSON array. */
  readonly params: string;
  /** Providers subscribed at once; `Infinity`: all that are open. */
  readonly width: number;
  /** Milliseconds that a provider may take to answer the subscription. */
  readonly timeoutMs: number;
}

/** What the legs of a stream report. */
export interface UpstreamLegsListener {
  onLive(providerId: string): void;
  onEvent(providerId: string, result: Buffer): void;
  /** A live subscription is over; others may go on, another one is on its way if there is a source for it. */
  onEnded(providerId: string, reason: string): void;
  onRefused(providerId: string, error: unknown): void;
  /** Every open source has refused; none is being asked. Not called while no source is open. */
  onExhausted(error: unknown): void;
}

interface Patience {
  delayMs: number;
  untilMs: number;
}

const firstDelayMs = 1000;
const maxDelayMs = 60_000;
/** A subscription that lived this long was a good one: the next failure starts at the first delay again. */
const goodLifeMs = 10_000;

/**
 * Keeps a stream subscribed at as many providers as it wants: takes the next source at once when one ends or
 * refuses, asks a source that failed again after 1 s, doubling to 60 s, or when it has reconnected.
 */
export class UpstreamLegs {
  readonly #options: UpstreamLegsOptions;
  readonly #sources: () => Iterable<StreamSource>;
  readonly #listener: UpstreamLegsListener;
  readonly #clock: Clock;
  readonly #legs = new Map<string, UpstreamLeg>();
  readonly #patience = new Map<string, Patience>();
  #liveCount = 0;
  #retry: TimerHandle | undefined;
  #isStopped = false;

  constructor(
    options: UpstreamLegsOptions,
    deps: {
      /** All sources, the preferred ones first. */
      readonly sources: () => Iterable<StreamSource>;
      readonly listener: UpstreamLegsListener;
      readonly clock: Clock;
    },
  ) {
    this.#options = options;
    this.#sources = deps.sources;
    this.#listener = deps.listener;
    this.#clock = deps.clock;
  }

  get liveCount(): number {
    return this.#liveCount;
  }

  get providers(): readonly { readonly providerId: string; readonly isLive: boolean }[] {
    return [...this.#legs].map(([providerId, leg]) => ({ providerId, isLive: leg.isLive }));
  }

  /** Whether a provider carries the stream at the moment. */
  isLive(providerId: string): boolean {
    return this.#legs.get(providerId)?.isLive === true;
  }

  /** Subscribes at sources that are open and not yet used, up to the width. */
  fill(): void {
    if (this.#isStopped) return;
    const now = this.#clock.now();
    let nextRetryMs = Number.POSITIVE_INFINITY;
    for (const source of this.#sources()) {
      if (this.#legs.size >= this.#options.width) break;
      if (!source.isOpen || this.#legs.has(source.providerId)) continue;
      const wait = (this.#patience.get(source.providerId)?.untilMs ?? now) - now;
      if (wait > 0) nextRetryMs = Math.min(nextRetryMs, wait);
      else this.#open(source);
    }
    this.#clock.clearTimeout(this.#retry);
    this.#retry = undefined;
    if (nextRetryMs < Number.POSITIVE_INFINITY && this.#legs.size < this.#options.width) {
      this.#retry = this.#clock.setTimeout(() => this.fill(), nextRetryMs);
    }
  }

  /** The source has connected: whatever it refused before, it is asked now. */
  sourceOpened(providerId: string): void {
    this.#patience.delete(providerId);
    this.fill();
  }

  /** The source has disconnected or was removed: its subscription is over whether it says so or not. */
  sourceClosed(providerId: string): void {
    const leg = this.#legs.get(providerId);
    if (leg === undefined) return;
    const wasLive = leg.isLive;
    leg.cancel();
    this.#drop(providerId, wasLive);
    if (wasLive) this.#listener.onEnded(providerId, 'the connection was lost');
    this.fill();
  }

  /** Cancels every subscription. */
  stop(): void {
    this.#isStopped = true;
    this.#clock.clearTimeout(this.#retry);
    for (const leg of this.#legs.values()) leg.cancel();
    this.#legs.clear();
    this.#liveCount = 0;
  }

  #open(source: StreamSource): void {
    const { providerId } = source;
    let liveSinceMs = 0;
    const leg = new UpstreamLeg(
      {
        onLive: () => {
          liveSinceMs = this.#clock.now();
          this.#liveCount++;
          this.#listener.onLive(providerId);
        },
        onEvent: result => this.#listener.onEvent(providerId, result),
        onEnded: reason => {
          if (this.#clock.now() - liveSinceMs >= goodLifeMs) this.#patience.delete(providerId);
          this.#postpone(providerId);
          this.#drop(providerId, true);
          this.#listener.onEnded(providerId, reason);
          this.fill();
        },
        onRefused: error => {
          this.#postpone(providerId);
          this.#drop(providerId, false);
          this.#listener.onRefused(providerId, error);
          this.fill();
          if (!this.#isStopped && this.#legs.size === 0 && this.#hasOpenSource()) {
            this.#listener.onExhausted(error);
          }
        },
      },
      { clock: this.#clock },
    );
    this.#legs.set(providerId, leg);
    leg.open(source, this.#options.params, this.#options.timeoutMs);
  }

  #drop(providerId: string, wasLive: boolean): void {
    this.#legs.delete(providerId);
    if (wasLive) this.#liveCount--;
  }

  #postpone(providerId: string): void {
    const before = this.#patience.get(providerId);
    const delayMs = before === undefined ? firstDelayMs : Math.min(maxDelayMs, before.delayMs * 2);
    this.#patience.set(providerId, { delayMs, untilMs: this.#clock.now() + delayMs });
  }

  #hasOpenSource(): boolean {
    for (const source of this.#sources()) if (source.isOpen) return true;
    return false;
  }
}
