import { pageHeaderBytes, readNumber, type TreeState } from '../meta-page.ts';
import type { CheckProblems } from './check-problems.ts';
import { bigData, copied, NodePage, overflowPage, subTree } from './node-page.ts';
import type { PageFile } from './page-file.ts';
import type { PageUsage } from './page-usage.ts';

/** How two keys of a tree compare. */
export type KeyOrder = (
  a: Buffer,
  aStart: number,
  aEnd: number,
  b: Buffer,
  bStart: number,
  bEnd: number,
) => number;

/** What a walk does with a leaf's entries. `subtree`: the entry describes a tree of its own. */
export interface EntryVisitor {
  /** @returns what is wrong with the entry */
  entry(
    keyBytes: Buffer,
    keyStart: number,
    keyEnd: number,
    value: Buffer,
    at: EntryPlace,
  ): string | undefined;
}

/** Where an entry was found. */
export interface EntryPlace {
  readonly page: number;
  readonly isSubtree: boolean;
  /** The transaction that wrote the leaf. */
  readonly transaction: number;
}

export interface TreeWalkContext {
  readonly file: PageFile;
  readonly usage: PageUsage;
  readonly problems: CheckProblems;
  /** The transaction of the state that is checked. */
  readonly newest: number;
  /** Called for each page that was read. */
  readonly onPages: (count: number) => void;
}

interface Bound {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

/** LMDB descends no deeper. */
const deepest = 32;

/** Byte for byte, the shorter one first. */
export const byteOrder: KeyOrder = (a, aStart, aEnd, b, bStart, bEnd) =>
  a.compare(b, bStart, bEnd, aStart, aEnd);

/** Keys that are 64 bit numbers. */
export const numberOrder: KeyOrder = (a, aStart, _aEnd, b, bStart) =>
  readNumber(a, aStart) - readNumber(b, bStart);

/**
 * Walks a tree of the file from its root: each page is of the right kind and used once, each key lies behind the one
 * before it and between those that its parents name, no page is newer than the one above it, and pages and entries are
 * as many as the tree's description says.
 */
export class TreeWalk {
  readonly #context: TreeWalkContext;
  readonly #order: KeyOrder;
  readonly #visitor: EntryVisitor;
  readonly #level: number;
  readonly #views: NodePage[] = [];
  #depth = 0;
  #branches = 0;
  #leaves = 0;
  #overflows = 0;
  #entries = 0;

  /** @param level the first one whose buffer the walk may use: a tree within a tree must spare those of the outer one */
  constructor(context: TreeWalkContext, order: KeyOrder, visitor: EntryVisitor, level = 0) {
    this.#context = context;
    this.#order = order;
    this.#visitor = visitor;
    this.#level = level;
  }

  /** @param transaction that of what names the tree: nothing in it can be newer */
  walk(name: string, tree: TreeState, transaction: number): void {
    const { problems } = this.#context;
    const before = problems.list.length;
    if (tree.root >= 0) this.#page(tree.root, tree.depth, transaction, undefined, undefined);
    else if (tree.depth !== 0) problems.add(-1, `${name}: there is no root, but a depth of ${tree.depth}`);
    if (problems.list.length > before) return; // Parts were left out, so the counts mean nothing.
    const counts: [string, number, number][] = [
      ['branch pages', this.#branches, tree.branchPages],
      ['leaf pages', this.#leaves, tree.leafPages],
      ['overflow pages', this.#overflows, tree.overflowPages],
      ['entries', this.#entries, tree.entries],
    ];
    for (const [what, found, said] of counts) {
      if (found !== said) problems.add(-1, `${name}: ${found} ${what} where there should be ${said}`);
    }
  }

  /** @param height 1: the page has to be a leaf */
  #page(page: number, height: number, newest: number, low: Bound | undefined, high: Bound | undefined): void {
    const nodes = this.#view();
    const problem = this.#read(nodes, page, height) ?? this.#misplaced(nodes, height, newest, low, high);
    if (problem !== undefined) {
      this.#context.problems.add(page, problem);
      return;
    }
    this.#depth++;
    if (nodes.isLeaf) this.#leaf(nodes, page);
    else this.#branch(nodes, height, low, high);
    this.#depth--;
  }

  #read(nodes: NodePage, page: number, height: number): string | undefined {
    const { file, usage, onPages } = this.#context;
    if (height < 1 || this.#depth >= deepest) return 'the tree is deeper than it says';
    if (usage.claim(page, 1) >= 0) return usedTwice;
    const bytes = file.read(page, this.#level + this.#depth);
    if (bytes === undefined) return beyondEnd;
    onPages(1);
    return nodes.check(bytes, page);
  }

  #branch(nodes: NodePage, height: number, low: Bound | undefined, high: Bound | undefined): void {
    this.#branches++;
    const { bytes, count, transaction } = nodes;
    const bound = (index: number) => ({ bytes, start: nodes.keyStart(index), end: nodes.keyEnd(index) });
    for (let index = 0; index < count; index++) {
      const from = index === 0 ? low : bound(index);
      const to = index + 1 < count ? bound(index + 1) : high;
      this.#page(nodes.child(index), height - 1, transaction, from, to);
    }
  }

  #leaf(nodes: NodePage, page: number): void {
    this.#leaves++;
    const { problems } = this.#context;
    const { bytes, count, transaction } = nodes;
    for (let index = 0; index < count; index++) {
      this.#entries++;
      const flags = nodes.nodeFlags(index);
      if (flags !== 0 && flags !== bigData && flags !== subTree) {
        problems.add(page, `an entry is of no known kind (flags ${flags})`);
        continue;
      }
      const start = nodes.keyStart(index);
      const end = nodes.keyEnd(index);
      const length = nodes.valueBytes(index);
      const value =
        flags === bigData ? this.#overflow(nodes, page, end, length) : bytes.subarray(end, end + length);
      if (value === undefined) continue;
      const place = { page, isSubtree: flags === subTree, transaction };
      const problem = this.#visitor.entry(bytes, start, end, value, place);
      if (problem !== undefined) problems.add(page, problem);
    }
  }

  /** The value of an entry whose value has pages of its own. */
  #overflow(nodes: NodePage, page: number, at: number, length: number): Buffer | undefined {
    const { file, usage, problems, onPages } = this.#context;
    const first = readNumber(nodes.bytes, at);
    const transaction = readNumber(nodes.bytes, at + 8);
    const count = readNumber(nodes.bytes, at + 16);
    const needed = Math.floor((pageHeaderBytes - 1 + length) / file.pageSize) + 1;
    if (count < needed || count > file.pageCount) {
      problems.add(page, `a value of ${length} bytes is said to have ${count} pages`);
    } else if (first + count > file.pageCount) problems.add(first, beyondEnd);
    else if (usage.claim(first, count) >= 0) problems.add(first, usedTwice);
    else {
      const run = file.readRun(first, needed);
      if (run === undefined) problems.add(first, beyondEnd);
      else if (
        readNumber(run, 0) !== first ||
        run.readUInt16LE(18) !== overflowPage ||
        run.readUInt32LE(20) !== count ||
        transaction > nodes.transaction ||
        !this.#isOf(transaction, readNumber(run, 8))
      ) {
        problems.add(first, 'it is not the value that it should be');
      } else {
        this.#overflows += count;
        onPages(count);
        return run.subarray(pageHeaderBytes, pageHeaderBytes + length);
      }
    }
    return undefined;
  }

  /** A compacted copy numbers all anew but the pages of values. */
  #isOf(named: number, found: number): boolean {
    return found === named || (named === copied && found <= this.#context.newest);
  }

  #misplaced(
    nodes: NodePage,
    height: number,
    newest: number,
    low: Bound | undefined,
    high: Bound | undefined,
  ): string | undefined {
    if (nodes.transaction > newest) return 'it is newer than what names it';
    if (nodes.isLeaf !== (height === 1)) return 'it lies at the wrong depth';
    const order = this.#order;
    const { bytes, count } = nodes;
    // The first key of a branch is not looked at by LMDB: everything before the second lies below it.
    const first = nodes.isLeaf ? 0 : 1;
    for (let index = first; index < count; index++) {
      const start = nodes.keyStart(index);
      const end = nodes.keyEnd(index);
      if (start === end) return 'a key is empty';
      if (
        index > first &&
        order(bytes, nodes.keyStart(index - 1), nodes.keyEnd(index - 1), bytes, start, end) >= 0
      ) {
        return 'its keys are out of order';
      }
    }
    if (first >= count) return undefined;
    const start = nodes.keyStart(first);
    const end = nodes.keyEnd(first);
    if (low !== undefined && order(low.bytes, low.start, low.end, bytes, start, end) > 0) {
      return 'a key lies before those of its place';
    }
    const lastStart = nodes.keyStart(count - 1);
    const lastEnd = nodes.keyEnd(count - 1);
    if (high !== undefined && order(bytes, lastStart, lastEnd, high.bytes, high.start, high.end) >= 0) {
      return 'a key lies behind those of its place';
    }
    return undefined;
  }

  #view(): NodePage {
    let view = this.#views[this.#depth];
    if (view === undefined) {
      view = new NodePage(this.#context.file.pageSize);
      this.#views[this.#depth] = view;
    }
    return view;
  }
}

const usedTwice = 'it is used twice, or does not exist';
const beyondEnd = 'it lies beyond the end of the file: the tail was cut';
