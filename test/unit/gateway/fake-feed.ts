import type { FeedReader, FeedRequest, FeedSubscription } from '../../../src/feed/delivery/feed-request.ts';
import type { FeedSink } from '../../../src/feed/delivery/feed-sink.ts';
import { type EventKind, eventKinds, type FeedEvent } from '../../../src/feed/events/feed-event.ts';
import type { EventSelector } from '../../../src/feed/topics/event-selector.ts';
import type { EventFeed } from '../../../src/gateway/event-feed.ts';

/** A subscription that waits for the test to accept or refuse it. */
export interface FakeFeedSubscription {
  readonly request: FeedRequest;
  readonly sink: FeedSink;
  isBegun: boolean;
  isEnded: boolean;
  accept(): void;
  refuse(error: Error): void;
}

/** A reader whose events the test provides. */
export interface FakeReader extends FeedReader {
  readonly selector: EventSelector;
  readonly keepMs: number;
  readonly events: FeedEvent[];
  /** Thrown by the next read. */
  error: Error | undefined;
  /** Set: reads wait for it. */
  gate: Promise<void> | undefined;
  isEnded: boolean;
}

/** Stands for the feed: whoever began gets what the test emits. */
export class FakeFeed implements EventFeed {
  readonly subscriptions: FakeFeedSubscription[] = [];
  readonly readers: FakeReader[] = [];
  /** Thrown by `reader`. */
  readerError: Error | undefined;

  get last(): FakeFeedSubscription {
    return this.subscriptions.at(-1)!;
  }

  get lastReader(): FakeReader {
    return this.readers.at(-1)!;
  }

  subscribe(request: FeedRequest, sink: FeedSink): Promise<FeedSubscription> {
    return new Promise((resolve, reject) => {
      const entry: FakeFeedSubscription = {
        request,
        sink,
        isBegun: false,
        isEnded: false,
        accept: () =>
          resolve({
            start: 'e:0',
            latest: 'e:0',
            cursor: 'e:0',
            begin: () => {
              entry.isBegun = true;
            },
            end: () => {
              entry.isEnded = true;
            },
          }),
        refuse: reject,
      };
      this.subscriptions.push(entry);
    });
  }

  reader(selector: EventSelector, keepMs: number): FeedReader {
    if (this.readerError !== undefined) throw this.readerError;
    const reader: FakeReader = {
      selector,
      keepMs,
      events: [],
      error: undefined,
      gate: undefined,
      isEnded: false,
      read: async maxEvents => {
        await reader.gate;
        const { error } = reader;
        reader.error = undefined;
        if (error !== undefined) throw error;
        return reader.events.splice(0, maxEvents);
      },
      end: () => {
        reader.isEnded = true;
      },
    };
    this.readers.push(reader);
    return reader;
  }

  /** Writes an event to all that have begun and have not ended, whatever they selected. */
  emit(event: FeedEvent): void {
    for (const { request, sink, isBegun, isEnded } of this.subscriptions) {
      if (!isBegun || isEnded) continue;
      const frame = request.format.event(event, `e:${event.offset}`);
      if (frame !== undefined) sink.write([frame]);
    }
  }
}

let offset = 0;

/** An event of the chain `test`. */
export function feedEvent(kind: EventKind, data: string, topic = 'test.heads'): FeedEvent {
  return { offset: ++offset, time: 0, kind, chain: 'test', topic, data: Buffer.from(data) };
}

/** A head of the chain `test`. */
export function headEvent(data: string): FeedEvent {
  return feedEvent(eventKinds.head, data);
}

/** The payloads of unmasked text frames that follow on each other. */
export function payloadsOf(frames: Buffer): string[] {
  const payloads: string[] = [];
  for (let at = 0; at < frames.length; ) {
    const short = frames[at + 1]!;
    const [start, length] =
      short < 126
        ? [at + 2, short]
        : short === 126
          ? [at + 4, frames.readUInt16BE(at + 2)]
          : [at + 10, Number(frames.readBigUInt64BE(at + 2))];
    payloads.push(frames.toString('utf8', start, start + length));
    at = start + length;
  }
  return payloads;
}

/** A sink that keeps the payloads it got. */
export class RecordedSink implements FeedSink {
  readonly payloads: string[] = [];
  readonly #onWrite: (() => void) | undefined;
  bufferedBytes = 0;

  constructor(onWrite?: () => void) {
    this.#onWrite = onWrite;
  }

  write(frames: readonly Buffer[]): void {
    this.payloads.push(...payloadsOf(Buffer.concat(frames)));
    this.#onWrite?.();
  }

  onDrained(listener: () => void): void {
    listener();
  }

  closeSlow(): void {}
}
