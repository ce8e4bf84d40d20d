import { TrunklineError } from '../../errors/trunkline-error.ts';
import { feedErrors } from '../errors.ts';
import type { FeedEvent } from '../events/feed-event.ts';
import { EventChunk } from './event-chunk.ts';
import type { ReadLimits } from './event-source.ts';
import type { EventStore } from './event-store.ts';
import type { LogKeys } from './log-keys.ts';

/** Chunks that one read takes from the store at most. */
const maxChunks = 1000;
const probe = { maxEntries: 1, maxBytes: 1, isFloor: true };

export interface HistoryReaderDependencies {
  readonly store: EventStore;
  readonly keys: LogKeys;
  /** The bounds of the history as they are now. */
  readonly bounds: () => { readonly earliest: number; readonly head: number };
  /** The chunk that holds this event is damaged or gone: nothing up to it can be read any more. */
  readonly onDamage: (offset: number) => Promise<void>;
}

/** Reads the history from the store. */
export class HistoryReader {
  readonly #dependencies: HistoryReaderDependencies;

  constructor(dependencies: HistoryReaderDependencies) {
    this.#dependencies = dependencies;
  }

  /** See `EventSource.read`. */
  async read(offset: number, limits: ReadLimits): Promise<readonly FeedEvent[]> {
    const { bounds, onDamage } = this.#dependencies;
    const { head } = bounds();
    if (offset > head) return [];
    if (offset < bounds().earliest) throw expired(offset);
    const chunks = await this.#chunks(offset, head, limits);
    const events: FeedEvent[] = [];
    let bytes = 0;
    for (const chunk of chunks) {
      // Only what follows on without a hole.
      if (chunk.lastOffset < offset || chunk.firstOffset > offset + events.length) break;
      for (const event of chunk.events(offset)) {
        bytes += event.data.length + event.topic.length;
        if (events.length === limits.maxEvents || (bytes > limits.maxBytes && events.length > 0))
          return events;
        events.push(event);
      }
    }
    if (events.length > 0) return events;
    // Either it was removed meanwhile, or it should be there.
    if (offset >= bounds().earliest) await onDamage(offset);
    throw expired(offset);
  }

  /** The first event in the store from `from` up to `head` that is not older than `time`; undefined: all are older. */
  async offsetAtTime(time: number, from: number, head: number): Promise<number | undefined> {
    let low = from;
    let high = head;
    while (low <= high) {
      const chunk = await this.#chunkOf(Math.floor((low + high) / 2));
      // Removed meanwhile: what is left is above.
      if (chunk === undefined) low = Math.max(low + 1, this.#dependencies.bounds().earliest);
      else if (chunk.lastTime < time) low = chunk.lastOffset + 1;
      else if (chunk.firstTime < time || chunk.firstOffset <= low) return chunk.offsetAtTime(time);
      else high = chunk.firstOffset - 1;
    }
    return low > head ? undefined : low;
  }

  async #chunkOf(offset: number): Promise<EventChunk | undefined> {
    const { store, keys } = this.#dependencies;
    try {
      const [record] = await store.range(keys.chunk(offset), keys.chunk(offset + 1), probe);
      const chunk = record === undefined ? undefined : EventChunk.open(record.value);
      return chunk !== undefined && chunk.lastOffset >= offset ? chunk : undefined;
    } catch (error) {
      if ((error as { readonly code?: string }).code === 'corrupt_record') return undefined;
      throw error;
    }
  }

  /** The intact chunks from the one with `offset` on. */
  async #chunks(offset: number, head: number, { maxEvents, maxBytes }: ReadLimits): Promise<EventChunk[]> {
    const { store, keys } = this.#dependencies;
    const limits = { maxEntries: Math.min(maxEvents, maxChunks), maxBytes, isFloor: true };
    let records = await store.range(keys.chunk(offset), keys.chunk(head + 1), limits).catch(readable);
    // One of them is damaged: as far as possible without it.
    records ??= await store.range(keys.chunk(offset), keys.chunk(offset + 1), probe).catch(readable);
    const chunks: EventChunk[] = [];
    for (const { value } of records ?? []) {
      const chunk = EventChunk.open(value);
      if (chunk === undefined) break;
      chunks.push(chunk);
    }
    return chunks;
  }
}

function readable(error: unknown): undefined {
  if ((error as { readonly code?: string }).code !== 'corrupt_record') throw error;
}

/** The events from there on are not kept any more. */
function expired(offset: number): TrunklineError {
  return new TrunklineError(feedErrors, 'events_expired', feedErrors.events_expired.sentence, {
    details: { offset },
  });
}
