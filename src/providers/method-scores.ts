import { LatencySketch } from './latency-sketch.ts';

/** Weight of the newest observation in the moving averages. */
const ALPHA = 0.1;
/** Methods with scores of their own; the rest share those of "other". */
const MAX_METHODS = 64;
const OTHER = 'other';

/** How a provider did lately: moving averages that the newest observations dominate. */
export class Score {
  /** Observations, ever. */
  count = 0;
  /** Milliseconds, waits that were given up included; 0 before the first observation. */
  latencyMs = 0;
  /** Share of failed attempts, 0 to 1. */
  errorRate = 0;
  /** How long answers take, and nothing else. */
  readonly sketch = new LatencySketch();

  /** An answer came after `latencyMs`. */
  answer(latencyMs: number): void {
    this.#observe(latencyMs, false);
    this.sketch.observe(latencyMs);
  }

  /**
   * No answer came within `waitedMs`. It does not belong among the answers' times: what is usual is read from them, and
   * to a provider that hung, silence would become usual.
   */
  wait(waitedMs: number, isFailure: boolean): void {
    this.#observe(waitedMs, isFailure);
  }

  /** A failure whose time says nothing about the latency, such as a refused connection. */
  fail(): void {
    this.errorRate = this.count === 0 ? 1 : this.errorRate + ALPHA * (1 - this.errorRate);
  }

  #observe(latencyMs: number, isFailure: boolean): void {
    const failure = isFailure ? 1 : 0;
    if (this.count++ === 0) {
      this.latencyMs = latencyMs;
      this.errorRate = failure;
    } else {
      this.latencyMs += ALPHA * (latencyMs - this.latencyMs);
      this.errorRate += ALPHA * (failure - this.errorRate);
    }
  }
}

/** Scores of one provider, over all and per method; bounded, and plain reads for the selection. */
export class MethodScores {
  readonly all = new Score();
  readonly #byMethod = new Map<string, Score>([[OTHER, new Score()]]);

  /** The score of a method's metric label. */
  of(label: string): Score {
    return this.#byMethod.get(label) ?? this.#add(label);
  }

  /** The score of a method if it has one with observations, else the one over all methods. */
  known(label: string): Score {
    const score = this.#byMethod.get(label);
    return score === undefined || score.count === 0 ? this.all : score;
  }

  /** A request was answered after `latencyMs`, whatever the answer. */
  answer(label: string, latencyMs: number): void {
    this.all.answer(latencyMs);
    this.of(label).answer(latencyMs);
  }

  /** A request was given up after `waitedMs` without an answer. */
  wait(label: string, waitedMs: number, isFailure: boolean): void {
    this.all.wait(waitedMs, isFailure);
    this.of(label).wait(waitedMs, isFailure);
  }

  fail(label: string): void {
    this.all.fail();
    this.of(label).fail();
  }

  #add(label: string): Score {
    if (this.#byMethod.size >= MAX_METHODS) return this.#byMethod.get(OTHER)!;
    const score = new Score();
    this.#byMethod.set(label, score);
    return score;
  }
}
