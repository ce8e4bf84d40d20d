import type { Clock, TimerHandle } from './clock.ts';

const SLOTS = 512;

/** Something that ends at a deadline; extend it so that an entry costs no object of its own. */
export abstract class Deadline {
  /** Tick at which it is due; owned by the wheel. */
  dueTick = 0;
  /** Neighbours in the slot; owned by the wheel. `next` is undefined while it waits in no wheel. */
  next: Deadline | undefined;
  previous: Deadline | undefined;

  /** Called once, up to one tick late, unless removed before. */
  abstract onDeadline(): void;
}

class Slot extends Deadline {
  override onDeadline(): void {}
}

/**
 * Deadlines of many requests behind one timer: adding and removing are a few pointer writes, where a timer of its own
 * per request costs a microsecond. Precise to `tickMs`; the timer runs only while something waits.
 */
export class DeadlineWheel {
  readonly #clock: Clock;
  readonly #tickMs: number;
  readonly #slots: Slot[];
  #tick = 0;
  #startedAt = 0;
  #count = 0;
  #timer: TimerHandle | undefined;

  /** @param tickMs Precision in milliseconds. @default 10 */
  constructor(clock: Clock, tickMs = 10) {
    this.#clock = clock;
    this.#tickMs = tickMs;
    this.#slots = Array.from({ length: SLOTS }, () => {
      const slot = new Slot();
      slot.next = slot;
      slot.previous = slot;
      return slot;
    });
  }

  /** Entries that wait. */
  get size(): number {
    return this.#count;
  }

  /** Lets `entry` be called after `delayMs`, counted from `now` (a reading of the wheel's clock that the caller has at hand). */
  add(entry: Deadline, delayMs: number, now: number): void {
    if (this.#timer === undefined) this.#start(now);
    const ticks = Math.ceil((now - this.#startedAt + Math.max(0, delayMs)) / this.#tickMs);
    entry.dueTick = Math.max(ticks, this.#tick + 1);
    const slot = this.#slots[entry.dueTick % SLOTS]!;
    const last = slot.previous!;
    last.next = entry;
    entry.previous = last;
    entry.next = slot;
    slot.previous = entry;
    this.#count++;
  }

  /** Takes `entry` out; harmless when it waits in no wheel. */
  remove(entry: Deadline): void {
    if (entry.next === undefined) return;
    entry.previous!.next = entry.next;
    entry.next.previous = entry.previous;
    entry.next = undefined;
    entry.previous = undefined;
    this.#count--;
  }

  #start(now: number): void {
    this.#startedAt = now;
    this.#tick = 0;
    this.#timer = this.#clock.setInterval(() => this.#onTick(), this.#tickMs);
  }

  #onTick(): void {
    const target = Math.floor((this.#clock.now() - this.#startedAt) / this.#tickMs);
    // After a long stall of the event loop one round over the slots finds everything that is due.
    this.#tick = Math.max(this.#tick, target - SLOTS);
    while (this.#tick < target) this.#expire(++this.#tick);
    if (this.#count === 0 && this.#timer !== undefined) {
      this.#clock.clearInterval(this.#timer);
      this.#timer = undefined;
    }
  }

  #expire(tick: number): void {
    const slot = this.#slots[tick % SLOTS]!;
    let entry = slot.next!;
    while (entry !== slot) {
      // What is due is taken out one by one from the head: onDeadline may add and remove others.
      const following = entry.next!;
      if (entry.dueTick <= tick) {
        this.remove(entry);
        entry.onDeadline();
        entry = slot.next!;
      } else {
        entry = following;
      }
    }
  }
}
