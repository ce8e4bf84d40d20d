import type { Clock } from '../../clock/clock.ts';
import type { ExpiryClock } from './expiry-clock.ts';
import type { Store } from './store.ts';

/** Keys that one transaction of a sweep removes at most. */
const batchKeys = 64;

/** Keys between two looks at the time. */
const checkEvery = 8;

export interface ExpirySweepOptions {
  /** Milliseconds of work after which a sweep lets commands go first. @default 0.75 */
  readonly budgetMs?: number;
}

export interface ExpirySweepDependencies {
  readonly clock: Clock;
  readonly expiryClock: ExpiryClock;
  /** Runs a body in a transaction; false: it could not be committed. */
  readonly commit: (body: () => void) => boolean;
}

/** Removes keys that expired, in bounded batches, earliest first. */
export class ExpirySweep {
  readonly #store: Store;
  readonly #dependencies: ExpirySweepDependencies;
  readonly #budgetMs: number;
  #expired = 0;

  constructor(store: Store, options: ExpirySweepOptions, dependencies: ExpirySweepDependencies) {
    this.#store = store;
    this.#dependencies = dependencies;
    this.#budgetMs = options.budgetMs ?? 0.75;
  }

  /** Keys removed since the start. */
  get expiredKeys(): number {
    return this.#expired;
  }

  /** Removes one batch; true: more have expired already. */
  run(): boolean {
    const now = this.#dependencies.expiryClock.now();
    if (this.#store.expiringKeys === 0 || !this.#store.hasExpired(now)) return false;
    let hasMore = false;
    let removed = 0;
    const isCommitted = this.#dependencies.commit(() => {
      const end = this.#dependencies.clock.now() + this.#budgetMs;
      hasMore = true;
      let seen = 0;
      for (const entry of [...this.#store.expiriesFrom(batchKeys)]) {
        if (entry.deadline > now) {
          hasMore = false;
          return;
        }
        if (this.#store.expire(entry)) removed++;
        if (++seen % checkEvery === 0 && this.#dependencies.clock.now() >= end) return;
      }
      hasMore = seen === batchKeys;
    });
    if (!isCommitted) return false;
    this.#expired += removed;
    return hasMore;
  }
}
