import { closeSync, fsyncSync, openSync, readSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import { metaBytes } from './meta-page.ts';

/** What is known for certain to be on the device. */
export interface CheckpointRecord {
  /** Counts the records of a file; the highest one counts. */
  readonly sequence: number;
  /**
   * `empty`: no state of the database was flushed yet; `running`: the state of `meta` was, and later ones may be in the
   * file in part; `clean`: the whole file was, and nothing was written after.
   */
  readonly state: 'empty' | 'running' | 'clean';
  /** The run of the operating system that wrote it; empty where it has no identity. */
  readonly bootId: string;
  /** The meta page of the flushed state; empty for `empty`. */
  readonly meta: Buffer;
}

/** One record fits in a sector, so that a power failure leaves it as it was or as it is to be. */
export const recordBytes = 512;
/** The two slots lie in different blocks of the file system. */
const slotBytes = 4096;
const states = ['empty', 'running', 'clean'] as const;
const mark = Buffer.from('TLCHKPT1', 'ascii');

/** Where the record with `sequence` belongs: two slots by turns, so that one is always whole. */
export function recordPosition(sequence: number): number {
  return (sequence % 2) * slotBytes;
}

/** The bytes of a record. */
export function encodeCheckpoint(record: CheckpointRecord): Buffer {
  const bytes = Buffer.alloc(recordBytes);
  mark.copy(bytes, 0);
  bytes.writeBigUInt64LE(BigInt(record.sequence), 8);
  bytes[16] = states.indexOf(record.state);
  bytes[17] = bytes.write(record.bootId, 24, 64, 'ascii');
  bytes.writeUInt16LE(record.meta.length, 18);
  record.meta.copy(bytes, 96);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, recordBytes - 4)), recordBytes - 4);
  return bytes;
}

/** The newest whole record of a checkpoint file; `undefined` when there is none. */
export function readCheckpoint(path: string): CheckpointRecord | undefined {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const slots = [readSlot(fd, 0), readSlot(fd, 1)].filter(record => record !== undefined);
    return slots.sort((a, b) => b.sequence - a.sequence)[0];
  } finally {
    closeSync(fd);
  }
}

/** Creates the file or replaces it, whole and flushed. */
export function writeCheckpointFile(path: string, record: CheckpointRecord): void {
  const draft = `${path}.new`;
  const fd = openSync(draft, 'w');
  try {
    const bytes = Buffer.alloc(2 * slotBytes);
    encodeCheckpoint(record).copy(bytes, recordPosition(record.sequence));
    writeSync(fd, bytes, 0, bytes.length, 0);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(draft, path);
  flushDirectory(dirname(path));
}

/** Flushes the names in a directory, where the system can. */
export function flushDirectory(path: string): void {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch {
    return; // Windows opens no directories and flushes names by itself.
  }
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function readSlot(fd: number, slot: number): CheckpointRecord | undefined {
  const bytes = Buffer.alloc(recordBytes);
  if (readSync(fd, bytes, 0, recordBytes, slot * slotBytes) !== recordBytes) return undefined;
  if (!bytes.subarray(0, mark.length).equals(mark)) return undefined;
  if (bytes.readUInt32LE(recordBytes - 4) !== crc32(bytes.subarray(0, recordBytes - 4))) return undefined;
  const state = states[bytes[16] ?? states.length];
  const metaLength = bytes.readUInt16LE(18);
  if (state === undefined || (metaLength !== 0 && metaLength !== metaBytes)) return undefined;
  return {
    sequence: Number(bytes.readBigUInt64LE(8)),
    state,
    bootId: bytes.toString('ascii', 24, 24 + Math.min(64, bytes[17] ?? 0)),
    meta: Buffer.from(bytes.subarray(96, 96 + metaLength)),
  };
}
