/** One bit a page: whether something uses it already. */
export class PageUsage {
  readonly #bits: Uint8Array;
  readonly #pages: number;

  /** @param pages how many pages there are, the meta pages included */
  constructor(pages: number) {
    this.#pages = pages;
    this.#bits = new Uint8Array(Math.ceil(pages / 8));
  }

  /** Marks the pages as used. @returns the first that cannot be: it does not exist or is used already; -1: none */
  claim(page: number, count: number): number {
    // Before the loop, which would not run at all for numbers too large to be counted up.
    if (!(page >= 2 && page < this.#pages)) return page;
    if (!(page + count <= this.#pages)) return this.#pages;
    for (let at = page; at < page + count; at++) {
      const bit = 1 << (at & 7);
      const byte = this.#bits[at >>> 3] ?? 0;
      if ((byte & bit) !== 0) return at;
      this.#bits[at >>> 3] = byte | bit;
    }
    return -1;
  }

  /** How many pages from `from` on nothing uses. */
  unclaimed(from: number): number {
    let count = 0;
    for (let at = from; at < this.#pages; at++) {
      if (((this.#bits[at >>> 3] ?? 0) & (1 << (at & 7))) === 0) count++;
    }
    return count;
  }
}
