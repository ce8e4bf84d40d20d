/** Keeps what came until the consumer asks for it; tells when that is too much. */
export class ItemBuffer<T> {
  readonly #maxItems: number;
  readonly #maxSize: number;
  #items: { readonly item: T; readonly size: number }[] = [];
  #first = 0;
  #size = 0;

  /** @param maxSize in the unit of `push` */
  constructor(maxItems: number, maxSize: number) {
    this.#maxItems = maxItems;
    this.#maxSize = maxSize;
  }

  get length(): number {
    return this.#items.length - this.#first;
  }

  /** Nothing more should be taken in. */
  get isFull(): boolean {
    return this.length >= this.#maxItems || this.#size >= this.#maxSize;
  }

  /** Emptied so far that more can be taken in. */
  get isLow(): boolean {
    return this.length <= this.#maxItems / 4 && this.#size <= this.#maxSize / 4;
  }

  push(item: T, size: number): void {
    this.#items.push({ item, size });
    this.#size += size;
  }

  shift(): T | undefined {
    const entry = this.#items[this.#first];
    if (entry === undefined) return undefined;
    this.#first++;
    this.#size -= entry.size;
    if (this.#first === this.#items.length || this.#first >= 1_024) {
      this.#items = this.#items.slice(this.#first);
      this.#first = 0;
    }
    return entry.item;
  }

  clear(): void {
    this.#items = [];
    this.#first = 0;
    this.#size = 0;
  }
}
