/** Bytes of a number in a key. */
const numberBytes = 8;
const word = 2 ** 32;
const all = 'h/';

/** The key of the log's state. */
export const stateKey = Buffer.from('meta');

/** A safe integer from 0 as eight bytes that sort as numbers do. */
export function sortableNumber(value: number): Buffer {
  const bytes = Buffer.alloc(numberBytes);
  bytes.writeUInt32BE(Math.floor(value / word), 0);
  bytes.writeUInt32BE(value % word, 4);
  return bytes;
}

/** The number at the end of a key. */
export function numberOfKey(key: Buffer): number {
  const at = key.length - numberBytes;
  return at < 0 ? Number.NaN : key.readUInt32BE(at) * word + key.readUInt32BE(at + 4);
}

/** The first key behind all keys that begin with `prefix`. */
export function endOf(prefix: Buffer): Buffer {
  const end = Buffer.from(prefix);
  end[end.length - 1]! += 1;
  return end;
}

/** Where the records of one history lie: everything of an epoch is under a prefix of its own. */
export class LogKeys {
  /** All records of the epoch. */
  readonly prefix: Buffer;
  readonly #chunks: Buffer;
  readonly #index: Buffer;
  readonly #notes: Buffer;

  constructor(epoch: string) {
    this.prefix = Buffer.from(`${all}${epoch}/`);
    this.#chunks = Buffer.from(`${all}${epoch}/e/`);
    this.#index = Buffer.from(`${all}${epoch}/x/`);
    this.#notes = Buffer.from(`${all}${epoch}/s/`);
  }

  /** The chunk whose first event has this offset. */
  chunk(offset: number): Buffer {
    return Buffer.concat([this.#chunks, sortableNumber(offset)]);
  }

  get chunks(): readonly [Buffer, Buffer] {
    return [this.#chunks, endOf(this.#chunks)];
  }

  /** A record of the index that is kept beside the events. */
  index(key: Buffer): Buffer {
    return Buffer.concat([this.#index, key]);
  }

  /** The part of a stored key that `index` was given. */
  indexKeyOf(key: Buffer): Buffer {
    return key.subarray(this.#index.length);
  }

  note(name: string): Buffer {
    return Buffer.concat([this.#notes, Buffer.from(name)]);
  }

  get notes(): readonly [Buffer, Buffer] {
    return [this.#notes, endOf(this.#notes)];
  }

  noteNameOf(key: Buffer): string {
    return key.toString('utf8', this.#notes.length);
  }

  /** The ranges that hold everything of other epochs. */
  get others(): readonly (readonly [Buffer, Buffer])[] {
    return [
      [Buffer.from(all), this.prefix],
      [endOf(this.prefix), endOf(Buffer.from(all))],
    ];
  }
}
