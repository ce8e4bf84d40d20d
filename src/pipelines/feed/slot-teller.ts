import { eventKinds, type SlotData } from '../../feed/events/feed-event.ts';
import type { EventLog } from '../../feed/log/event-log.ts';
import type { Handler, HandlerStart, PipelineGap, PipelineItem } from '../pipeline.ts';
import { noTimeout } from './feed-handler.ts';
import { FeedWriter } from './feed-writer.ts';
import { SlotHistory, type SlotHistoryRecord } from './slot-history.ts';

export interface SlotTellerDependencies {
  readonly eventLog: EventLog;
  readonly onTold: (slot: number, offset: number) => void;
}

/**
 * Puts the slots of a chain into the feed: each status of each slot once, `confirmed` and `finalized` without a hole, whatever
 * is restarted. What was told is kept with the events themselves, in one write.
 */
export class SlotTeller implements Handler<SlotData> {
  readonly id = 'feed';
  readonly timeoutMs = noTimeout;
  readonly #chain: string;
  readonly #eventLog: EventLog;
  readonly #writer: FeedWriter;
  readonly #onTold: (slot: number, offset: number) => void;
  #key: Buffer | undefined;
  #history = new SlotHistory();

  /**
   * @param chain its name
   * @param dependencies.onTold hears of each slot that is told as confirmed: at the start of the last one of an earlier run
   */
  constructor(chain: string, { eventLog, onTold }: SlotTellerDependencies) {
    this.#chain = chain;
    this.#eventLog = eventLog;
    this.#writer = new FeedWriter(eventLog);
    this.#onTold = onTold;
  }

  async open({ pipeline }: HandlerStart): Promise<void> {
    await this.#writer.open();
    this.#key = Buffer.from(`t/${pipeline}/history`);
    this.#history = new SlotHistory(readRecord(await this.#eventLog.index.get(this.#key)));
    const { confirmed } = this.#history;
    if (confirmed >= 0) this.#onTold(confirmed, this.#eventLog.head);
  }

  handle(item: PipelineItem<SlotData>): Promise<void> {
    return this.handleBatch([item]);
  }

  async handleBatch(items: readonly PipelineItem<SlotData>[]): Promise<void> {
    const key = this.#key;
    if (key === undefined) throw new Error('the handler is not open');
    while (!this.#writer.hasRoom) await this.#writer.whenRoom();
    const told = items.flatMap(({ value, origin }) => (origin.isRemoved ? [] : this.#history.take(value)));
    let first = 0;
    if (told.length > 0) {
      const events = told.map(data => ({
        kind: eventKinds.slot,
        chain: this.#chain,
        topic: `${this.#chain}.slots`,
        data: Buffer.from(JSON.stringify(data)),
      }));
      const value = Buffer.from(JSON.stringify(this.#history.record));
      first = this.#writer.append(events, [{ key, value }]);
    }
    await this.#writer.whenCommitted();
    // Not before: who begins to follow begins at what is committed.
    for (const [at, { slot, status }] of told.entries())
      if (status === 'confirmed') this.#onTold(slot, first + at);
  }

  onGap(gap: PipelineGap): Promise<void> {
    return this.#writer.tellGap(this.#chain, [`${this.#chain}.slots`], gap);
  }
}

/** Undefined: there is none, or it does not read; then the slots begin with what comes. */
function readRecord(bytes: Buffer | undefined): SlotHistoryRecord | undefined {
  if (bytes === undefined) return undefined;
  try {
    return JSON.parse(bytes.toString()) as SlotHistoryRecord;
  } catch {
    return undefined;
  }
}
