import { TrunklineError } from '../../../../src/errors/trunkline-error.ts';
import { feedErrors } from '../../../../src/feed/errors.ts';
import { type EventKind, eventKinds, type FeedEvent } from '../../../../src/feed/events/feed-event.ts';
import type { EventSource, ReadLimits } from '../../../../src/feed/log/event-source.ts';

interface HeldRead {
  readonly offset: number;
  readonly go: () => void;
  readonly fail: (error: unknown) => void;
}

/** A log in an array: commits when told, remembers the newest `memory` events, answers reads in a later turn or when told. */
export class FakeEventSource implements EventSource {
  readonly events: FeedEvent[] = [];
  epoch = 'e1';
  earliest = 1;
  head = 0;
  bytes = 0;
  /** How many of the newest events `recent` has. */
  memory = 1_000_000;
  /** Reads wait in `held`. */
  isHeld = false;
  held: HeldRead[] = [];
  reads = 0;
  mostReads = 0;
  readonly blocks = new Map<string, number>();
  #reading = 0;
  readonly #listeners = new Set<(events: readonly FeedEvent[]) => void>();

  /** Commits one event a topic. */
  commit(...topics: readonly string[]): void {
    this.commitEvents(topics.map(topic => ({ topic, kind: kindOf(topic), data: '{}' })));
  }

  commitEvents(
    events: readonly { readonly topic: string; readonly kind: EventKind; readonly data: string }[],
  ): void {
    const added = events.map(({ topic, kind, data }, index) => ({
      kind,
      topic,
      chain: topic.split('.')[0]!,
      data: Buffer.from(data),
      offset: this.head + 1 + index,
      time: 1_000 * (this.head + 1 + index),
    }));
    this.events.push(...added);
    this.head += added.length;
    for (const listener of this.#listeners) listener(added);
  }

  /** Removes the events before `offset`. */
  expire(offset: number): void {
    this.earliest = offset;
  }

  onCommitted(listener: (events: readonly FeedEvent[]) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  recent(offset: number, limits: ReadLimits): readonly FeedEvent[] | undefined {
    if (offset > this.head) return [];
    return offset <= this.head - this.memory ? undefined : this.#slice(offset, limits);
  }

  async read(offset: number, limits: ReadLimits): Promise<readonly FeedEvent[]> {
    this.reads++;
    this.mostReads = Math.max(this.mostReads, ++this.#reading);
    try {
      await new Promise<void>((resolve, reject) => {
        if (this.isHeld) this.held.push({ offset, go: resolve, fail: reject });
        else setImmediate(resolve);
      });
      if (offset < this.earliest) throw new TrunklineError(feedErrors, 'events_expired', 'gone');
      return this.#slice(offset, limits);
    } finally {
      this.#reading--;
    }
  }

  async offsetOfBlock(chain: string, number: number): Promise<number | undefined> {
    return this.blocks.get(`${chain}:${number}`);
  }

  async offsetAtTime(time: number): Promise<number> {
    return (
      this.events.find(event => event.offset >= this.earliest && event.time >= time)?.offset ?? this.head + 1
    );
  }

  #slice(offset: number, { maxEvents, maxBytes }: ReadLimits): readonly FeedEvent[] {
    const found: FeedEvent[] = [];
    let bytes = 0;
    for (const event of this.events.slice(offset - 1, offset - 1 + maxEvents)) {
      bytes += event.data.length + event.topic.length;
      if (bytes > maxBytes && found.length > 0) break;
      found.push(event);
    }
    return found;
  }
}

function kindOf(topic: string): EventKind {
  switch (topic.split('.')[1]) {
    case 'logs':
      return eventKinds.log;
    case 'pending':
      return eventKinds.pending;
    case 'reorgs':
      return eventKinds.reorg;
    case 'gaps':
      return eventKinds.gap;
    default:
      return eventKinds.head;
  }
}
