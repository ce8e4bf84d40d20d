import type { Clock, TimerHandle } from '../../src/clock/clock.ts';

interface Pending {
  readonly id: number;
  due: number;
  readonly period: number | undefined;
  readonly callback: () => void;
}

/** A clock that stands still until a test moves it with `advance`; the wall clock can be moved by itself with `jumpWall`. */
export class ManualClock implements Clock {
  #now = 0;
  #wallOffset = 1_700_000_000_000;
  #nextId = 1;
  readonly #pending = new Map<number, Pending>();

  now(): number {
    return this.#now;
  }

  wallNow(): number {
    return this.#now + this.#wallOffset;
  }

  /** Timers that wait. */
  get pendingCount(): number {
    return this.#pending.size;
  }

  jumpWall(deltaMs: number): void {
    this.#wallOffset += deltaMs;
  }

  setTimeout(callback: () => void, delayMs: number): TimerHandle {
    return this.#add(callback, delayMs, undefined);
  }

  setInterval(callback: () => void, periodMs: number): TimerHandle {
    return this.#add(callback, periodMs, periodMs);
  }

  clearTimeout(handle: TimerHandle | undefined): void {
    if (handle !== undefined) this.#pending.delete(handle as unknown as number);
  }

  clearInterval(handle: TimerHandle | undefined): void {
    this.clearTimeout(handle);
  }

  /** Moves time forward, running due timers in order of their due time. Synchronous. */
  advance(ms: number): void {
    const target = this.#now + ms;
    for (;;) {
      let next: Pending | undefined;
      for (const timer of this.#pending.values()) {
        if (timer.due <= target && (next === undefined || timer.due < next.due)) next = timer;
      }
      if (next === undefined) break;
      this.#now = Math.max(this.#now, next.due);
      if (next.period === undefined) this.#pending.delete(next.id);
      else next.due += Math.max(1, next.period);
      next.callback();
    }
    this.#now = target;
  }

  /** `advance`, then lets promises and immediates settle, in `steps` equal parts. */
  async advanceAndSettle(ms: number, steps = 1): Promise<void> {
    for (let i = 0; i < steps; i++) {
      this.advance(ms / steps);
      for (let turn = 0; turn < 10; turn++) await new Promise(resolve => setImmediate(resolve));
    }
  }

  #add(callback: () => void, delayMs: number, period: number | undefined): TimerHandle {
    const id = this.#nextId++;
    this.#pending.set(id, { id, due: this.#now + Math.max(0, delayMs), period, callback });
    return id as unknown as TimerHandle;
  }
}
