import type { FeedEvent } from '../events/feed-event.ts';
import type { ReadLimits } from './event-source.ts';

/** Bytes that an event costs in memory beside its data. */
const eventOverhead = 200;
const compactFrom = 1024;

/** The newest events, without a gap, up to a number of bytes. */
export class RecentEvents {
  readonly #maxBytes: number;
  #events: FeedEvent[] = [];
  #start = 0;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get count(): number {
    return this.#events.length - this.#start;
  }

  /** The first event that is held; undefined: none is. */
  get first(): FeedEvent | undefined {
    return this.#events[this.#start];
  }

  /** Takes events that follow the ones that are held, and lets the oldest go; the newest one stays whatever its size. */
  add(events: readonly FeedEvent[]): void {
    for (const event of events) {
      this.#events.push(event);
      this.#bytes += costOf(event);
    }
    while (this.#bytes > this.#maxBytes && this.count > 1)
      this.#bytes -= costOf(this.#events[this.#start++]!);
    if (this.#start > compactFrom && this.#start * 2 > this.#events.length) {
      this.#events = this.#events.slice(this.#start);
      this.#start = 0;
    }
  }

  /** The events from `offset` on; undefined: the first of them is not held. */
  from(offset: number, { maxEvents, maxBytes }: ReadLimits): readonly FeedEvent[] | undefined {
    const first = this.first;
    if (first === undefined || offset < first.offset) return undefined;
    const start = this.#start + offset - first.offset;
    const most = Math.min(this.#events.length, start + maxEvents);
    let end = start;
    for (let bytes = 0; end < most; end++) {
      const { data, topic } = this.#events[end]!;
      bytes += data.length + topic.length;
      if (bytes > maxBytes && end > start) break;
    }
    return this.#events.slice(start, end);
  }

  /** The first event that is not older than `time`, if an older one is held as well. */
  atTime(time: number): FeedEvent | undefined {
    if (this.first === undefined || this.first.time >= time) return undefined;
    let low = this.#start;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#events[middle]!.time < time) low = middle + 1;
      else high = middle;
    }
    return this.#events[low];
  }
}

const costOf = ({ data, topic }: FeedEvent): number => data.length + topic.length + eventOverhead;
