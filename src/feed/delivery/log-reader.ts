import type { FeedEvent } from '../events/feed-event.ts';
import type { EventSource } from '../log/event-source.ts';
import type { EventSelector } from '../topics/event-selector.ts';
import { SelectorMatcher } from '../topics/selector-matcher.ts';
import type { FeedReader } from './feed-request.ts';
import { isExpired, type Page, type PageReader } from './page-reader.ts';
import { feedError } from './resolve-start.ts';

/** What a `LogReader` needs. */
export interface LogReaderDeps {
  readonly source: EventSource;
  readonly pages: PageReader;
  readonly onEnd: () => void;
}

/** Reads selected events when asked, reorgs and gaps of the chain among them; reads that overlap are done one after the other. */
export class LogReader implements FeedReader {
  readonly #deps: LogReaderDeps;
  readonly #matcher: SelectorMatcher;
  #position: number;
  #last: Promise<unknown> = Promise.resolve();
  #isEnded = false;

  constructor(selector: EventSelector, deps: LogReaderDeps) {
    this.#deps = deps;
    this.#matcher = new SelectorMatcher(selector);
    this.#position = deps.source.head;
  }

  /** @throws TrunklineError `events_expired`, once, when events were lost to it; it goes on with those that are kept */
  read(maxEvents: number): Promise<readonly FeedEvent[]> {
    const events = this.#last.then(() => this.#read(maxEvents));
    this.#last = events.catch(() => {});
    return events;
  }

  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#deps.onEnd();
  }

  async #read(maxEvents: number): Promise<readonly FeedEvent[]> {
    const { source, pages } = this.#deps;
    const found: FeedEvent[] = [];
    // As far as the log goes now: a busy chain does not keep a reader for ever.
    const end = source.head;
    while (this.#position < end && found.length < maxEvents && !this.#isEnded) {
      if (this.#position + 1 < source.earliest) {
        if (found.length > 0) break;
        throw this.#expired();
      }
      const offset = this.#position + 1;
      const page = pages.recent(offset) ?? (await this.#fromStore(offset, found.length > 0));
      if (page === undefined || page.events.length === 0) break;
      for (const event of page.events) {
        if (found.length >= maxEvents) break;
        this.#position = event.offset;
        if (this.#matcher.matches(event)) found.push(event);
      }
    }
    return found;
  }

  /** Undefined: it failed, but what was found before is told first. */
  async #fromStore(offset: number, hasFound: boolean): Promise<Page | undefined> {
    try {
      return await this.#deps.pages.read(offset);
    } catch (error) {
      if (hasFound) return undefined;
      if (isExpired(error)) throw this.#expired();
      throw feedError(
        'feed_unavailable',
        'the history cannot be read at the moment',
        this.#deps.source,
        error,
      );
    }
  }

  #expired() {
    const { source } = this.#deps;
    this.#position = Math.max(this.#position, source.earliest - 1);
    return feedError('events_expired', 'events since the last read are older than what is kept', source);
  }
}
