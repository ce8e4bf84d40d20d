import type { SessionRecord } from './session-record.ts';
import type { SessionStore } from './session-store.ts';

export interface LaneOptions {
  /** Whose queue in the store. */
  readonly work: 'create' | 'check';
  /** Events that are dealt with at once. */
  readonly concurrency: number;
}

export interface LaneDependencies {
  readonly store: SessionStore;
  /** Deals with one event, and takes it out of the store's queue; rejects only when the lane is closed, or by a mistake. */
  readonly run: (record: SessionRecord) => Promise<void>;
  /** Reads from the store until it works. */
  readonly persist: <Result>(action: () => Promise<Result>) => Promise<Result>;
  /** `run` or `persist` rejected. */
  readonly onFault: (error: unknown) => void;
}

/** Events in memory that wait; all others are read from the store when these are on their way. */
const maxReady = 1_000;

/** Takes events out of a queue of the store, some at once, in the order of their slots as far as they come in it. */
export class Lane {
  readonly #options: LaneOptions;
  readonly #deps: LaneDependencies;
  readonly #ready: SessionRecord[] = [];
  /** By key. */
  readonly #active = new Map<string, SessionRecord>();
  /** The store may have some that are not in memory. */
  #isPartial = true;
  readonly #underWay = new Set<Promise<void>>();
  #isLoading = false;
  /** Dealt with while the store was read: what was read of them is old. */
  readonly #gone = new Set<string>();
  /** Until `resume` is called first. */
  #isPaused = true;
  #isClosed = false;

  constructor(options: LaneOptions, deps: LaneDependencies) {
    this.#options = options;
    this.#deps = deps;
  }

  /** Events that are being dealt with. */
  get active(): readonly SessionRecord[] {
    return [...this.#active.values()];
  }

  /** Goes on, also with what an earlier run has left in the store. */
  resume(): void {
    this.#isPaused = false;
    this.#pump();
  }

  /** Begins with nothing new. */
  pause(): void {
    this.#isPaused = true;
  }

  /** Takes nothing any more; resolves once nothing is under way. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.allSettled(this.#underWay);
  }

  /** Events that the store has got just now. */
  add(records: readonly SessionRecord[]): void {
    for (const record of records) {
      if (this.#isPartial || this.#isLoading || this.#ready.length >= maxReady) this.#isPartial = true;
      else this.#ready.push(record);
    }
    this.#pump();
  }

  /** Takes the place of a record that is dealt with, as it is stored by now. */
  update(record: SessionRecord): void {
    if (this.#active.has(record.key)) this.#active.set(record.key, record);
  }

  #pump(): void {
    if (this.#isPaused || this.#isClosed) return;
    while (this.#active.size < this.#options.concurrency) {
      const record = this.#ready.shift();
      if (record === undefined) break;
      this.#active.set(record.key, record);
      this.#hold(this.#run(record));
    }
    if (this.#ready.length === 0 && this.#isPartial && !this.#isLoading) this.#hold(this.#load());
  }

  #hold(work: Promise<void>): void {
    this.#underWay.add(work);
    void work.finally(() => this.#underWay.delete(work));
  }

  async #run(record: SessionRecord): Promise<void> {
    try {
      await this.#deps.run(record);
    } catch (error) {
      if (!this.#isClosed) this.#deps.onFault(error);
      return;
    }
    this.#active.delete(record.key);
    if (this.#isLoading) this.#gone.add(record.key);
    this.#pump();
  }

  async #load(): Promise<void> {
    this.#isLoading = true;
    this.#isPartial = false;
    const { work } = this.#options;
    try {
      for (let after: string | undefined; ; ) {
        const at = after;
        const records = await this.#deps.persist(() =>
          this.#deps.store.queued(work, { maxEntries: maxReady, ...(at === undefined ? {} : { after: at }) }),
        );
        const fresh = records.filter(({ key }) => !this.#active.has(key) && !this.#gone.has(key));
        this.#ready.push(...fresh);
        after = records.at(-1)?.key;
        if (after === undefined) break;
        if (fresh.length === 0) continue;
        // There may be more behind them.
        this.#isPartial = true;
        break;
      }
    } catch (error) {
      if (!this.#isClosed) this.#deps.onFault(error);
      return;
    } finally {
      this.#isLoading = false;
      this.#gone.clear();
    }
    this.#pump();
  }
}
