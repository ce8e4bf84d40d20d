import { closeSync, fstatSync, openSync } from 'node:fs';
import { checkMetaPages } from './check/check-meta-pages.ts';
import { CheckProblems, EnoughProblems, type FileProblem } from './check/check-problems.ts';
import { FreePages } from './check/free-pages.ts';
import { PageFile } from './check/page-file.ts';
import { PageUsage } from './check/page-usage.ts';
import { StoreContent } from './check/store-content.ts';
import {
  byteOrder,
  type EntryVisitor,
  numberOrder,
  TreeWalk,
  type TreeWalkContext,
} from './check/tree-walk.ts';
import { type MetaPage, parseTreeState, readMetaPages, treeStateBytes } from './meta-page.ts';

export interface FileCheckOptions {
  /** `quick`: meta pages, length and names; `full`: every page and record. */
  readonly depth: 'quick' | 'full';
  /** The state to check, where that is not the newest one in the file. */
  readonly state?: MetaPage | undefined;
  /** Problems that are reported at most; the check ends there. @default 100 */
  readonly maxProblems?: number;
  /** Called now and then with the pages that were read and those that there are. */
  readonly onProgress?: (pages: number, ofPages: number) => void;
}

/** What a check found. */
export interface FileCheckReport {
  readonly ok: boolean;
  readonly problems: readonly FileProblem[];
  /** Pages of the file, free ones included. */
  readonly pages: number;
  /** Pages that are neither in use nor free: wasted, but harmless. 0 for `quick`. */
  readonly lostPages: number;
  /** Keys in the store. 0 for `quick`. */
  readonly keys: number;
  /** Bytes of keys and records. 0 for `quick`. */
  readonly bytes: number;
}

/** Pages between two calls of `onProgress`. */
const progressPages = 4096;
/** Levels that the main tree of a few names can have at most. */
const mainTreeLevels = 8;
/** The names of a store's trees in the file's main tree. */
const treeNames = ['data', 'expiries'];
/** A list of free pages that is this much longer than the file is not one that LMDB wrote. */
const mostPagesBeyondEnd = 0x1_00_00_00;

/**
 * Checks the database file of a store by reading it as bytes, without lmdb, which trusts what it reads and takes the
 * whole process down on a damaged page. Never throws for what the file holds. The file must not change meanwhile, or
 * the state that is checked must be pinned by a read transaction.
 *
 * The format is that of `mdb.c` in the lmdb package: 64 bit, little-endian.
 *
 * @throws the system's error when the file cannot be opened or read
 */
export function checkFile(path: string, options: FileCheckOptions): FileCheckReport {
  const fd = openSync(path, 'r');
  try {
    return new FileCheck(fd, options).run();
  } finally {
    closeSync(fd);
  }
}

class FileCheck {
  readonly #fd: number;
  readonly #options: FileCheckOptions;
  readonly #problems: CheckProblems;
  readonly #content = new StoreContent();
  #pages = 0;
  #lostPages = 0;

  constructor(fd: number, options: FileCheckOptions) {
    this.#fd = fd;
    this.#options = options;
    this.#problems = new CheckProblems(options.maxProblems ?? 100);
  }

  run(): FileCheckReport {
    try {
      this.#check();
    } catch (error) {
      if (!(error instanceof EnoughProblems)) throw error;
    }
    const { list } = this.#problems;
    const { keys, bytes } = this.#content;
    return {
      ok: list.length === 0,
      problems: list,
      pages: this.#pages,
      lostPages: this.#lostPages,
      keys,
      bytes,
    };
  }

  #check(): void {
    const fileBytes = fstatSync(this.#fd).size;
    if (fileBytes === 0) return; // To lmdb an empty file is a new database.
    const metas = readMetaPages(this.#fd);
    const pageSize =
      this.#options.state?.pageSize ?? (typeof metas[0] === 'string' ? 4096 : metas[0].pageSize);
    const file = new PageFile(this.#fd, fileBytes, pageSize);
    this.#pages = file.pageCount;
    const state = checkMetaPages(metas, this.#options.state, file, this.#problems);
    if (state === undefined) return;
    if (state.lastPage >= file.pageCount + mostPagesBeyondEnd) {
      this.#problems.add(-1, `the last page should be ${state.lastPage}: far beyond the end of the file`);
      return;
    }
    if (this.#options.depth === 'quick' && state.lastPage < file.pageCount)
      this.#walkMainTree(state, file, false);
    else this.#walkAll(state, file);
  }

  #walkAll(state: MetaPage, file: PageFile): void {
    const context = this.#walkMainTree(state, file, true);
    const free = new FreePages(context.usage, state.transaction);
    new TreeWalk(context, numberOrder, free).walk('free pages', state.freeTree, state.transaction);
    if (this.#problems.list.length > 0) return; // What else is used is not known then.
    for (const { page, what } of free.claim()) this.#problems.add(page, what);
    this.#lostPages = context.usage.unclaimed(2);
    const beyondEnd = context.usage.unclaimed(file.pageCount);
    if (beyondEnd > 0) {
      this.#problems.add(-1, `the file ends ${beyondEnd} pages too early: the tail was cut`);
    }
    const problem = this.#content.problem();
    if (problem !== undefined) this.#problems.add(-1, problem);
    this.#options.onProgress?.(state.lastPage + 1, state.lastPage + 1);
  }

  /** The main tree holds the names of the others; it is small. */
  #walkMainTree(state: MetaPage, file: PageFile, isFull: boolean): TreeWalkContext {
    const context: TreeWalkContext = {
      file,
      usage: new PageUsage(state.lastPage + 1),
      problems: this.#problems,
      newest: state.transaction,
      onPages: this.#counter(state.lastPage + 1),
    };
    const named = new Set<string>();
    const visitor: EntryVisitor = {
      entry: (key, start, end, value, place) => {
        // lmdb stores names as C does, with a zero behind.
        const name = key.toString('latin1', start, key[end - 1] === 0 ? end - 1 : end);
        const entries = this.#content.visitor(name);
        if (!place.isSubtree || value.length !== treeStateBytes || entries === undefined) {
          return 'there is something besides the trees of a store';
        }
        named.add(name);
        const tree = parseTreeState(value, 0);
        if (tree.flags !== 0) return `the tree ${name} has unknown flags (${tree.flags})`;
        if (!isFull) return undefined;
        new TreeWalk(context, byteOrder, entries, mainTreeLevels).walk(name, tree, place.transaction);
        return undefined;
      },
    };
    new TreeWalk(context, byteOrder, visitor).walk('main tree', state.mainTree, state.transaction);
    if (this.#problems.list.length === 0 && named.size > 0 && named.size < treeNames.length) {
      const missing = treeNames.filter(name => !named.has(name));
      this.#problems.add(-1, `the tree ${missing.join(', ')} is missing`);
    }
    return context;
  }

  #counter(ofPages: number): (count: number) => void {
    const { onProgress } = this.#options;
    let pages = 0;
    let told = 0;
    return count => {
      pages += count;
      if (onProgress === undefined || pages - told < progressPages) return;
      told = pages;
      onProgress(pages, ofPages);
    };
  }
}
