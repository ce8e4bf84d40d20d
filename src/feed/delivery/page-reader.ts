import { TrunklineError } from '../../errors/trunkline-error.ts';
import type { FeedEvent } from '../events/feed-event.ts';
import type { EventSource, ReadLimits } from '../log/event-source.ts';
import type { DeliveryCounts } from './delivery-counts.ts';
import type { Group } from './group.ts';

/** Events that follow on each other, and what the last group that got them made of them. */
export interface Page {
  readonly events: readonly FeedEvent[];
  /** It ends where a page ends, not where the log ended when it was read. */
  readonly isWhole: boolean;
  encoded: { readonly group: Group; readonly frames: number; readonly buffer: Buffer } | undefined;
}

/** Options of a `PageReader`. */
export interface PageReaderOptions {
  readonly limits: ReadLimits;
  /** Reads of the store at once. */
  readonly maxReads: number;
  /** Pages kept for others that read the same. */
  readonly maxKept: number;
}

/**
 * Reads the log in pages, from memory where it can. Reads of the store are bounded, and whoever waits gets his turn in
 * order; clients that come back together and read the same pages cost one read.
 */
export class PageReader {
  readonly #options: PageReaderOptions;
  readonly #source: EventSource;
  readonly #counts: DeliveryCounts;
  readonly #kept = new Map<number, Page>();
  readonly #inFlight = new Map<number, Promise<Page>>();
  readonly #waiting: (() => void)[] = [];
  #reading = 0;

  constructor(options: PageReaderOptions, deps: { source: EventSource; counts: DeliveryCounts }) {
    this.#options = options;
    this.#source = deps.source;
    this.#counts = deps.counts;
  }

  /** Reads of the store in flight. */
  get reading(): number {
    return this.#reading;
  }

  /** The page from `offset` on if it is in memory; undefined: `read` has it. */
  recent(offset: number): Page | undefined {
    const kept = this.#kept.get(offset);
    if (kept !== undefined && this.#isUsable(kept)) {
      this.#counts.pageRead('shared');
      return kept;
    }
    const events = this.#source.recent(offset, this.#options.limits);
    if (events === undefined) return undefined;
    this.#counts.pageRead('memory');
    return this.#keep(offset, events, this.#source.head);
  }

  /** Somebody reads the page from `offset` on just now. */
  isReading(offset: number): boolean {
    return this.#inFlight.has(offset);
  }

  /**
   * The page from `offset` on, from the store.
   * @throws TrunklineError `events_expired`, and what the store throws
   */
  read(offset: number): Promise<Page> {
    const started = this.#inFlight.get(offset);
    if (started !== undefined) {
      this.#counts.pageRead('shared');
      return started;
    }
    const page = this.#readStore(offset).finally(() => this.#inFlight.delete(offset));
    this.#inFlight.set(offset, page);
    return page;
  }

  async #readStore(offset: number): Promise<Page> {
    if (this.#reading >= this.#options.maxReads) {
      await new Promise<void>(resolve => {
        this.#waiting.push(resolve);
      });
    } else this.#reading++;
    try {
      const { head } = this.#source;
      const events = await this.#source.read(offset, this.#options.limits);
      this.#counts.pageRead('store');
      return this.#keep(offset, events, head);
    } finally {
      // The turn is handed on, so that nobody comes in between.
      const next = this.#waiting.shift();
      if (next === undefined) this.#reading--;
      else next();
    }
  }

  #keep(offset: number, events: readonly FeedEvent[], head: number): Page {
    const page: Page = { events, isWhole: (events.at(-1)?.offset ?? head) < head, encoded: undefined };
    this.#kept.delete(offset);
    this.#kept.set(offset, page);
    if (this.#kept.size > this.#options.maxKept) {
      for (const oldest of this.#kept.keys()) {
        this.#kept.delete(oldest);
        break;
      }
    }
    return page;
  }

  /** A page that was cut off by the head of its time is not used again: pages would become ever smaller. */
  #isUsable(page: Page): boolean {
    const last = page.events.at(-1);
    if (last === undefined || page.events[0]!.offset < this.#source.earliest) return false;
    return page.isWhole || last.offset === this.#source.head;
  }
}

/** Whether a read failed because the events are gone. */
export function isExpired(error: unknown): boolean {
  return error instanceof TrunklineError && error.code === 'events_expired';
}
