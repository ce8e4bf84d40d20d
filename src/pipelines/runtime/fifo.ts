/** A queue; taking the first costs the same however many there are. */
export class Fifo<Entry extends object> {
  #entries: (Entry | undefined)[] = [];
  #head = 0;

  get length(): number {
    return this.#entries.length - this.#head;
  }

  push(entry: Entry): void {
    this.#entries.push(entry);
  }

  /** The oldest; undefined: there is none. */
  shift(): Entry | undefined {
    const head = this.#head;
    if (head === this.#entries.length) return undefined;
    const entry = this.#entries[head];
    this.#entries[head] = undefined;
    this.#head = head + 1;
    if (this.#head === this.#entries.length) {
      this.clear();
    } else if (this.#head >= 1024 && this.#head * 2 >= this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head);
      this.#head = 0;
    }
    return entry;
  }

  /** The oldest, which stays. */
  peek(): Entry | undefined {
    return this.#entries[this.#head];
  }

  clear(): void {
    this.#entries = [];
    this.#head = 0;
  }
}
