/** One subscription of a socket, from its request to its end. */
export class HeldSubscription {
  readonly chain: string;
  /** Which of the equal subscriptions of its socket it is. */
  readonly place: { readonly key: string; readonly ordinal: number } | undefined;
  isReleased = false;
  #end: (() => void) | undefined;

  constructor(chain: string, place?: { readonly key: string; readonly ordinal: number }) {
    this.chain = chain;
    this.place = place;
  }

  /** Whether its events can come: it has what `endWith` was given. */
  get isMade(): boolean {
    return this.#end !== undefined;
  }

  /** Has `end` called when it is released; at once when it is already. */
  endWith(end: () => void): void {
    if (this.isReleased) end();
    else this.#end = end;
  }

  release(): void {
    this.isReleased = true;
    this.#end?.();
    this.#end = undefined;
  }
}

/** The subscriptions that one socket holds, by id. */
export class HeldSubscriptions {
  readonly #byId = new Map<string, HeldSubscription>();
  /** Ordinals in use, by what is subscribed. */
  readonly #ordinals = new Map<string, Set<number>>();
  readonly #changed: (chain: string, by: 1 | -1) => void;

  constructor(changed: (chain: string, by: 1 | -1) => void) {
    this.#changed = changed;
  }

  get size(): number {
    return this.#byId.size;
  }

  hold(id: string, chain: string): HeldSubscription {
    return this.#add(id, new HeldSubscription(chain));
  }

  /** Holds one whose id tells only what is subscribed, and the how many-th of its kind on this socket it is. */
  holdDerived(
    key: string,
    chain: string,
    idOf: (ordinal: number) => string,
  ): { readonly id: string; readonly held: HeldSubscription } {
    const taken = this.#ordinals.get(key) ?? new Set();
    this.#ordinals.set(key, taken);
    let ordinal = 0;
    while (taken.has(ordinal)) ordinal++;
    taken.add(ordinal);
    const id = idOf(ordinal);
    return { id, held: this.#add(id, new HeldSubscription(chain, { key, ordinal })) };
  }

  /** Ends one; false: there is none of that id. */
  release(id: string): boolean {
    const held = this.#byId.get(id);
    if (held === undefined) return false;
    this.#byId.delete(id);
    if (held.place !== undefined) {
      const { key, ordinal } = held.place;
      const taken = this.#ordinals.get(key);
      taken?.delete(ordinal);
      if (taken?.size === 0) this.#ordinals.delete(key);
    }
    held.release();
    this.#changed(held.chain, -1);
    return true;
  }

  /** Ends one that a client names. An id that was not told yet can be guessed, and is not ended by that. */
  releaseMade(id: string): boolean {
    return this.#byId.get(id)?.isMade === true && this.release(id);
  }

  releaseAll(): void {
    for (const id of [...this.#byId.keys()]) this.release(id);
  }

  #add(id: string, held: HeldSubscription): HeldSubscription {
    this.#byId.set(id, held);
    this.#changed(held.chain, 1);
    return held;
  }
}
