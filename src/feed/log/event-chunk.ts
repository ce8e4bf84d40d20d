import { crc32 } from 'node:zlib';
import { type EventKind, eventKinds, type FeedEvent, type NewEvent } from '../events/feed-event.ts';

/**
 * Events that follow one another, as one record; numbers are little-endian:
 *
 *     u8 version, 3 × u8 zero, u32 CRC-32 of everything behind it, u32 number of events, u48 offset of the first event
 *     an event: u32 bytes of data, u16 bytes of topic, u8 bytes of chain, u8 kind, u48 time, topic, chain, data
 */
const version = 1;
const checksumAt = 4;
const checkedFrom = 8;
const countAt = 8;
const offsetAt = 12;
const headerBytes = 18;
const eventHeaderBytes = 14;

const initialBytes = 4096;
const maxTopicBytes = 0xffff;
const maxChainBytes = 0xff;
const highestKind = Math.max(...Object.values(eventKinds));

/** A chunk that is finished. */
export interface SealedChunk {
  readonly firstOffset: number;
  readonly value: Buffer;
  /** Its events; their data are views of `value`. */
  readonly events: readonly FeedEvent[];
}

/** Collects events into one record. */
export class ChunkWriter {
  readonly firstOffset: number;
  #bytes = Buffer.allocUnsafeSlow(initialBytes);
  #length = headerBytes;
  readonly #events: NewEvent[] = [];
  readonly #times: number[] = [];
  readonly #dataEnds: number[] = [];

  constructor(firstOffset: number) {
    this.firstOffset = firstOffset;
  }

  get byteLength(): number {
    return this.#length;
  }

  /**
   * Copies the event's data.
   * @throws TypeError when the topic has more than 65,535 bytes or the chain's name more than 255
   */
  add(event: NewEvent, time: number): void {
    const { data } = event;
    const topic = Buffer.byteLength(event.topic);
    const chain = Buffer.byteLength(event.chain);
    if (topic > maxTopicBytes || chain > maxChainBytes)
      throw new TypeError('the topic of an event is too long');
    const start = this.#length;
    const end = start + eventHeaderBytes + topic + chain + data.length;
    if (end > this.#bytes.length) this.#grow(end);
    const bytes = this.#bytes;
    bytes.writeUInt32LE(data.length, start);
    bytes.writeUInt16LE(topic, start + 4);
    bytes[start + 6] = chain;
    bytes[start + 7] = event.kind;
    bytes.writeUIntLE(time, start + 8, 6);
    bytes.write(event.topic, start + eventHeaderBytes);
    bytes.write(event.chain, start + eventHeaderBytes + topic);
    bytes.set(data, end - data.length);
    this.#length = end;
    this.#events.push(event);
    this.#times.push(time);
    this.#dataEnds.push(end);
  }

  seal(): SealedChunk {
    const { firstOffset } = this;
    // Its events stay in memory for long: with them goes no room that is not used.
    const isTight = this.#length * 4 >= this.#bytes.length * 3;
    const used = this.#bytes.subarray(0, this.#length);
    const value = isTight ? used : Buffer.copyBytesFrom(used);
    value.fill(0, 0, headerBytes);
    value[0] = version;
    value.writeUInt32LE(this.#events.length, countAt);
    value.writeUIntLE(firstOffset, offsetAt, 6);
    value.writeUInt32LE(crc32(value.subarray(checkedFrom)), checksumAt);
    const events = this.#events.map(({ kind, chain, topic, data }, i): FeedEvent => {
      const end = this.#dataEnds[i]!;
      const time = this.#times[i]!;
      return {
        offset: firstOffset + i,
        time,
        kind,
        chain,
        topic,
        data: value.subarray(end - data.length, end),
      };
    });
    return { firstOffset, value, events };
  }

  #grow(needed: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}

/** A chunk that was read; its events are decoded when they are asked for, their data are views of the record. */
export class EventChunk {
  readonly firstOffset: number;
  readonly count: number;
  /** The time of the first event. */
  readonly firstTime: number;
  /** The time of the last event. */
  readonly lastTime: number;
  readonly byteLength: number;
  readonly #value: Buffer;

  private constructor(value: Buffer, firstTime: number, lastTime: number) {
    this.#value = value;
    this.firstOffset = value.readUIntLE(offsetAt, 6);
    this.count = value.readUInt32LE(countAt);
    this.firstTime = firstTime;
    this.lastTime = lastTime;
    this.byteLength = value.length;
  }

  /** Undefined: the record is not a chunk as it was written. */
  static open(value: Buffer): EventChunk | undefined {
    if (value.length < headerBytes || value[0] !== version) return undefined;
    if (value.readUInt32LE(checksumAt) !== crc32(value.subarray(checkedFrom))) return undefined;
    const count = value.readUInt32LE(countAt);
    let at = headerBytes;
    let last = at;
    for (let i = 0; i < count; i++) {
      const kind = value[at + 7];
      if (at + eventHeaderBytes > value.length || kind === 0 || kind! > highestKind) return undefined;
      last = at;
      at = endOfEvent(value, at);
    }
    if (count === 0 || at !== value.length) return undefined;
    return new EventChunk(value, timeOf(value, headerBytes), timeOf(value, last));
  }

  get lastOffset(): number {
    return this.firstOffset + this.count - 1;
  }

  /** The events from `offset` on, as long as `takes` says so of each. */
  *events(offset: number): Generator<FeedEvent, void, undefined> {
    const value = this.#value;
    let at = headerBytes;
    for (let i = 0; i < this.count; i++) {
      const end = endOfEvent(value, at);
      if (this.firstOffset + i >= offset) yield decode(value, at, end, this.firstOffset + i);
      at = end;
    }
  }

  /** The offset of the first event that is not older than `time`; undefined: all are older. */
  offsetAtTime(time: number): number | undefined {
    let at = headerBytes;
    for (let i = 0; i < this.count; i++) {
      if (timeOf(this.#value, at) >= time) return this.firstOffset + i;
      at = endOfEvent(this.#value, at);
    }
    return undefined;
  }
}

const timeOf = (value: Buffer, at: number): number => value.readUIntLE(at + 8, 6);

const endOfEvent = (value: Buffer, at: number): number =>
  at + eventHeaderBytes + value.readUInt16LE(at + 4) + value[at + 6]! + value.readUInt32LE(at);

function decode(value: Buffer, at: number, end: number, offset: number): FeedEvent {
  const topicStart = at + eventHeaderBytes;
  const topicEnd = topicStart + value.readUInt16LE(at + 4);
  const chainEnd = topicEnd + value[at + 6]!;
  return {
    offset,
    time: timeOf(value, at),
    kind: value[at + 7] as EventKind,
    chain: value.toString('utf8', topicEnd, chainEnd),
    topic: value.toString('utf8', topicStart, topicEnd),
    data: value.subarray(chainEnd, end),
  };
}
