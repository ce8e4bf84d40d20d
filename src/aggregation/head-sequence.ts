import type { Head } from '../chains/chain-family.ts';

/** A head with the bytes that announce it. */
export interface HeadEvent {
  readonly head: Head;
  readonly result: Buffer;
}

/** What becomes of a head that was offered. */
export type HeadVerdict =
  /** Forwarded before. */
  | { readonly kind: 'known' }
  /** Kept back: older than the tip and no reorg; forwarded later if a longer chain descends from it. */
  | { readonly kind: 'held' }
  /** Forward these, in this order; `gap`: blocks are missing below the first one. */
  | { readonly kind: 'forward'; readonly events: readonly HeadEvent[]; readonly gap: HeadGap | undefined };

/** Blocks between what was forwarded and the first head to forward. */
export interface HeadGap {
  /** Hash of the newest missing block. */
  readonly hash: string;
  /** Number of the newest missing block. */
  readonly to: number;
}

const held: HeadVerdict = { kind: 'held' };
const remembered = 256;
const maxHeld = 256;

/**
 * Decides which heads of many providers go to subscribers, so that a subscriber sees one chain growing:
 *
 * - a hash is forwarded once (256 are remembered);
 * - a head above the tip is forwarded, after those held ones that it descends from;
 * - a head at or below the tip with a new hash is a reorg when its ancestors lead to a forwarded head and its
 *   provider had itself reached the tip; otherwise the provider lags, or follows a fork that is not longer, and the
 *   head is held.
 *
 * Between two forks the longer one wins, and a block that becomes canonical a second time is not repeated; following
 * one canonical chain with explicit reorgs is beyond this class.
 */
export class HeadSequence {
  /** Hashes, oldest first. Includes the parent of where the sequence began: nobody needs that one. */
  readonly #forwarded = new Set<string>();
  readonly #held = new Map<string, HeadEvent>();
  /** Highest number that each provider has delivered on its present subscription. */
  readonly #reach = new Map<string, number>();
  #tip: Head | undefined;

  /** The head forwarded last. */
  get tip(): Head | undefined {
    return this.#tip;
  }

  has(hash: string): boolean {
    return this.#forwarded.has(hash);
  }

  /** Weighs a head that `providerId` delivered. Nothing counts as forwarded until `forwarded` is called for it. */
  offer(providerId: string, event: HeadEvent): HeadVerdict {
    const { head } = event;
    const reachBefore = this.#reach.get(providerId) ?? -1;
    this.#reach.set(providerId, Math.max(reachBefore, head.number));
    if (this.#forwarded.has(head.hash)) return { kind: 'known' };
    const tip = this.#tip;
    if (tip === undefined) return { kind: 'forward', events: [event], gap: undefined };
    const isAbove = head.number > tip.number;
    if (!isAbove && reachBefore < tip.number) return this.hold(event);
    const { events, parent } = this.#ancestry(event);
    const isLinked = this.#forwarded.has(parent.hash);
    if (!isAbove && !isLinked) return this.hold(event);
    const gap = isLinked || parent.number < 0 ? undefined : { hash: parent.hash, to: parent.number };
    return { kind: 'forward', events, gap };
  }

  /** Keeps a head that must not be forwarded yet, unless it is too old for any reorg. */
  hold(event: HeadEvent): HeadVerdict {
    if (this.#tip !== undefined && event.head.number <= this.#tip.number - maxHeld) return held;
    this.#held.delete(event.head.hash);
    this.#held.set(event.head.hash, { head: event.head, result: Buffer.from(event.result) });
    if (this.#held.size > maxHeld) this.#held.delete(this.#held.keys().next().value!);
    return held;
  }

  /** Notes that a head went to the subscribers. */
  forwarded(head: Head): void {
    this.#held.delete(head.hash);
    if (this.#tip === undefined) this.#remember(head.parentHash);
    this.#remember(head.hash);
    this.#tip = head;
  }

  /** The provider's subscription is over: what it had reached says nothing about its next one. */
  left(providerId: string): void {
    this.#reach.delete(providerId);
  }

  /** Forgets the chain, as when it was reset: the next head is a first one. */
  reset(): void {
    this.#forwarded.clear();
    this.#held.clear();
    this.#reach.clear();
    this.#tip = undefined;
  }

  /** The event after those held ones that it descends from, and the parent that ends the walk. */
  #ancestry(event: HeadEvent): { events: HeadEvent[]; parent: { hash: string; number: number } } {
    const events = [event];
    let { head } = event;
    while (!this.#forwarded.has(head.parentHash)) {
      const parent = this.#held.get(head.parentHash);
      if (parent === undefined || parent.head.number !== head.number - 1) break;
      events.push(parent);
      head = parent.head;
    }
    return { events: events.reverse(), parent: { hash: head.parentHash, number: head.number - 1 } };
  }

  #remember(hash: string): void {
    this.#forwarded.add(hash);
    if (this.#forwarded.size > remembered) this.#forwarded.delete(this.#forwarded.values().next().value!);
  }
}
