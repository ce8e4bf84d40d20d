import type { StreamHub, Subscription } from '../../aggregation/stream-hub.ts';
import type { Clock } from '../../clock/clock.ts';
import type { Log } from '../../telemetry/log.ts';

export interface HubSubscriptionsDeps {
  readonly streams: Pick<StreamHub, 'subscribe'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Something came on the stream with these params. */
  readonly onEvent: (params: string, result: Buffer) => void;
}

/** Keeps a set of streams of the chain subscribed: what ends or is refused is subscribed anew after a wait. */
export class HubSubscriptions {
  readonly #retryMs: number;
  readonly #deps: HubSubscriptionsDeps;
  readonly #live = new Map<string, { subscription: Subscription | undefined }>();

  /** @param retryMs milliseconds before what ended is subscribed anew */
  constructor(retryMs: number, deps: HubSubscriptionsDeps) {
    this.#retryMs = retryMs;
    this.#deps = deps;
  }

  /** The streams that are to be subscribed from now on, by their params; others are left. */
  want(params: Iterable<string>): void {
    const wanted = new Set(params);
    for (const [known, place] of this.#live) {
      if (wanted.has(known)) continue;
      this.#live.delete(known);
      place.subscription?.cancel();
    }
    for (const param of wanted) if (!this.#live.has(param)) void this.#subscribe(param);
  }

  async #subscribe(params: string): Promise<void> {
    const place: { subscription: Subscription | undefined } = { subscription: undefined };
    this.#live.set(params, place);
    const isLive = () => this.#live.get(params) === place;
    const again = () => {
      if (!isLive()) return;
      this.#deps.clock.setTimeout(() => {
        if (isLive()) void this.#subscribe(params);
      }, this.#retryMs);
    };
    try {
      const subscription = await this.#deps.streams.subscribe(params, {
        onEvent: result => {
          if (isLive()) this.#deps.onEvent(params, result);
        },
        onEnd: again,
      });
      if (isLive()) place.subscription = subscription;
      else subscription.cancel();
    } catch (error) {
      this.#deps.log.info('a subscription of the logs source was refused', { error });
      again();
    }
  }
}
