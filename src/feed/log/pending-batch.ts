import type { FeedEvent, NewEvent } from '../events/feed-event.ts';
import { ChunkWriter, type SealedChunk } from './event-chunk.ts';
import type { StoreChange } from './event-store.ts';
import { type LogKeys, stateKey } from './log-keys.ts';
import { encodeLogState, type LogState } from './log-state.ts';

/** A chunk is closed once it has so many bytes. */
const chunkBytes = 256 * 1024;

/** The oldest part of the history that goes. */
export interface Trim {
  /** The offset of the first event that stays. */
  readonly earliest: number;
  /** Bytes of the chunks that go. */
  readonly bytes: number;
  readonly changes: readonly StoreChange[];
}

/** Everything that is committed together: events, index changes, notes, and the state behind them. */
export class PendingBatch {
  readonly firstOffset: number;
  /** The clock's time when it was first handed to the store. */
  sentAt: number | undefined;
  /** The store has it. */
  isDone = false;
  /** The state that it leads to; set by `prepare`. */
  state: LogState | undefined;
  /** The state that it needs in the store. */
  before: LogState | undefined;
  readonly #writers: ChunkWriter[] = [];
  readonly #index: StoreChange[] = [];
  readonly #notes = new Map<string, Buffer>();
  #trim: Trim | undefined;
  #sealed: readonly SealedChunk[] | undefined;
  #nextOffset: number;
  #bytes = 0;

  constructor(firstOffset: number) {
    this.firstOffset = firstOffset;
    this.#nextOffset = firstOffset;
  }

  /** Bytes that it holds in memory. */
  get byteLength(): number {
    return this.#bytes;
  }

  get nextOffset(): number {
    return this.#nextOffset;
  }

  /** The events; there are none before `seal`. */
  get events(): FeedEvent[] {
    return this.#sealed?.flatMap(({ events }) => events) ?? [];
  }

  add(events: readonly NewEvent[], time: number, index: readonly StoreChange[]): void {
    for (const event of events) {
      let writer = this.#writers.at(-1);
      if (writer === undefined || writer.byteLength >= chunkBytes) {
        writer = new ChunkWriter(this.#nextOffset);
        this.#writers.push(writer);
      }
      const before = writer.byteLength;
      writer.add(event, time);
      this.#bytes += writer.byteLength - before;
      this.#nextOffset++;
    }
    for (const change of index) {
      this.#index.push(change);
      if (!('from' in change)) this.#bytes += change.key.length + (change.value?.length ?? 0);
    }
  }

  note(name: string, value: Buffer): void {
    this.#notes.set(name, value);
    this.#bytes += value.length;
  }

  trim(trim: Trim): void {
    this.#trim = trim;
  }

  /** Nothing is added any more. */
  seal(): void {
    this.#sealed ??= this.#writers.map(writer => writer.seal());
  }

  /**
   * Decides the state that the batch leads to.
   * @param stored The state that the batch before it leaves in the store.
   * @param before The same, with what is known by now of where the history begins.
   */
  prepare(stored: LogState, before: LogState = stored): LogState {
    let bytes = before.bytes - (this.#trim?.bytes ?? 0);
    for (const { value } of this.#sealed ?? []) bytes += value.length;
    this.before = stored;
    this.state = {
      epoch: before.epoch,
      earliest: Math.max(before.earliest, this.#trim?.earliest ?? 0),
      head: this.#nextOffset - 1,
      bytes: Math.max(0, bytes),
      revision: before.revision + 1,
    };
    return this.state;
  }

  changes(keys: LogKeys): StoreChange[] {
    const changes: StoreChange[] = [...(this.#trim?.changes ?? [])];
    for (const { firstOffset, value } of this.#sealed ?? [])
      changes.push({ key: keys.chunk(firstOffset), value });
    for (const change of this.#index) {
      if ('from' in change) changes.push({ from: keys.index(change.from), to: keys.index(change.to) });
      else changes.push({ key: keys.index(change.key), value: change.value });
    }
    for (const [name, value] of this.#notes) changes.push({ key: keys.note(name), value });
    changes.push({ key: stateKey, value: encodeLogState(this.state!) });
    return changes;
  }
}
