import type { FeedReader } from '../../feed/delivery/feed-request.ts';
import { type EventKind, eventKinds, type FeedEvent } from '../../feed/events/feed-event.ts';

/** Events read in one go. */
const readSize = 500;
/** Bytes of results in one answer; one more read may go beyond. */
const maxAnswerBytes = 16_777_216;

export interface FeedFilterOptions {
  /** Events of other kinds are none of its results. */
  readonly kind: EventKind;
  /** What an event of `kind` is to a client, as JSON; undefined: nothing. */
  readonly resultOf: (event: FeedEvent) => Buffer | undefined;
  /** Whether the client may count on getting every event. */
  readonly isGapless: boolean;
  /** Results in one answer at most; the rest comes with the next poll. */
  readonly maxResults: number;
}

/** One filter's place in the feed. What it has told it never tells again, so that only one poll reads at a time. */
export class FeedFilter {
  readonly #reader: FeedReader;
  readonly #options: FeedFilterOptions;
  #turn: Promise<unknown> = Promise.resolve();
  #isOver = false;

  constructor(reader: FeedReader, options: FeedFilterOptions) {
    this.#reader = reader;
    this.#options = options;
  }

  /** Whether it has nothing to tell any more: it was ended, or events were missed. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /**
   * What came since the poll before, oldest first; undefined when the filter is over.
   *
   * @param isWanted whether somebody still waits. What was read for nobody is lost, and the filter is over then.
   * @throws what the reader throws
   */
  poll(isWanted: () => boolean): Promise<readonly Buffer[] | undefined> {
    const turn = this.#turn.then(() => (isWanted() ? this.#read(isWanted) : []));
    this.#turn = turn.catch(() => {});
    return turn;
  }

  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#reader.end();
  }

  async #read(isWanted: () => boolean): Promise<readonly Buffer[] | undefined> {
    const { maxResults } = this.#options;
    const results: Buffer[] = [];
    let bytes = 0;
    while (!this.#isOver && results.length < maxResults && bytes < maxAnswerBytes) {
      const asked = Math.min(readSize, maxResults - results.length);
      const events = await this.#next(asked, results.length > 0);
      for (const event of events) {
        if (event.kind === eventKinds.gap && this.#options.isGapless) {
          this.end();
          break;
        }
        const result = event.kind === this.#options.kind ? this.#options.resultOf(event) : undefined;
        if (result === undefined) continue;
        results.push(result);
        bytes += result.length;
      }
      if (events.length < asked) break;
    }
    if (results.length === 0) return this.#isOver ? undefined : results;
    if (!isWanted()) this.end();
    return results;
  }

  /** @param hasResults what was read already is told first; the next poll meets the error again */
  async #next(maxEvents: number, hasResults: boolean): Promise<readonly FeedEvent[]> {
    try {
      return await this.#reader.read(maxEvents);
    } catch (error) {
      if (hasResults) return [];
      throw error;
    }
  }
}
