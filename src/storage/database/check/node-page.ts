import { pageHeaderBytes, readNumber } from '../meta-page.ts';

/** Flags of a page. */
const branchPage = 0x01;
const leafPage = 0x02;
export const overflowPage = 0x04;

/** The transaction that pages of a compacted copy carry. */
export const copied = 1;

/** Flags of a node in a leaf. */
export const bigData = 0x01;
export const subTree = 0x02;

const nodeHeaderBytes = 8;
/** What stands for the value of a node whose value has pages of its own: page, transaction, number of pages. */
const overflowReferenceBytes = 24;

/**
 * A view of a branch or leaf page: a header, an array of offsets in the order of the keys, free space, and the
 * nodes up to the end of the page (`MDB_page` and `MDB_node` in mdb.c). `check` first; the rest relies on it.
 */
export class NodePage {
  readonly #pageSize: number;
  /** By half offset: how long the node is that begins there. */
  readonly #sizes: Uint16Array;
  readonly #offsets: Uint16Array;
  bytes: Buffer = Buffer.alloc(0);
  isLeaf = false;
  count = 0;

  constructor(pageSize: number) {
    this.#pageSize = pageSize;
    this.#sizes = new Uint16Array(pageSize / 2);
    this.#offsets = new Uint16Array(pageSize / 2);
  }

  /** The transaction that wrote the page. */
  get transaction(): number {
    return readNumber(this.bytes, 8);
  }

  /** Takes the page over. @returns what is wrong with it; `undefined`: its nodes can be read */
  check(bytes: Buffer, page: number): string | undefined {
    this.bytes = bytes;
    if (readNumber(bytes, 0) !== page) return 'it carries the number of another page';
    const flags = bytes.readUInt16LE(18);
    if (flags !== branchPage && flags !== leafPage) return `it is of no known kind (flags ${flags})`;
    this.isLeaf = flags === leafPage;
    const lower = bytes.readUInt16LE(20);
    const upper = bytes.readUInt16LE(22);
    const end = this.#pageSize - pageHeaderBytes;
    if (lower % 2 !== 0 || upper % 2 !== 0 || lower > upper || upper > end) {
      return `its bounds are impossible (${lower}, ${upper})`;
    }
    this.count = lower / 2;
    if (this.count === 0) return 'it is empty';
    return this.#checkNodes(upper, end);
  }

  keyStart(index: number): number {
    return (this.#offsets[index] ?? 0) + nodeHeaderBytes;
  }

  keyEnd(index: number): number {
    const at = this.#offsets[index] ?? 0;
    return at + nodeHeaderBytes + this.bytes.readUInt16LE(at + 6);
  }

  /** Of a branch: the page below. */
  child(index: number): number {
    const at = this.#offsets[index] ?? 0;
    return this.bytes.readUInt32LE(at) + this.bytes.readUInt16LE(at + 4) * 0x1_00_00_00_00;
  }

  /** Of a leaf. */
  nodeFlags(index: number): number {
    return this.bytes.readUInt16LE((this.#offsets[index] ?? 0) + 4);
  }

  /** Of a leaf: bytes of the value, wherever it lies. */
  valueBytes(index: number): number {
    return this.bytes.readUInt32LE(this.#offsets[index] ?? 0);
  }

  /** The nodes have to lie one behind the other from `upper` to the end of the page, each exactly once. */
  #checkNodes(upper: number, end: number): string | undefined {
    const { bytes, count } = this;
    const sizes = this.#sizes;
    let problem: string | undefined;
    for (let index = 0; index < count; index++) {
      const offset = bytes.readUInt16LE(pageHeaderBytes + 2 * index);
      if (offset % 2 !== 0 || offset < upper || offset + nodeHeaderBytes > end) {
        problem = `node ${index} begins at an impossible place`;
        this.count = index;
        break;
      }
      this.#offsets[index] = offset + pageHeaderBytes;
      const size = this.#nodeSize(offset + pageHeaderBytes);
      sizes[offset / 2] = size > end ? 0 : size;
    }
    let found = 0;
    let at = upper;
    while (problem === undefined && at < end) {
      const size = sizes[at / 2] ?? 0;
      if (size === 0 || at + size > end) problem = `the node at ${at} does not fit its place`;
      found++;
      at += size;
    }
    if (problem === undefined && found !== count) problem = 'two of its nodes are the same';
    for (let index = 0; index < this.count; index++) {
      sizes[((this.#offsets[index] ?? 0) - pageHeaderBytes) / 2] = 0;
    }
    return problem;
  }

  #nodeSize(at: number): number {
    const { bytes } = this;
    const keyBytes = bytes.readUInt16LE(at + 6);
    let size = nodeHeaderBytes + keyBytes;
    if (this.isLeaf) {
      const flags = bytes.readUInt16LE(at + 4);
      size += (flags & bigData) !== 0 ? overflowReferenceBytes : bytes.readUInt32LE(at);
    }
    return size + (size % 2);
  }
}
