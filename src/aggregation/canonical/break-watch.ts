import type { Head } from '../../chains/chain-family.ts';
import { blocksIn } from '../head-claims.ts';
import type { Trace } from './block-tree.ts';
import type { Vote } from './fork-choice.ts';

/** A place where the sequence of blocks cannot go on from the tip. */
export interface Break {
  /** `contradiction`: nobody says anything that fits the numbers of the canonical chain; is it wrong itself? */
  readonly kind: 'outage' | 'chain_reset' | 'contradiction';
  /** Whose head is followed after it. */
  readonly vote: Vote;
  /** The oldest block that is followed after it. */
  readonly from: Head;
}

/** A vote, and how its block hangs together with the canonical chain. */
export interface TracedVote {
  readonly vote: Vote;
  readonly trace: Trace;
}

export interface BreakWatchOptions {
  /**
   * Milliseconds for which all providers must be far below the tip, or contradict its number, before that means something, and
   * for which a single one must say that the chain has come further than it can have.
   */
  readonly resetAfterMs: number;
  readonly blockTimeMs: number;
  /** Blocks beyond which the chain's pace is looked at. */
  readonly maxBackfillBlocks: number;
}

/** Tells when too many blocks are missing, and when the chain began anew. */
export class BreakWatch {
  readonly #options: BreakWatchOptions;
  #belowSinceMs: number | undefined;
  #doubtedSinceMs: number | undefined;
  #contradictedSinceMs: number | undefined;

  constructor(options: BreakWatchOptions) {
    this.#options = options;
  }

  /**
   * The break that the votes (highest first) tell of, if any. After a restart the first provider that answers is believed for
   * want of others: where its block's own time does not account for the distance, the others are waited for.
   */
  judge(all: readonly TracedVote[], tip: Head | undefined, nowMs: number): Break | undefined {
    const votes = all.filter(({ trace }) => trace.kind !== 'contradictory');
    const isContradicted = votes.length === 0 && all.length > 0;
    this.#contradictedSinceMs = isContradicted ? (this.#contradictedSinceMs ?? nowMs) : undefined;
    if (nowMs - (this.#contradictedSinceMs ?? nowMs) >= this.#options.resetAfterMs) {
      // One in the middle: the highest may be any number.
      const { vote } = all[all.length >> 1]!;
      return { kind: 'contradiction', vote, from: vote.head };
    }
    const found = this.#find(votes, tip?.number ?? -1, nowMs);
    const isDoubted = found !== undefined && votes.length === 1 && this.#isAbsurd(found.vote.head, tip);
    this.#doubtedSinceMs = isDoubted ? (this.#doubtedSinceMs ?? nowMs) : undefined;
    const isTooSoon = nowMs - (this.#doubtedSinceMs ?? 0) < this.#options.resetAfterMs;
    return isDoubted && isTooSoon ? undefined : found;
  }

  #isAbsurd(head: Head, tip: Head | undefined): boolean {
    if (tip === undefined || head.timestamp === 0 || tip.timestamp === 0) return false;
    const { maxBackfillBlocks } = this.#options;
    const made = blocksIn((head.timestamp - tip.timestamp) * 1000, this.#options);
    return head.number - tip.number > maxBackfillBlocks + made;
  }

  #find(votes: readonly TracedVote[], tipNumber: number, nowMs: number): Break | undefined {
    const highest = (kind: Trace['kind']) => votes.find(({ trace }) => trace.kind === kind);
    const older = highest('older');
    const isBelow = older !== undefined && votes.every(({ trace }) => trace.kind === 'older');
    this.#belowSinceMs = isBelow ? (this.#belowSinceMs ?? nowMs) : undefined;
    const linked = highest('linked');
    const outage = highest('outage');
    if (outage?.trace.kind === 'outage') {
      // Where a provider has something that follows the tip, there is no need to leave anything out yet.
      const isBehind = (linked?.vote.head.number ?? -1) <= tipNumber;
      return isBehind ? { kind: 'outage', vote: outage.vote, from: outage.trace.from } : undefined;
    }
    // One provider that still is on the chain, or may be, keeps it.
    if (linked !== undefined || highest('open') !== undefined) return undefined;
    const isLong =
      this.#belowSinceMs !== undefined && nowMs - this.#belowSinceMs >= this.#options.resetAfterMs;
    const anew = highest('foreign') ?? (isLong ? older : undefined);
    return anew === undefined ? undefined : { kind: 'chain_reset', vote: anew.vote, from: anew.vote.head };
  }

  /** What was heard before concerns another chain. */
  reset(): void {
    this.#belowSinceMs = undefined;
    this.#doubtedSinceMs = undefined;
    this.#contradictedSinceMs = undefined;
  }
}
