import type { FinalBlock } from './soak-chain.ts';

/** A head as clients get it. */
export interface SeenHead {
  readonly hash: string;
  readonly number: string;
  readonly parentHash: string;
}

/** A log as clients get it. */
export interface SeenLog {
  readonly blockHash: string;
  readonly blockNumber: string;
  readonly logIndex: string;
  readonly removed: boolean;
}

/** What was wrong, each with up to a few words on the first ones. */
export interface AccountVerdict {
  readonly heads: number;
  readonly logs: number;
  /** Logs that were taken back. */
  readonly removed: number;
  /** Blocks and logs on the chain that did not come, or came and are taken for orphaned. */
  readonly lost: number;
  /** Blocks and logs that came while they were there already, or are not on the chain and were never taken back. */
  readonly repeated: number;
  /** Heads that do not follow the one before, and logs before their head. */
  readonly disordered: number;
  readonly remarks: readonly string[];
}

const mostRemarks = 8;

/**
 * What one client believes of the chain by the events that it got: each block and each log is there or not. In the end
 * this must be the chain itself, and nothing may have come while it was there, nor gone while it was not.
 */
export class EventAccount {
  readonly #hasReorgEvents: boolean;
  readonly #heads = new Map<number, string>();
  /** Indexes of the logs that are there, by block hash. */
  readonly #logs = new Map<string, Set<number>>();
  #first: number | undefined;
  #tip = 0;
  #seen = { heads: 0, logs: 0, removed: 0 };
  #repeated = 0;
  #disordered = 0;
  readonly #remarks: string[] = [];

  /** @param hasReorgEvents blocks leave by `reorged`; otherwise by another head of their number, as over `eth_subscribe` */
  constructor(hasReorgEvents: boolean) {
    this.#hasReorgEvents = hasReorgEvents;
  }

  /** The newest block's number; 0 before the first. */
  get tip(): number {
    return this.#tip;
  }

  /** The hash of the newest block. */
  get tipHash(): string | undefined {
    return this.#heads.get(this.#tip);
  }

  /** Logs that are there in the newest block. */
  get tipLogs(): number {
    return this.#logs.get(this.tipHash ?? '')?.size ?? 0;
  }

  head({ hash, number: text, parentHash }: SeenHead): void {
    const number = Number(text);
    this.#first ??= number;
    if (number < this.#first) return;
    this.#seen.heads++;
    if (this.#heads.get(number) === hash) {
      this.#repeated++;
      this.#remark(`block ${number} repeated`);
      return;
    }
    const isNext = number === this.#tip + 1 || this.#seen.heads === 1;
    const parent = this.#heads.get(number - 1);
    if (this.#hasReorgEvents ? !isNext : number > this.#tip + 1 && this.#seen.heads > 1)
      this.#disorder(`block ${number} after ${this.#tip}`);
    else if (parent !== undefined && parent !== parentHash)
      this.#disorder(`block ${number} has another parent`);
    for (let gone = number; gone <= this.#tip; gone++) this.#heads.delete(gone);
    this.#heads.set(number, hash);
    this.#tip = number;
  }

  /** Blocks that left the chain, newest first. */
  reorged(orphaned: readonly { readonly number: number; readonly hash: string }[]): void {
    for (const { number, hash } of orphaned) {
      if (this.#first === undefined || number < this.#first) continue;
      if (this.#heads.get(number) !== hash) this.#disorder(`block ${number} left that was not there`);
      this.#heads.delete(number);
      this.#tip = Math.min(this.#tip, number - 1);
    }
  }

  log({ blockHash, blockNumber, logIndex, removed }: SeenLog): void {
    if (this.#first === undefined || Number(blockNumber) < this.#first) return;
    const index = Number(logIndex);
    const there = this.#logs.get(blockHash) ?? new Set();
    this.#logs.set(blockHash, there);
    this.#seen[removed ? 'removed' : 'logs']++;
    if (there.has(index) === removed) {
      if (removed) there.delete(index);
      else there.add(index);
    } else {
      this.#repeated++;
      this.#remark(`log ${index} of block ${Number(blockNumber)} ${removed ? 'taken back' : 'given'} twice`);
    }
    if (!removed && this.#hasReorgEvents && this.#heads.get(Number(blockNumber)) !== blockHash)
      this.#disorder(`log ${index} of block ${Number(blockNumber)} without its head`);
  }

  /** Compares with the chain, from the first block that came to `last`. */
  verdict(chain: readonly FinalBlock[], last = Number.POSITIVE_INFINITY): AccountVerdict {
    const first = this.#first ?? Number.POSITIVE_INFINITY;
    let [lost, extra] = [0, 0];
    const canonical = new Set<string>();
    for (const { number, hash, logIndexes } of chain) {
      if (number < first || number > last) continue;
      canonical.add(hash);
      if (this.#heads.get(number) !== hash) {
        lost++;
        this.#remark(`block ${number} missing`);
      }
      const there = this.#logs.get(hash);
      for (const index of logIndexes) {
        if (there?.has(index) === true) continue;
        lost++;
        this.#remark(`log ${index} of block ${number} missing`);
      }
      extra += Math.max(0, (there?.size ?? 0) - logIndexes.length);
    }
    if (last === Number.POSITIVE_INFINITY) {
      for (const [hash, there] of this.#logs) {
        if (canonical.has(hash) || there.size === 0) continue;
        extra += there.size;
        this.#remark(`${there.size} logs of orphaned block ${hash.slice(0, 10)} never taken back`);
      }
    }
    return {
      ...this.#seen,
      lost,
      repeated: this.#repeated + extra,
      disordered: this.#disordered,
      remarks: this.#remarks,
    };
  }

  #disorder(text: string): void {
    this.#disordered++;
    this.#remark(text);
  }

  #remark(text: string): void {
    if (this.#remarks.length < mostRemarks) this.#remarks.push(text);
  }
}
