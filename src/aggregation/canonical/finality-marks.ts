import type { Head } from '../../chains/chain-family.ts';
import type { Clock, TimerHandle } from '../../clock/clock.ts';
import type { FinalityTag } from './canonical-sink.ts';

/** What the marks need. */
export interface FinalityMarksDeps {
  /** The block of a tag; undefined: the chain has none, or nobody said. Never rejects. */
  readonly read: (tag: FinalityTag) => Promise<Head | undefined>;
  /** A mark has moved; `false`: it cannot be told yet, and is read again. */
  readonly onMark: (tag: FinalityTag, block: Head) => boolean;
  readonly clock: Clock;
}

const tags: readonly FinalityTag[] = ['safe', 'finalized'];
const maxIntervalMs = 600_000;

/** Asks for the `safe` and `finalized` blocks at an interval; a chain that has none is asked ever more rarely, down to every ten minutes. */
export class FinalityMarks {
  readonly #intervalMs: number;
  readonly #deps: FinalityMarksDeps;
  readonly #timers = new Map<FinalityTag, TimerHandle>();
  readonly #marks = new Map<FinalityTag, Head>();
  #isStopped = false;

  constructor(options: { readonly intervalMs: number }, deps: FinalityMarksDeps) {
    this.#intervalMs = options.intervalMs;
    this.#deps = deps;
  }

  /** Blocks up to this number do not leave the chain any more, says the chain; -1: unknown. */
  get finalized(): number {
    return this.#marks.get('finalized')?.number ?? -1;
  }

  /** Begins to ask, now. */
  start(): void {
    for (const tag of tags) this.#ask(tag, this.#intervalMs);
  }

  /** The chain began anew: marks may be lower than before. */
  reset(): void {
    this.#marks.clear();
  }

  stop(): void {
    this.#isStopped = true;
    for (const timer of this.#timers.values()) this.#deps.clock.clearTimeout(timer);
    this.#timers.clear();
  }

  #ask(tag: FinalityTag, intervalMs: number): void {
    this.#deps.read(tag).then(block => {
      if (this.#isStopped) return;
      const isThere = block !== undefined;
      const nextMs = isThere
        ? this.#intervalMs
        : Math.min(Math.max(maxIntervalMs, this.#intervalMs), intervalMs * 2);
      if (isThere) this.#take(tag, block);
      const waitMs = isThere ? this.#intervalMs : intervalMs;
      this.#timers.set(
        tag,
        this.#deps.clock.setTimeout(() => this.#ask(tag, nextMs), waitMs),
      );
    });
  }

  #take(tag: FinalityTag, block: Head): void {
    const mark = this.#marks.get(tag);
    // A provider that is behind knows an older mark.
    if (mark !== undefined && block.number <= mark.number) return;
    if (this.#deps.onMark(tag, block)) this.#marks.set(tag, block);
  }
}
