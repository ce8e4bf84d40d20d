import { readSync } from 'node:fs';

/** One tree of a database file, as a meta page or a node of the main tree describes it. */
export interface TreeState {
  readonly flags: number;
  readonly depth: number;
  readonly branchPages: number;
  readonly leafPages: number;
  readonly overflowPages: number;
  readonly entries: number;
  /** Page number of the root; -1: the tree is empty. */
  readonly root: number;
}

/** A meta page of an LMDB file: the starting point of one committed state. */
export interface MetaPage {
  readonly pageSize: number;
  readonly mapSize: number;
  readonly freeTree: TreeState;
  readonly mainTree: TreeState;
  readonly lastPage: number;
  readonly transaction: number;
  /** Header and content as they lie in the file, `metaBytes` long. */
  readonly bytes: Buffer;
}

/** Bytes of a page's header. */
export const pageHeaderBytes = 24;
/** Bytes of a meta page that mean something, its header included; the rest of the page is unused. */
export const metaBytes = 168;
/** Bytes of a tree's description. */
export const treeStateBytes = 48;

const magic = 0xbe_ef_c0_de;
const dataVersion = 2;
const metaPageFlag = 0x08;

/**
 * Reads the meta pages of an open LMDB file (the format of `mdb.c` in the lmdb package: little-endian, 64 bit).
 * Transaction N writes slot N % 2; LMDB opens the one with the higher transaction.
 *
 * @returns for each slot the page, or what is wrong with it
 */
export function readMetaPages(fd: number): readonly [MetaPage | string, MetaPage | string] {
  const first = parseMetaPage(readAt(fd, 0), 0);
  if (typeof first === 'string') return [first, 'unknown, because the first one is unreadable'];
  return [first, parseMetaPage(readAt(fd, first.pageSize), 1)];
}

/** The state that LMDB opens; `undefined` when it opens none. */
export function newestMetaPage(metas: readonly [MetaPage | string, MetaPage | string]): MetaPage | undefined {
  const [a, b] = metas;
  if (typeof a === 'string') return undefined;
  if (typeof b === 'string') return undefined;
  return a.transaction >= b.transaction ? a : b;
}

/** @returns the page, or what is wrong with it */
export function parseMetaPage(bytes: Buffer, slot: number): MetaPage | string {
  if (bytes.length < metaBytes) return 'is cut off';
  if (bytes.readBigUInt64LE(0) !== BigInt(slot)) return 'carries the number of another page';
  if (bytes.readUInt16LE(18) !== metaPageFlag) return 'is not marked as a meta page';
  if (bytes.readUInt32LE(24) !== magic) return 'is not the start of an LMDB file';
  if (bytes.readUInt32LE(28) !== dataVersion) return `has the format version ${bytes.readUInt32LE(28)}`;
  const pageSize = bytes.readUInt32LE(48);
  if (pageSize < 4096 || pageSize > 65_536 || (pageSize & (pageSize - 1)) !== 0) {
    return `names a page size of ${pageSize} bytes`;
  }
  return {
    pageSize,
    mapSize: readNumber(bytes, 40),
    freeTree: parseTreeState(bytes, 48),
    mainTree: parseTreeState(bytes, 96),
    lastPage: readNumber(bytes, 144),
    transaction: readNumber(bytes, 152),
    bytes: Buffer.from(bytes.subarray(0, metaBytes)),
  };
}

/** Reads a tree's description at `at`. */
export function parseTreeState(bytes: Buffer, at: number): TreeState {
  return {
    flags: bytes.readUInt16LE(at + 4),
    depth: bytes.readUInt16LE(at + 6),
    branchPages: readNumber(bytes, at + 8),
    leafPages: readNumber(bytes, at + 16),
    overflowPages: readNumber(bytes, at + 24),
    entries: readNumber(bytes, at + 32),
    root: bytes.readBigUInt64LE(at + 40) === noPage ? -1 : readNumber(bytes, at + 40),
  };
}

const noPage = 0xff_ff_ff_ff_ff_ff_ff_ffn;

/** An unsigned 64 bit number; `Infinity` when it is beyond what a page number or a counter can be. */
export function readNumber(bytes: Buffer, at: number): number {
  const high = bytes.readUInt32LE(at + 4);
  return high > 0x1f_ff_ff ? Number.POSITIVE_INFINITY : high * 0x1_00_00_00_00 + bytes.readUInt32LE(at);
}

function readAt(fd: number, position: number): Buffer {
  const bytes = Buffer.alloc(metaBytes);
  return bytes.subarray(0, readSync(fd, bytes, 0, metaBytes, position));
}
