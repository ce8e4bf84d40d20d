export interface ReaderScalingOptions {
  /** Readers that always run, whoever sees to that. @default 0 */
  readonly min: number;
  /** Readers at most; 0 turns readers off. @default 0 */
  readonly max: number;
  /** Pending reads per thread, averaged over an interval, above which one more reader is started. @default 500 */
  readonly scaleUpAt: number;
  /** Pending reads per thread below which a reader is ended, three intervals in a row. @default 50 */
  readonly scaleDownAt: number;
  /** Milliseconds for which the number stays after a change. @default 10000 */
  readonly cooldownMs: number;
}

/** What to do about the number of readers. */
export type ScalingDecision = 'up' | 'down' | 'stay';

/** Quiet intervals in a row before a reader is ended. */
const quietIntervals = 3;

/**
 * Decides how many readers there should be, by the depth of their queues. The two thresholds, the quiet intervals and the
 * pause after each change keep it from going back and forth; a reader is not ended where the others could not bear its
 * share.
 */
export class ReaderScaling {
  readonly #options: ReaderScalingOptions;
  #sum = 0;
  #samples = 0;
  #quiet = 0;
  #changedAt: number | undefined;

  constructor(options: ReaderScalingOptions) {
    this.#options = options;
  }

  /** The pending reads of all threads that take reads at this moment. */
  sample(pendingReads: number): void {
    this.#sum += pendingReads;
    this.#samples++;
  }

  /** An interval is over, at `now`, with so many `readers`, the starting ones included. Begins the next interval. */
  evaluate(now: number, readers: number): ScalingDecision {
    const { min, max, scaleUpAt, scaleDownAt, cooldownMs } = this.#options;
    const pending = this.#samples === 0 ? 0 : this.#sum / this.#samples;
    this.#sum = 0;
    this.#samples = 0;
    if (readers < min) return 'stay';
    // Without readers the writer answers the reads.
    const perThread = pending / Math.max(1, readers);
    this.#quiet = perThread < scaleDownAt ? this.#quiet + 1 : 0;
    if (this.#changedAt !== undefined && now - this.#changedAt < cooldownMs) return 'stay';
    if (perThread > scaleUpAt && readers < max) return 'up';
    const perThreadAfter = pending / Math.max(1, readers - 1);
    if (this.#quiet >= quietIntervals && readers > min && perThreadAfter < scaleUpAt) return 'down';
    return 'stay';
  }

  /** A decision was carried out at `now`. */
  changed(now: number): void {
    this.#changedAt = now;
    this.#quiet = 0;
  }
}
