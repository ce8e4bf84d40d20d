import type { Clock, TimerHandle } from '../../clock/clock.ts';
import type { Log } from '../../telemetry/log.ts';
import type { StreamHub } from '../stream-hub.ts';
import type { Subscription } from '../subscriber-set.ts';

/** Which stream, and while what. */
export interface WantedStreamOptions {
  readonly chain: string;
  /** Canonical subscribe params. */
  readonly params: string;
  readonly isWanted: () => boolean;
  /** An event's bytes; a view: copy it to keep it. */
  readonly onEvent: (result: Buffer) => void;
}

const minRetryMs = 250;
const maxRetryMs = 10_000;

/** A subscription at the hub that is there while it is wanted, and comes back when it ends or is refused. */
export class WantedStream {
  readonly #options: WantedStreamOptions;
  readonly #deps: { readonly hub: Pick<StreamHub, 'subscribe'>; readonly clock: Clock; readonly log: Log };
  /** Of the try under way or that holds; a new one each time, so that a late answer is told apart. */
  #current: { subscription: Subscription | undefined } | undefined;
  #timer: TimerHandle | undefined;
  #delayMs = minRetryMs;
  #isStopped = false;

  constructor(
    options: WantedStreamOptions,
    deps: { readonly hub: Pick<StreamHub, 'subscribe'>; readonly clock: Clock; readonly log: Log },
  ) {
    this.#options = options;
    this.#deps = deps;
  }

  /** A provider has taken the subscription. */
  get isLive(): boolean {
    return this.#current?.subscription !== undefined;
  }

  /** To be called when `isWanted` may have changed. */
  update(): void {
    if (this.#isStopped) return;
    if (!this.#options.isWanted()) this.#leave();
    else if (this.#current === undefined && this.#timer === undefined) this.#join();
  }

  stop(): void {
    this.#isStopped = true;
    this.#leave();
  }

  #leave(): void {
    this.#deps.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#delayMs = minRetryMs;
    const current = this.#current;
    this.#current = undefined;
    current?.subscription?.cancel();
  }

  #join(): void {
    const { params, onEvent } = this.#options;
    const attempt: { subscription: Subscription | undefined } = { subscription: undefined };
    this.#current = attempt;
    const subscriber = {
      onEvent: (result: Buffer) => {
        if (this.#current === attempt) onEvent(result);
      },
      onEnd: (message: string) => this.#ended(attempt, message),
    };
    this.#deps.hub.subscribe(params, subscriber).then(
      subscription => {
        if (this.#current !== attempt) {
          subscription.cancel();
          return;
        }
        attempt.subscription = subscription;
        this.#delayMs = minRetryMs;
      },
      (error: unknown) => this.#ended(attempt, error instanceof Error ? error.message : String(error)),
    );
  }

  #ended(attempt: object, reason: string): void {
    if (this.#current !== attempt) return;
    this.#current = undefined;
    const { chain, params } = this.#options;
    this.#deps.log.debug('a stream is not there', { chain, stream: params, reason });
    this.#timer = this.#deps.clock.setTimeout(() => {
      this.#timer = undefined;
      this.update();
    }, this.#delayMs);
    this.#delayMs = Math.min(2 * this.#delayMs, maxRetryMs);
  }
}
