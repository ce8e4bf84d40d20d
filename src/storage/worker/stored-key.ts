/** Set before every key in the file, as lmdb takes no empty one. */
const prefix = 0x6b;
const deadlineBytes = 8;

/** Bytes that a key may have: lmdb's 1,978 less what the index of expiries sets before it. */
export const maxKeyBytes = 1978 - deadlineBytes;

/** Native copies cost more than a loop below this many bytes. */
const shortBytes = 40;

/** A key as a range of bytes, used again for key after key so that none is allocated. */
export class StoredKey {
  source: Uint8Array;
  start: number;
  end: number;

  constructor(source: Uint8Array = new Uint8Array(0), start = 0, end = source.length) {
    this.source = source;
    this.start = start;
    this.end = end;
  }
}

/** An entry of the index of expiries: when, and which key. */
export class ExpiryKey extends StoredKey {
  /** Milliseconds since the Unix epoch. */
  deadline = 0;
}

/** How the keys of `data` lie in the file: a byte, then the key. */
export const storedKeyEncoder = {
  writeKey(key: StoredKey, target: Uint8Array, at: number): number {
    target[at] = prefix;
    return copy(key, target, at + 1);
  },
  readKey(source: Uint8Array, start: number, end: number): StoredKey {
    return new StoredKey(Uint8Array.prototype.slice.call(source, start + 1, end));
  },
};

/** How the keys of `expiries` lie in the file: the deadline so that bytes sort as times do, then the key. */
export const expiryKeyEncoder = {
  writeKey(key: ExpiryKey, target: Uint8Array, at: number): number {
    deadlines[0] = key.deadline;
    for (let i = 0; i < deadlineBytes; i++) target[at + i] = deadlineView[deadlineBytes - 1 - i]!;
    return copy(key, target, at + deadlineBytes);
  },
  readKey(source: Uint8Array, start: number, end: number): ExpiryKey {
    for (let i = 0; i < deadlineBytes; i++) deadlineView[deadlineBytes - 1 - i] = source[start + i]!;
    const key = new ExpiryKey(Uint8Array.prototype.slice.call(source, start + deadlineBytes, end));
    key.deadline = deadlines[0]!;
    return key;
  },
};

const deadlines = new Float64Array(1);
const deadlineView = new Uint8Array(deadlines.buffer);

function copy(key: StoredKey, target: Uint8Array, at: number): number {
  const { source, start, end } = key;
  if (end - start > shortBytes) {
    target.set(source.subarray(start, end), at);
    return at + end - start;
  }
  let to = at;
  for (let i = start; i < end; i++) target[to++] = source[i]!;
  return to;
}
