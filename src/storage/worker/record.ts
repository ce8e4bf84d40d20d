import { crc32 } from 'node:zlib';

/**
 * A stored value, little-endian:
 *
 *     u32 CRC-32 over the key, the expiry and the value
 *     f64 expiry in milliseconds since the Unix epoch; 0: none
 *     value
 */
export const recordHeaderBytes = 12;

const checksumBytes = 4;

/** A native call costs more than the loop below this many bytes. */
const shortBytes = 200;

/** The checksum that belongs at the beginning of the record; `record` is read from its expiry up to `recordEnd`. */
function recordChecksum(
  key: Uint8Array,
  keyStart: number,
  keyEnd: number,
  record: Uint8Array,
  recordEnd: number,
): number {
  const ofKey = update(-1, key, keyStart, keyEnd);
  if (recordEnd <= shortBytes) return ~update(ofKey, record, checksumBytes, recordEnd) >>> 0;
  // lmdb's reused buffer claims a length that natives do not see: they need a view of exactly the bytes.
  const view = new Uint8Array(record.buffer, record.byteOffset + checksumBytes, recordEnd - checksumBytes);
  return crc32(view, ~ofKey >>> 0);
}

/** Whether the record of that key is as it was written. */
export function isRecordIntact(
  key: Uint8Array,
  keyStart: number,
  keyEnd: number,
  record: Uint8Array,
  recordEnd: number,
): boolean {
  if (recordEnd < recordHeaderBytes) return false;
  const written = (record[0]! | (record[1]! << 8) | (record[2]! << 16) | (record[3]! << 24)) >>> 0;
  return written === recordChecksum(key, keyStart, keyEnd, record, recordEnd);
}

/** The expiry of a record; 0: it has none. */
export function recordExpiry(record: Uint8Array): number {
  // Six of the eight bytes of a number that is not 0 may be 0, the two highest may not.
  if (record[11] === 0 && record[10] === 0) return 0;
  for (let i = 0; i < 8; i++) scratchBytes[i] = record[checksumBytes + i]!;
  return scratch[0]!;
}

/** Fills the header of the record whose value is at `recordHeaderBytes` up to `recordEnd` already. */
export function writeRecordHeader(
  record: Buffer,
  recordEnd: number,
  expiry: number,
  key: Uint8Array,
  keyStart: number,
  keyEnd: number,
): void {
  scratch[0] = expiry;
  for (let i = 0; i < 8; i++) record[checksumBytes + i] = scratchBytes[i]!;
  const checksum = recordChecksum(key, keyStart, keyEnd, record, recordEnd);
  record[0] = checksum;
  record[1] = checksum >>> 8;
  record[2] = checksum >>> 16;
  record[3] = checksum >>> 24;
}

// Node runs on little-endian machines only.
const scratch = new Float64Array(1);
const scratchBytes = new Uint8Array(scratch.buffer);

const table = new Int32Array(256).map((_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** The checksum's register after these bytes, before its last inversion. */
function update(register: number, bytes: Uint8Array, start: number, end: number): number {
  let value = register;
  for (let i = start; i < end; i++) value = (value >>> 8) ^ table[(value ^ bytes[i]!) & 0xff]!;
  return value;
}
