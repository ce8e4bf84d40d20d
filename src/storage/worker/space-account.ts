import type { LmdbEnvironment } from './lmdb-environment.ts';

/** Pages outside the trees: two metas, and the root database's own. */
const fixedPages = 3;
const pageBytes = 4096;

/** An estimate is trusted until this part of what is left may be used up. */
const trustedPart = 0.5;

/** How full a store is: exact when asked, in between what was added since is estimated. */
export class SpaceAccount {
  readonly #environment: LmdbEnvironment;
  readonly #maxBytes: number;
  #usedBytes = 0;
  #addedBytes = 0;

  constructor(environment: LmdbEnvironment, maxBytes: number) {
    this.#environment = environment;
    this.#maxBytes = maxBytes;
    this.measure();
  }

  /** Bytes of pages in use; counts them. */
  measure(): number {
    const data = this.#environment.data.getStats() as TreeStatistics & { free: TreeStatistics };
    const expiries = this.#environment.expiries.getStats() as TreeStatistics;
    const pages = pagesOf(data) + pagesOf(expiries) + pagesOf(data.free) + fixedPages;
    this.#usedBytes = pages * data.pageSize;
    this.#addedBytes = 0;
    return this.#usedBytes;
  }

  /** Whether a command of so many bytes may add to the store; counts them as added. */
  admit(bytes: number): boolean {
    // A value of more than a page takes whole pages; a short one shares a page that may have to be split.
    const cost = bytes > pageBytes / 2 ? bytes + 2 * pageBytes : 2 * bytes + 64;
    const left = this.#maxBytes - this.#usedBytes;
    if (this.#addedBytes + cost > left * trustedPart) {
      if (this.measure() + cost > this.#maxBytes) return false;
    }
    this.#addedBytes += cost;
    return true;
  }
}

interface TreeStatistics {
  readonly pageSize: number;
  readonly treeBranchPageCount: number;
  readonly treeLeafPageCount: number;
  readonly overflowPages: number;
}

const pagesOf = (tree: TreeStatistics): number =>
  tree.treeBranchPageCount + tree.treeLeafPageCount + tree.overflowPages;
