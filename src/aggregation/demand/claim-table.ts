import type { Clock, TimerHandle } from '../../clock/clock.ts';
import type { Claim, ClaimOptions } from './demand.ts';
import { durableMs, Hold } from './hold.ts';

/** What a table tells its owner. */
export interface ClaimTableListener {
  /** The last claim on it ended some time ago: it is not gathered any more. */
  onEnded(key: string): void;
  /** What is claimed has changed: at once when it is less, right after the present step when it is more. */
  onChange(): void;
  /** Which claims outlive a restart has changed: right after the present step, but not again for some time; at once when one has ended. */
  onDurableChange(): void;
}

/** How exactly the end of a claim is kept; it is never early. */
const sweepMs = 1_000;
/** Milliseconds between two snapshots: one of many claims costs milliseconds. */
const keepEveryMs = 250;

/**
 * Claims on things by key, each gathered from its first claim until some time after its last. A plain synchronous object.
 */
export class ClaimTable {
  readonly #clock: Clock;
  readonly #listener: ClaimTableListener;
  readonly #holds = new Map<string, Hold>();
  readonly #lingering = new Set<string>();
  #sweep: TimerHandle | undefined;
  /** Until it ends, no further snapshot is made. */
  #resting: TimerHandle | undefined;
  #isKeepDue = false;
  #isTelling = false;
  #isStopped = false;

  constructor({ clock }: { readonly clock: Clock }, listener: ClaimTableListener) {
    this.#clock = clock;
    this.#listener = listener;
  }

  get size(): number {
    return this.#holds.size;
  }

  has(key: string): boolean {
    return this.#holds.has(key);
  }

  keys(): Iterable<string> {
    return this.#holds.keys();
  }

  /** The offset after which events of it have been gathered without a break; undefined: they are not. */
  since(key: string): number | undefined {
    return this.#holds.get(key)?.since;
  }

  /** Gathers it from now on, though nobody claims it yet. */
  begin(key: string, since: number): void {
    if (!this.#holds.has(key)) this.#holds.set(key, new Hold(since));
  }

  claim(key: string, { since, keepMs }: ClaimOptions): Claim {
    this.begin(key, since);
    const hold = this.#holds.get(key)!;
    const isNew = keepMs >= durableMs && !hold.isDurable(this.#clock.now());
    hold.claim(keepMs);
    this.#lingering.delete(key);
    this.tellSoon();
    if (isNew) this.keepSoon();
    let isReleased = false;
    return {
      release: () => {
        if (isReleased) return;
        isReleased = true;
        hold.release(keepMs, this.#clock.now());
        if (!hold.isClaimed) this.#linger(key);
      },
    };
  }

  /** Goes on with what an earlier run has gathered since then; nobody holds its claim any more, so that it lingers. */
  restore(key: string, since: number, keepMs: number): void {
    this.begin(key, since);
    const hold = this.#holds.get(key)!;
    hold.extend(since);
    hold.keep(keepMs, this.#clock.now());
    if (!hold.isClaimed) this.#linger(key);
  }

  /** Ends what lingers longest, to make room; false: everything is claimed. */
  endLingering(): boolean {
    for (const key of this.#lingering) {
      const hold = this.#holds.get(key);
      this.#lingering.delete(key);
      this.#holds.delete(key);
      this.#listener.onEnded(key);
      this.tellSoon();
      if (hold?.wasDurable === true) this.keepSoon();
      return true;
    }
    return false;
  }

  /** Those that outlive a restart, with the offset since which each is gathered. */
  durable(): { readonly key: string; readonly since: number }[] {
    const now = this.#clock.now();
    const kept: { key: string; since: number }[] = [];
    for (const [key, hold] of this.#holds) if (hold.isDurable(now)) kept.push({ key, since: hold.since });
    return kept;
  }

  /** Tells of a change right after the present step: many claims are made at once. */
  tellSoon(): void {
    if (this.#isTelling) return;
    this.#isTelling = true;
    queueMicrotask(() => {
      this.#isTelling = false;
      if (!this.#isStopped) this.#listener.onChange();
    });
  }

  /** Has a snapshot made right after the present step, or once the time since the last one is over. */
  keepSoon(): void {
    if (this.#isStopped || this.#isKeepDue) return;
    this.#isKeepDue = true;
    if (this.#resting === undefined) queueMicrotask(() => this.#keepIfDue());
  }

  /** Ends its timers and tells nothing any more; claims may still be released. */
  stop(): void {
    this.#isStopped = true;
    this.#clock.clearInterval(this.#sweep);
    this.#sweep = undefined;
    this.#clock.clearTimeout(this.#resting);
  }

  #linger(key: string): void {
    if (this.#isStopped) return;
    this.#lingering.add(key);
    this.#sweep ??= this.#clock.setInterval(() => this.#onSweep(), sweepMs);
  }

  #onSweep(): void {
    const now = this.#clock.now();
    let hasEnded = false;
    let isKept = false;
    for (const key of this.#lingering) {
      const hold = this.#holds.get(key);
      if (hold?.isHeld(now) === true) continue;
      this.#lingering.delete(key);
      this.#holds.delete(key);
      this.#listener.onEnded(key);
      hasEnded = true;
      isKept ||= hold?.wasDurable === true;
    }
    if (hasEnded) this.#listener.onChange();
    if (isKept) this.#keep();
    if (this.#lingering.size > 0) return;
    this.#clock.clearInterval(this.#sweep);
    this.#sweep = undefined;
  }

  #keepIfDue(): void {
    if (this.#isKeepDue && !this.#isStopped) this.#keep();
  }

  #keep(): void {
    this.#isKeepDue = false;
    this.#clock.clearTimeout(this.#resting);
    this.#resting = this.#clock.setTimeout(() => {
      this.#resting = undefined;
      this.#keepIfDue();
    }, keepEveryMs);
    this.#listener.onDurableChange();
  }
}
