import type { Clock, TimerHandle } from '../clock/clock.ts';
import { TrunklineError } from '../errors/trunkline-error.ts';
import type { Log } from '../telemetry/log.ts';
import { type AggregationErrorCode, aggregationErrors } from './errors.ts';

/** Takes the events of a stream. Neither method is called after the subscription was cancelled. */
export interface StreamSubscriber {
  /**
   * An event's `result` bytes. They are shared by all subscribers and may be a view into a larger buffer: copy them
   * to keep them, never write into them. May be called before `subscribe` resolves: hold such events until the
   * subscription's reply is written.
   */
  onEvent(result: Buffer): void;
  /** The stream is over for good, as when the chain is taken out of the config. */
  onEnd(message: string): void;
  /** The stream has told all that it had to tell, as one of a single signature does. @default the place just ends */
  onComplete?(): void;
  /**
   * The stream goes on after a time when no provider carried it, or with one that began too late to know all that the one
   * before was still to tell: what happened meanwhile may be missing, and could not be asked for.
   */
  onGap?(): void;
}

/** A place in a stream. */
export interface Subscription {
  /** Leaves the stream; may be called any number of times. */
  cancel(): void;
}

interface Place {
  readonly subscriber: StreamSubscriber;
  /** Absent once the promise of `subscribe` is settled. */
  waiter:
    | {
        readonly resolve: (subscription: Subscription) => void;
        readonly reject: (error: unknown) => void;
        readonly timer: TimerHandle;
      }
    | undefined;
}

/** The subscribers of one stream: those that have their subscription and those that wait for the first provider. */
export class SubscriberSet {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #onEmpty: () => void;
  readonly #places = new Set<Place>();

  constructor(deps: {
    readonly clock: Clock;
    readonly log: Log /** The last one has left. */;
    readonly onEmpty: () => void;
  }) {
    this.#clock = deps.clock;
    this.#log = deps.log;
    this.#onEmpty = deps.onEmpty;
  }

  get size(): number {
    return this.#places.size;
  }

  /** Adds one to a stream that runs. */
  join(subscriber: StreamSubscriber): Subscription {
    const place: Place = { subscriber, waiter: undefined };
    this.#places.add(place);
    return this.#subscription(place);
  }

  /** Adds one to a stream that is not running yet: resolves with `admit`, rejects with `refuse` or after `timeoutMs`. */
  wait(subscriber: StreamSubscriber, timeoutMs: number): Promise<Subscription> {
    return new Promise((resolve, reject) => {
      const place: Place = { subscriber, waiter: undefined };
      const timer = this.#clock.setTimeout(() => {
        this.#refuse(
          place,
          failure('stream_unavailable', `no provider took the subscription within ${timeoutMs} ms`),
        );
      }, timeoutMs);
      place.waiter = { resolve, reject, timer };
      this.#places.add(place);
    });
  }

  /** The stream runs: those who wait have their subscription. */
  admit(): void {
    for (const place of this.#places) this.#settle(place)?.resolve(this.#subscription(place));
  }

  /** Turns away those who wait. */
  refuse(error: TrunklineError<AggregationErrorCode>): void {
    for (const place of this.#places) if (place.waiter !== undefined) this.#refuse(place, error);
  }

  emit(result: Buffer): void {
    for (const { subscriber } of this.#places) {
      try {
        subscriber.onEvent(result);
      } catch (error) {
        // One subscriber's bug must not keep the event from the others.
        this.#log.error('a stream subscriber failed', { error });
      }
    }
  }

  /** Tells of a time that nothing is known of. */
  gap(): void {
    for (const { subscriber, waiter } of this.#places) if (waiter === undefined) subscriber.onGap?.();
  }

  /** Ends every place: the stream has told all. */
  complete(): void {
    const places = [...this.#places];
    this.#places.clear();
    for (const place of places) {
      this.#settle(place)?.resolve(this.#subscription(place));
      place.subscriber.onComplete?.();
    }
  }

  /** Ends every place. */
  end(message: string): void {
    for (const place of this.#places) {
      this.#places.delete(place);
      const waiter = this.#settle(place);
      if (waiter !== undefined) waiter.reject(failure('hub_closed', message));
      else place.subscriber.onEnd(message);
    }
  }

  #subscription(place: Place): Subscription {
    return {
      cancel: () => {
        if (this.#places.delete(place) && this.#places.size === 0) this.#onEmpty();
      },
    };
  }

  #refuse(place: Place, error: TrunklineError<AggregationErrorCode>): void {
    this.#settle(place)?.reject(error);
    if (this.#places.delete(place) && this.#places.size === 0) this.#onEmpty();
  }

  #settle(place: Place): Place['waiter'] {
    const { waiter } = place;
    place.waiter = undefined;
    if (waiter !== undefined) this.#clock.clearTimeout(waiter.timer);
    return waiter;
  }
}

function failure(code: AggregationErrorCode, message: string): TrunklineError<AggregationErrorCode> {
  return new TrunklineError<AggregationErrorCode>(aggregationErrors, code, message);
}
