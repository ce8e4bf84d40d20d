import type { StreamEnd, StreamEndReason } from './stream-end.ts';

export interface ReconnectPlanOptions {
  /** Milliseconds. */
  readonly reconnectMinMs: number;
  readonly reconnectMaxMs: number;
}

/** Ends that the same request may bring about again and again. */
const blamable: ReadonlySet<StreamEndReason> = new Set(['internal', 'too_large', 'garbage', 'bad_request']);
/** Ends of which the endpoint's own word is to blame. */
const broken: ReadonlySet<StreamEndReason> = new Set(['implausible', 'contradictory']);
/** Milliseconds that a stream has to last for the waits to begin anew: one that ends with each message is no better than none. */
const LASTED_MS = 10_000;
/** Least wait in milliseconds after an endpoint said that it has too much to do. */
const EXHAUSTED_MS = 1000;

/** When an endpoint is tried again, and from which slot it is asked to replay, by how its streams ended so far. */
export class ReconnectPlan {
  readonly #options: ReconnectPlanOptions;
  readonly #random: () => number;
  #failures = 0;
  #waitMs = 0;
  /** The request that failed, and how often in a row. */
  #lastFrom: number | undefined;
  #blamed = 0;
  #expired = 0;
  /** The endpoint goes back to here only. */
  #floor = 0;
  #canReplay = true;

  constructor(options: ReconnectPlanOptions, random: () => number) {
    this.#options = options;
    this.#random = random;
  }

  get waitMs(): number {
    return this.#waitMs;
  }

  /**
   * The slot to ask a replay from, so that the stream goes on at `resumeFrom`; undefined: none, what lies between is to be
   * fetched.
   */
  fromSlot(resumeFrom: number | undefined): number | undefined {
    const from = resumeFrom === undefined ? undefined : Math.max(resumeFrom, this.#floor);
    this.#lastFrom = !this.#canReplay || this.#blamed >= 2 ? undefined : from;
    return this.#lastFrom;
  }

  /**
   * A stream has ended.
   * @param hasProgress it had told of slots
   * @param lastedMs milliseconds for which it was there
   */
  ended({ reason, available }: StreamEnd, hasProgress: boolean, lastedMs = 0): void {
    const { reconnectMinMs, reconnectMaxMs } = this.#options;
    if (hasProgress && lastedMs >= LASTED_MS && !broken.has(reason)) this.#failures = 0;
    if (hasProgress) {
      this.#blamed = 0;
      this.#expired = 0;
      this.#floor = 0;
    }
    if (reason === 'stopped') {
      this.#waitMs = 0;
      return;
    }
    // Of a request without a replay nothing can be left out any more: then the back-off is all.
    if (blamable.has(reason) && (this.#lastFrom !== undefined || this.#blamed >= 2)) this.#blamed++;
    if (reason === 'no_replay') this.#canReplay = false;
    if (reason === 'expired') this.#expire(available);
    const least = reason === 'exhausted' ? Math.max(EXHAUSTED_MS, reconnectMinMs) : reconnectMinMs;
    const longest = Math.min(reconnectMaxMs, least * 2 ** Math.min(this.#failures, 20));
    this.#failures++;
    this.#waitMs =
      reason === 'refused' || reason === 'bad_request'
        ? reconnectMaxMs * (0.5 + 0.5 * this.#random())
        : longest * this.#random();
  }

  #expire(available: number | undefined): void {
    if (available === undefined) {
      // It does not say how far it goes back: from now on, then.
      this.#blamed = 2;
      return;
    }
    // The window moves on while we come back: each time we ask for a little less.
    const margin = this.#expired === 0 ? 0 : 2 ** Math.min(this.#expired, 10);
    this.#expired++;
    this.#floor = available + margin;
  }
}
