/** How much a window remembers, and for how long. */
export interface DedupWindowOptions {
  /** Keys that the window holds at most. */
  readonly capacity: number;
  /** Milliseconds after the first arrival at which a key is forgotten; `Infinity`: only capacity evicts it. */
  readonly windowMs: number;
  /** Share of the capacity that is evicted at once when the window is full, above 0, at most 1. */
  readonly evictionRatio: number;
  /**
   * Asked before the window grows by `entries`; `false` makes it evict at its present size instead.
   * @default always granted
   */
  readonly mayGrow?: (entries: number) => boolean;
}

/** `claim` returns it for a key that was not known. */
export const firstArrival = -1;

const initialCapacity = 256;
const noSlot = -1;

/**
 * A set of recently seen keys with the provider and the time of each one's first arrival: LRU when keys never
 * expire, first in first out when they do (then the order of arrival is the order of forgetting).
 *
 * An open-addressing table over typed arrays: a message allocates nothing, so the rate does not depend on the
 * garbage collector. A `Map` of the same size reached half the rate (docs/decisions/0010-deduplication-window.md).
 */
export class DedupWindow {
  readonly #options: DedupWindowOptions;
  /** Keys come from upstreams: the seed keeps one from choosing keys that collide. */
  readonly #seed = (Math.random() * 0x1_0000_0000) | 0;
  #capacity = 0;
  #keys: (string | undefined)[] = [];
  #hashes = new Int32Array(0);
  #firstAt = new Float64Array(0);
  #winner = new Uint16Array(0);
  #older = new Int32Array(0);
  #newer = new Int32Array(0);
  #free = new Int32Array(0);
  #freeCount = 0;
  #table = new Int32Array(0);
  #mask = 0;
  #oldest = noSlot;
  #newest = noSlot;
  #evictions = 0;
  #expired = 0;

  constructor(options: DedupWindowOptions) {
    this.#options = options;
    this.#resize(Math.min(initialCapacity, options.capacity));
  }

  get size(): number {
    return this.#capacity - this.#freeCount;
  }

  /** Keys that fit before the window grows or evicts. */
  get capacity(): number {
    return this.#capacity;
  }

  /** Keys forgotten because the window was full. */
  get evictions(): number {
    return this.#evictions;
  }

  /** Keys forgotten because their time was over. */
  get expired(): number {
    return this.#expired;
  }

  /** Records `key` and returns `firstArrival`, or returns the slot of the earlier arrival (valid until the next claim). */
  claim(key: string, provider: number, nowMs: number): number {
    if (this.#options.windowMs !== Number.POSITIVE_INFINITY) this.#expire(nowMs - this.#options.windowMs);
    const hash = hashOf(key, this.#seed);
    const known = this.#find(key, hash);
    if (known !== noSlot) {
      if (this.#options.windowMs === Number.POSITIVE_INFINITY) this.#touch(known);
      return known;
    }
    if (this.#freeCount === 0) this.#makeRoom();
    const slot = this.#free[--this.#freeCount]!;
    this.#keys[slot] = key;
    this.#hashes[slot] = hash;
    this.#firstAt[slot] = nowMs;
    this.#winner[slot] = provider;
    this.#link(slot);
    this.#index(slot, hash);
    return firstArrival;
  }

  has(key: string): boolean {
    return this.#find(key, hashOf(key, this.#seed)) !== noSlot;
  }

  /** The provider that brought the key of `slot` first. */
  winner(slot: number): number {
    return this.#winner[slot]!;
  }

  /** When the key of `slot` arrived first. */
  firstAt(slot: number): number {
    return this.#firstAt[slot]!;
  }

  /** Claims every key of `other`, oldest first, with its time and with what `provider` makes of its winner. */
  inherit(other: DedupWindow, provider: (winner: number) => number): void {
    for (let slot = other.#oldest; slot !== noSlot; slot = other.#newer[slot]!) {
      this.claim(other.#keys[slot]!, provider(other.#winner[slot]!), other.#firstAt[slot]!);
    }
  }

  #expire(before: number): void {
    while (this.#oldest !== noSlot && this.#firstAt[this.#oldest]! <= before) {
      this.#forget(this.#oldest);
      this.#expired++;
    }
  }

  #makeRoom(): void {
    const grown = Math.min(this.#options.capacity, this.#capacity * 2);
    const added = grown - this.#capacity;
    if (added > 0 && (this.#options.mayGrow?.(added) ?? true)) {
      this.#resize(grown);
      return;
    }
    const batch = Math.max(1, Math.floor(this.#capacity * this.#options.evictionRatio));
    for (let i = 0; i < batch; i++) this.#forget(this.#oldest);
    this.#evictions += batch;
  }

  #find(key: string, hash: number): number {
    const table = this.#table;
    const mask = this.#mask;
    for (let at = hash & mask; ; at = (at + 1) & mask) {
      const slot = table[at]!;
      if (slot === noSlot) return noSlot;
      if (this.#hashes[slot] === hash && this.#keys[slot] === key) return slot;
    }
  }

  #index(slot: number, hash: number): void {
    const mask = this.#mask;
    let at = hash & mask;
    while (this.#table[at] !== noSlot) at = (at + 1) & mask;
    this.#table[at] = slot;
  }

  #forget(slot: number): void {
    this.#unlink(slot);
    this.#unindex(slot);
    this.#keys[slot] = undefined;
    this.#free[this.#freeCount++] = slot;
  }

  /** Closes the hole by moving later entries of the run back, so that no tombstones pile up. */
  #unindex(slot: number): void {
    const table = this.#table;
    const mask = this.#mask;
    let hole = this.#hashes[slot]! & mask;
    while (table[hole] !== slot) hole = (hole + 1) & mask;
    for (let at = (hole + 1) & mask; table[at] !== noSlot; at = (at + 1) & mask) {
      const home = this.#hashes[table[at]!]! & mask;
      if (((at - home) & mask) < ((at - hole) & mask)) continue;
      table[hole] = table[at]!;
      hole = at;
    }
    table[hole] = noSlot;
  }

  #touch(slot: number): void {
    if (slot === this.#newest) return;
    this.#unlink(slot);
    this.#link(slot);
  }

  #link(slot: number): void {
    this.#older[slot] = this.#newest;
    this.#newer[slot] = noSlot;
    if (this.#newest === noSlot) this.#oldest = slot;
    else this.#newer[this.#newest] = slot;
    this.#newest = slot;
  }

  #unlink(slot: number): void {
    const older = this.#older[slot]!;
    const newer = this.#newer[slot]!;
    if (older === noSlot) this.#oldest = newer;
    else this.#newer[older] = newer;
    if (newer === noSlot) this.#newest = older;
    else this.#older[newer] = older;
  }

  #resize(capacity: number): void {
    const before = this.#capacity;
    const hashes = new Int32Array(capacity);
    const firstAt = new Float64Array(capacity);
    const winner = new Uint16Array(capacity);
    const older = new Int32Array(capacity);
    const newer = new Int32Array(capacity);
    hashes.set(this.#hashes);
    firstAt.set(this.#firstAt);
    winner.set(this.#winner);
    older.set(this.#older);
    newer.set(this.#newer);
    this.#hashes = hashes;
    this.#firstAt = firstAt;
    this.#winner = winner;
    this.#older = older;
    this.#newer = newer;
    const free = new Int32Array(capacity);
    free.set(this.#free.subarray(0, this.#freeCount));
    this.#free = free;
    for (let slot = capacity - 1; slot >= before; slot--) {
      this.#keys[slot] = undefined;
      this.#free[this.#freeCount++] = slot;
    }
    this.#capacity = capacity;
    // At most half full: runs stay short.
    let size = 16;
    while (size < capacity * 2) size *= 2;
    this.#table = new Int32Array(size).fill(noSlot);
    this.#mask = size - 1;
    for (let slot = this.#oldest; slot !== noSlot; slot = this.#newer[slot]!) {
      this.#index(slot, this.#hashes[slot]!);
    }
  }
}

/** FNV-1a over the characters, then MurmurHash3's finaliser, so that the low bits depend on every character. */
function hashOf(key: string, seed: number): number {
  let hash = seed;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
