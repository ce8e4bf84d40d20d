import type { NewEvent } from '../../feed/events/feed-event.ts';
import type { EventLog } from '../../feed/log/event-log.ts';
import type { Handler, HandlerStart, PipelineGap, PipelineItem } from '../pipeline.ts';
import { FeedWriter } from './feed-writer.ts';
import { ToldKeys } from './told-keys.ts';

export interface FeedHandlerOptions {
  readonly id: string;
  /** The event that an item is told as. Throws where a value cannot be told: that is the item's failure alone. */
  readonly eventOf: (item: PipelineItem) => NewEvent;
  /** What a gap of the pipeline is about, as topics; undefined: it is not told in the feed. */
  readonly gapTopics: readonly string[] | undefined;
  /** Hears of each event's slot and offset, once it is appended. @default nobody */
  readonly onAppended?: (slot: number, offset: number) => void;
}

export interface FeedHandlerDependencies {
  readonly eventLog: EventLog;
  /** The pipeline's checkpoint as it is in the store, after which nothing up to it comes again; undefined: none yet. */
  readonly savedCheckpoint: () => number | undefined;
}

/** The longest that a timer can wait: the feed tries until its log takes the events. */
export const noTimeout = 2_147_483_647;

/** Puts values into the feed, each once whatever comes again: an item is done when its event is committed. */
export class FeedHandler implements Handler {
  readonly id: string;
  readonly timeoutMs = noTimeout;
  readonly #options: FeedHandlerOptions;
  readonly #eventLog: EventLog;
  readonly #writer: FeedWriter;
  readonly #savedCheckpoint: () => number | undefined;
  #told: ToldKeys | undefined;

  constructor(options: FeedHandlerOptions, { eventLog, savedCheckpoint }: FeedHandlerDependencies) {
    this.id = options.id;
    this.#options = options;
    this.#eventLog = eventLog;
    this.#writer = new FeedWriter(eventLog);
    this.#savedCheckpoint = savedCheckpoint;
  }

  async open({ pipeline }: HandlerStart): Promise<void> {
    await this.#writer.open();
    this.#told = new ToldKeys(pipeline);
    await this.#told.restore(this.#eventLog.index);
  }

  handle(item: PipelineItem): Promise<void> {
    return this.handleBatch([item]);
  }

  async handleBatch(items: readonly PipelineItem[]): Promise<void> {
    const told = this.#told;
    if (told === undefined) throw new Error('the handler is not open');
    // Before anything is remembered: an item that cannot be told fails as it is.
    const events = items.map(item => this.#options.eventOf(item));
    while (!this.#writer.hasRoom) await this.#writer.whenRoom();
    const fresh: NewEvent[] = [];
    const freshSlots: number[] = [];
    for (const [at, { origin }] of items.entries()) {
      if (!told.add(origin.slot, origin.key, origin.isRemoved)) continue;
      fresh.push(events[at]!);
      freshSlots.push(origin.slot);
    }
    if (fresh.length > 0) {
      const first = this.#writer.append(
        fresh,
        told.changes(new Set(freshSlots), this.#savedCheckpoint() ?? -1),
      );
      for (const [at, slot] of freshSlots.entries()) this.#options.onAppended?.(slot, first + at);
    }
    // Those that were told before may still be on their way.
    await this.#writer.whenCommitted();
  }

  async onGap(gap: PipelineGap): Promise<void> {
    const { gapTopics } = this.#options;
    if (gapTopics !== undefined) await this.#writer.tellGap(gapTopics[0]!.split('.', 1)[0]!, gapTopics, gap);
  }
}
