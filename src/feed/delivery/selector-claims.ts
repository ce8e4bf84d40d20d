import type { Demand, TopicClaim } from '../../aggregation/demand/demand.ts';
import type { EventSelector } from '../topics/event-selector.ts';

/** What `SelectorClaims` needs. */
export interface SelectorClaimsDeps {
  readonly demand: (chain: string) => Demand | undefined;
  readonly chains: () => readonly string[];
  /** The offset of the last event that has its place in the log, committed or not. */
  readonly tail: () => number;
}

interface ChainClaims {
  readonly chain: string;
  readonly demand: Demand;
  readonly claim: TopicClaim | undefined;
}

/** What one selector makes be gathered, for all its subscriptions together. */
export interface SelectorClaim {
  readonly key: string;
  readonly patterns: readonly string[];
  readonly keepMs: number;
  chains: readonly ChainClaims[];
  holders: number;
}

const nothing: readonly never[] = Object.freeze([]);

/** What of a chain is gathered only since a later offset than was asked for. */
export interface LateGathering {
  readonly chain: string;
  readonly since: number;
  /** In words. */
  readonly what: string;
}

/** Claims at the chains' demand: one a selector, however many subscriptions it has. */
export class SelectorClaims {
  /** By how long they keep, of which there are few, and by selector. */
  readonly #held = new Map<number, Map<string, SelectorClaim>>();
  readonly #deps: SelectorClaimsDeps;

  constructor(deps: SelectorClaimsDeps) {
    this.#deps = deps;
  }

  /** Selectors that are claimed for. */
  get size(): number {
    let size = 0;
    for (const bySelector of this.#held.values()) size += bySelector.size;
    return size;
  }

  /** Claims what `selector` needs; the last `release` lets it go, and it is gathered for `keepMs` longer. */
  hold(selector: EventSelector, keepMs: number): SelectorClaim {
    const { key, patterns } = selector;
    let bySelector = this.#held.get(keepMs);
    if (bySelector === undefined) {
      bySelector = new Map();
      this.#held.set(keepMs, bySelector);
    }
    let held = bySelector.get(key);
    if (held === undefined) {
      held = { key, patterns, keepMs, chains: nothing, holders: 0 };
      bySelector.set(key, held);
      for (const chain of this.#deps.chains()) this.#claim(held, chain);
    }
    held.holders++;
    return held;
  }

  /** Why something that the selector names cannot be had, in words; undefined: all of it can. */
  refused(held: SelectorClaim): string | undefined {
    return held.chains.find(({ claim }) => claim?.refused !== undefined)?.claim?.refused;
  }

  /** The offset behind which `latest` begins, as far as that is before `head`. */
  presentSince(held: SelectorClaim, head: number): number {
    return held.chains.reduce((since, { claim }) => Math.min(since, claim?.presentSince?.() ?? head), head);
  }

  release(held: SelectorClaim): void {
    held.holders--;
    if (held.holders > 0) return;
    const bySelector = this.#held.get(held.keepMs)!;
    bySelector.delete(held.key);
    if (bySelector.size === 0) this.#held.delete(held.keepMs);
    for (const { claim } of held.chains) claim?.release();
    held.chains = nothing;
  }

  /** Claims at chains that were added or started anew, and forgets those that are gone. */
  refresh(): void {
    const chains = this.#deps.chains();
    const known = new Set(chains);
    for (const bySelector of this.#held.values()) {
      for (const held of bySelector.values()) {
        const gone = held.chains.filter(({ chain }) => !known.has(chain));
        held.chains = held.chains.filter(({ chain }) => known.has(chain));
        for (const { claim } of gone) claim?.release();
        for (const chain of chains) this.#claim(held, chain);
      }
    }
  }

  /** The chains of which something that the selector needs was not gathered yet behind `offset`. */
  gatheredLater(held: SelectorClaim, offset: number): readonly LateGathering[] {
    const late: LateGathering[] = [];
    for (const { chain, claim } of held.chains) {
      const missing = (claim?.gathered() ?? [])
        .map(({ what, since }) => ({ what, since: since ?? this.#deps.tail() }))
        .filter(({ since }) => since > offset);
      if (missing.length === 0) continue;
      const what = [...new Set(missing.map(part => part.what))].join(' and ');
      late.push({ chain, since: Math.max(...missing.map(({ since }) => since)), what });
    }
    return late;
  }

  #claim(held: SelectorClaim, chain: string): void {
    const demand = this.#deps.demand(chain);
    const before = held.chains.find(other => other.chain === chain);
    if (demand === undefined || before?.demand === demand) return;
    const claim = demand.claimTopics(held.patterns, { since: this.#deps.tail(), keepMs: held.keepMs });
    held.chains = [...held.chains.filter(other => other !== before), { chain, demand, claim }];
    before?.claim?.release();
  }
}
