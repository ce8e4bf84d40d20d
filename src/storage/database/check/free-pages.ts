import { readNumber } from '../meta-page.ts';
import type { PageUsage } from './page-usage.ts';
import type { EntryPlace, EntryVisitor } from './tree-walk.ts';

/**
 * The tree of free pages: transaction → list of pages. A list begins with its length; a negative number in it is the
 * length of a run of pages whose first follows, a 0 means nothing (`mdb_page_alloc` in mdb.c). Each free page has to be
 * used by nothing else.
 */
export class FreePages implements EntryVisitor {
  readonly #usage: PageUsage;
  readonly #newest: number;
  /** Page numbers are kept until the used pages are known, in order to say which of two is wrong. */
  readonly #runs: { readonly first: number; readonly count: number; readonly page: number }[] = [];

  /** @param newest the transaction of the state */
  constructor(usage: PageUsage, newest: number) {
    this.#usage = usage;
    this.#newest = newest;
  }

  entry(key: Buffer, start: number, end: number, list: Buffer, place: EntryPlace): string | undefined {
    if (place.isSubtree || end - start !== 8) return 'an entry of the free pages is of no known kind';
    if (readNumber(key, start) > this.#newest)
      return 'pages were freed by a transaction that is not there yet';
    const length = list.length < 8 ? Number.POSITIVE_INFINITY : readNumber(list, 0);
    if ((length + 1) * 8 > list.length) return 'a list of free pages is longer than its place';
    for (let index = 1; index <= length; index++) {
      const number = Number(list.readBigInt64LE(index * 8));
      if (number === 0) continue;
      const count = number > 0 ? 1 : -number;
      if (number < 0 && ++index > length) return 'a run of free pages has no first one';
      const first = number > 0 ? number : Number(list.readBigInt64LE(index * 8));
      this.#runs.push({ first, count, page: place.page });
    }
    return undefined;
  }

  /** Marks the free pages, behind all that are in use. @returns what is wrong, with the page that says so */
  *claim(): Iterable<{ readonly page: number; readonly what: string }> {
    for (const { first, count, page } of this.#runs) {
      const wrong = this.#usage.claim(first, count);
      if (wrong >= 0)
        yield { page, what: `page ${wrong} is said to be free, but is in use, free twice or not there` };
    }
  }
}
