import type { BloomBits, LogRules } from '../../chains/chain-family.ts';
import type { LogPattern } from './log-pattern.ts';

interface AddressEntry {
  /** Absent: whichever address. */
  readonly bits: BloomBits | undefined;
  /** The bits of each topic 0 that is asked for at this address. */
  readonly topics: Map<string, BloomBits>;
  /** Every log of this address is asked for. */
  isWhole: boolean;
}

const anyAddress = '';

/** A set of patterns, to be asked of each log and each block; their bits in blooms are computed once. */
export class PatternIndex {
  readonly #rules: LogRules;
  readonly #entries = new Map<string, AddressEntry>();

  constructor(rules: LogRules) {
    this.#rules = rules;
  }

  get isEmpty(): boolean {
    return this.#entries.size === 0;
  }

  add({ address = anyAddress, topic0 }: LogPattern): void {
    let entry = this.#entries.get(address);
    if (entry === undefined) {
      const bits = address === anyAddress ? undefined : this.#rules.bits(address);
      entry = { bits, topics: new Map(), isWhole: false };
      this.#entries.set(address, entry);
    }
    if (topic0 === undefined) entry.isWhole = true;
    else if (!entry.topics.has(topic0)) entry.topics.set(topic0, this.#rules.bits(topic0));
  }

  remove({ address = anyAddress, topic0 }: LogPattern): void {
    const entry = this.#entries.get(address);
    if (entry === undefined) return;
    if (topic0 === undefined) entry.isWhole = false;
    else entry.topics.delete(topic0);
    if (!entry.isWhole && entry.topics.size === 0) this.#entries.delete(address);
  }

  /** Whether one of the patterns asks for a log of this address with this first topic. */
  matches(address: string, topic0: string | undefined): boolean {
    return this.#at(anyAddress, topic0) || this.#at(address, topic0);
  }

  /** `false`: no log of a block with this bloom is asked for. */
  mayMatch(bloom: Uint8Array): boolean {
    for (const entry of this.#entries.values()) {
      if (entry.bits !== undefined && !this.#rules.mayContain(bloom, entry.bits)) continue;
      if (entry.isWhole) return true;
      for (const bits of entry.topics.values()) if (this.#rules.mayContain(bloom, bits)) return true;
    }
    return false;
  }

  #at(address: string, topic0: string | undefined): boolean {
    const entry = this.#entries.get(address);
    return entry !== undefined && (entry.isWhole || (topic0 !== undefined && entry.topics.has(topic0)));
  }
}
