/** An inclusive range of block numbers. */
export interface BlockRange {
  readonly from: number;
  readonly to: number;
}

/** A provider may be this many blocks further than its head is known to be. */
const staleHeads = 2;

/**
 * Knows up to which block a stream of logs is whole, from where the heads of its providers were when their
 * subscriptions began and ended. It moves with the heads, not with matching logs, so that a quiet filter is known
 * to be whole as well.
 */
export class LogCoverage {
  readonly #reserve: number;
  /** The head of each live provider when its subscription began. */
  readonly #starts = new Map<string, number>();
  #whole: number | undefined;

  /** `reserve`: blocks before a lost provider's last known head that count as not delivered, for it may have been silent for a while. */
  constructor(reserve: number) {
    this.#reserve = reserve;
  }

  /** Every block up to this one is delivered, or a live subscription delivers it; `undefined`: no head is known yet. */
  get whole(): number | undefined {
    return this.#whole;
  }

  /** Whether every live subscription began so near to `whole` that a block between may belong to neither. */
  get isSeamed(): boolean {
    if (this.#whole === undefined || this.#starts.size === 0) return false;
    return Math.min(...this.#starts.values()) + staleHeads > this.#whole;
  }

  /** A subscription is live; `head`: the provider's head, as far as known. */
  began(providerId: string, head: number | undefined): void {
    const start = head ?? this.#whole;
    this.#whole ??= start;
    if (start !== undefined) this.#starts.set(providerId, start);
  }

  ended(providerId: string, head: number | undefined): void {
    const start = this.#starts.get(providerId);
    this.#starts.delete(providerId);
    if (start === undefined || head === undefined || this.#whole === undefined || start > this.#whole) return;
    this.#whole = Math.max(this.#whole, head - this.#reserve);
  }

  /** Blocks that no live subscription covers although a later one is live; `undefined`: none, or nothing is live. */
  missing(): BlockRange | undefined {
    if (this.#whole === undefined || this.#starts.size === 0) return undefined;
    const to = Math.min(...this.#starts.values());
    return to > this.#whole ? { from: this.#whole + 1, to } : undefined;
  }

  /** The logs up to block `to` have been fetched, or given up. */
  filled(to: number): void {
    this.#whole = Math.max(this.#whole ?? to, to);
  }
}
