import type { Claim, Demand } from '../../aggregation/demand/demand.ts';
import type { EventSelector } from '../topics/event-selector.ts';
import { type SelectorDemand, selectorDemand } from '../topics/selector-demand.ts';

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
  readonly wanted: SelectorDemand;
  readonly claims: readonly Claim[];
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
  readonly what: 'logs' | 'transactions' | 'logs and transactions';
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

  release(held: SelectorClaim): void {
    held.holders--;
    if (held.holders > 0) return;
    const bySelector = this.#held.get(held.keepMs)!;
    bySelector.delete(held.key);
    if (bySelector.size === 0) this.#held.delete(held.keepMs);
    for (const { claims } of held.chains) for (const claim of claims) claim.release();
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
        for (const { claims } of gone) for (const claim of claims) claim.release();
        for (const chain of chains) this.#claim(held, chain);
      }
    }
  }

  /** The chains of which something that the selector needs was not gathered yet behind `offset`. */
  gatheredLater(held: SelectorClaim, offset: number): readonly LateGathering[] {
    const late: LateGathering[] = [];
    for (const { chain, demand, wanted } of held.chains) {
      const logs = wanted.logs.reduce(
        (since, pattern) => Math.max(since, demand.logsSince(pattern) ?? this.#deps.tail()),
        0,
      );
      const pending = wanted.pending ? (demand.pendingSince() ?? this.#deps.tail()) : 0;
      if (logs <= offset && pending <= offset) continue;
      const what = pending <= offset ? 'logs' : logs <= offset ? 'transactions' : 'logs and transactions';
      late.push({ chain, since: Math.max(logs, pending), what });
    }
    return late;
  }

  #claim(held: SelectorClaim, chain: string): void {
    const demand = this.#deps.demand(chain);
    const before = held.chains.find(other => other.chain === chain);
    if (demand === undefined || before?.demand === demand) return;
    const wanted = selectorDemand(held.patterns, chain);
    const options = { since: this.#deps.tail(), keepMs: held.keepMs };
    const claims = wanted.logs.map(pattern => demand.claimLogs(pattern, options));
    if (wanted.pending) claims.push(demand.claimPending(options));
    const others = held.chains.filter(other => other !== before);
    held.chains = claims.length > 0 ? [...others, { chain, demand, wanted, claims }] : others;
    for (const claim of before?.claims ?? []) claim.release();
  }
}
