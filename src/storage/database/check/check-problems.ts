/** Something that is not as it has to be. */
export interface FileProblem {
  /** The page of the file; -1: not of one page. */
  readonly page: number;
  readonly what: string;
}

/** Thrown to end a check that has found enough. */
export class EnoughProblems extends Error {}

/** What a check found, up to a limit. */
export class CheckProblems {
  readonly list: FileProblem[] = [];
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** @throws EnoughProblems at the limit */
  add(page: number, what: string): void {
    this.list.push({ page, what });
    if (this.list.length >= this.#limit) throw new EnoughProblems();
  }
}
