import type { EventLog } from '../../feed/log/event-log.ts';
import type { PipelineGap } from '../pipeline.ts';
import { gapEvent } from './gap-event.ts';

/** The feed's log as one handler writes it: it waits for room, and knows when what it appended is committed. */
export class FeedWriter {
  readonly #eventLog: EventLog;
  #lastOffset = 0;

  constructor(eventLog: EventLog) {
    this.#eventLog = eventLog;
  }

  /** Whether events may come. To be asked just before `append`: of those that wait for room, the first ones may take it. */
  get hasRoom(): boolean {
    return this.#eventLog.hasRoom;
  }

  /** Opens the log. What others, such as an earlier handler of the same name, appended is in the records that are read from then on. */
  async open(): Promise<void> {
    await this.#eventLog.open();
    await this.#eventLog.whenCommitted(this.#eventLog.nextOffset - 1);
  }

  whenRoom(): Promise<void> {
    return this.#eventLog.whenRoom();
  }

  /** Appends at least one event, with changes of the log's records in the same write; returns the offset of the first. */
  append(...[events, changes]: Parameters<EventLog['append']>): number {
    const first = this.#eventLog.append(events, changes);
    this.#lastOffset = first + events.length - 1;
    return first;
  }

  /** Resolves once everything that was appended is committed, also what is still on its way from before. */
  async whenCommitted(): Promise<void> {
    if (this.#lastOffset > 0) await this.#eventLog.whenCommitted(this.#lastOffset);
  }

  /** Tells of a gap of a pipeline, if it is one of the feed's; resolves once that is committed. */
  async tellGap(chain: string, topics: readonly string[], gap: PipelineGap): Promise<void> {
    const event = gapEvent(chain, topics, gap);
    if (event === undefined) return;
    while (!this.hasRoom) await this.whenRoom();
    this.append([event]);
    await this.whenCommitted();
  }
}
