import type { Head } from '../../chains/chain-family.ts';
import type { Trace } from './block-tree.ts';
import type { Vote } from './fork-choice.ts';

/** A place where the sequence of blocks cannot go on from the tip. */
export interface Break {
  readonly kind: 'outage' | 'chain_reset';
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

/** Tells when too many blocks are missing, and when the chain began anew. */
export class BreakWatch {
  readonly #resetAfterMs: number;
  #belowSinceMs: number | undefined;

  /** @param options `resetAfterMs`: for so long all providers must be far below the tip before that means something. */
  constructor(options: { readonly resetAfterMs: number }) {
    this.#resetAfterMs = options.resetAfterMs;
  }

  /** The break that the votes (highest first) tell of, if any. */
  judge(votes: readonly TracedVote[], tipNumber: number, nowMs: number): Break | undefined {
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
    const isLong = this.#belowSinceMs !== undefined && nowMs - this.#belowSinceMs >= this.#resetAfterMs;
    const anew = highest('foreign') ?? (isLong ? older : undefined);
    return anew === undefined ? undefined : { kind: 'chain_reset', vote: anew.vote, from: anew.vote.head };
  }

  /** What was heard before concerns another chain. */
  reset(): void {
    this.#belowSinceMs = undefined;
  }
}
