import type { Clock } from '../../clock/clock.ts';
import { DeadlineWheel } from '../../clock/deadline-wheel.ts';
import type { StorageClientOptions } from './client-options.ts';
import { retryDelay } from './retry-delay.ts';
import type { StorageCall } from './storage-call.ts';

/** How long each call may wait for what it waits for; all calls share one timer. */
export class CallTimes {
  readonly #options: StorageClientOptions;
  readonly #random: () => number;
  readonly #wheel: DeadlineWheel;
  #backingOff = 0;

  constructor(options: StorageClientOptions, clock: Clock, random: () => number) {
    this.#options = options;
    this.#random = random;
    this.#wheel = new DeadlineWheel(clock);
  }

  /** It waits behind other calls of its session. */
  park(call: StorageCall, now: number): void {
    call.phase = 'parked';
    this.#wheel.add(call, call.endsAt - now, now);
  }

  /** It waits for room in its lane, or for the lane's thread to come back; may be called again when that changes. */
  queue(call: StorageCall, now: number): void {
    const { restartQueue, backpressureWaitMs } = this.#options;
    const maxWaitMs = call.lane!.channel === undefined ? restartQueue.maxWaitMs : backpressureWaitMs;
    call.phase = 'queued';
    this.#wheel.remove(call);
    this.#wheel.add(call, Math.min(maxWaitMs, call.endsAt - now), now);
  }

  /** It is sent and waits for its reply. */
  send(call: StorageCall, now: number): void {
    const leftMs = call.endsAt - now;
    // What may be repeated shares its time between the attempts; the last one has all that is left.
    const attempts = call.request!.isRepeatable ? this.#options.retry.attempts - call.attempts : 1;
    call.phase = 'sent';
    call.attempts++;
    this.#wheel.add(call, attempts > 1 ? leftMs / attempts : leftMs, now);
  }

  /** It waits for its next attempt; false when too many do, or when its time would be over before. */
  backOff(call: StorageCall, now: number): boolean {
    const { retry } = this.#options;
    const delayMs = retryDelay(retry, call.attempts, this.#random());
    if (now + delayMs >= call.endsAt || this.#backingOff >= retry.maxWaiting) return false;
    call.phase = 'backoff';
    this.#backingOff++;
    this.#wheel.add(call, delayMs, now);
    return true;
  }

  /** It waits no longer; its phase stays. */
  end(call: StorageCall): void {
    this.#wheel.remove(call);
    if (call.phase === 'backoff') this.#backingOff--;
  }
}
