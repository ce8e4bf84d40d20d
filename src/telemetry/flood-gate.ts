import type { Clock, TimerHandle } from '../clock/clock.ts';

/** What a `FloodGate` can be told. */
export interface FloodGateOptions {
  /** Lines of one shape let through per window. */
  readonly limit: number;
  /** Length of a window in milliseconds. @default 1000 */
  readonly windowMs?: number;
  /** Shapes counted in one window; lines of further shapes pass uncounted. @default 1000 */
  readonly maxShapes?: number;
}

/** What a `FloodGate` uses. */
export interface FloodGateDeps<Level> {
  readonly clock: Clock;
  /** Called at the end of a window for each shape of which lines were held back. */
  readonly onHeldBack: (level: Level, message: string, count: number) => void;
}

interface Shape<Level> {
  readonly level: Level;
  readonly message: string;
  count: number;
}

/**
 * Holds back lines beyond `limit` a window that are alike: of one level and text, digits aside. A provider that
 * fails a thousand times a second must not fill a disk, and must not hide what else happens.
 */
export class FloodGate<Level extends string> {
  readonly #limit: number;
  readonly #windowMs: number;
  readonly #maxShapes: number;
  readonly #clock: Clock;
  readonly #onHeldBack: FloodGateDeps<Level>['onHeldBack'];
  readonly #shapes = new Map<string, Shape<Level>>();
  #timer: TimerHandle | undefined;

  constructor(
    { limit, windowMs = 1000, maxShapes = 1000 }: FloodGateOptions,
    { clock, onHeldBack }: FloodGateDeps<Level>,
  ) {
    this.#limit = limit;
    this.#windowMs = windowMs;
    this.#maxShapes = maxShapes;
    this.#clock = clock;
    this.#onHeldBack = onHeldBack;
  }

  /** Whether this line may be written. */
  admit(level: Level, message: string): boolean {
    const key = `${level} ${message.slice(0, 200).replaceAll(/\d+/g, '0')}`;
    let shape = this.#shapes.get(key);
    if (shape === undefined) {
      if (this.#shapes.size >= this.#maxShapes) return true;
      shape = { level, message, count: 0 };
      this.#shapes.set(key, shape);
      this.#timer ??= this.#clock.setTimeout(() => this.closeWindow(), this.#windowMs);
    }
    return ++shape.count <= this.#limit;
  }

  /** Ends the window now: reports what was held back in it. */
  closeWindow(): void {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    const shapes = [...this.#shapes.values()];
    this.#shapes.clear();
    for (const { level, message, count } of shapes) {
      if (count > this.#limit) this.#onHeldBack(level, message, count - this.#limit);
    }
  }
}
