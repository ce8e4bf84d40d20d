import type { LogRules } from '../../chains/chain-family.ts';
import type { BloomTrust } from './bloom-trust.ts';
import { type BlockLog, digestOf, isEmptyBloom, readAnswer, type Verdict, verdictOn } from './read-answer.ts';

/** What is asked about. */
export interface InquiryOptions {
  readonly hash: string;
  /** Of the header that was announced. */
  readonly bloom: Uint8Array | undefined;
  /** Milliseconds for which all providers must say the same before the bloom is doubted instead of them. */
  readonly doubtMs: number;
}

/** What the inquiry needs. */
export interface InquiryDeps {
  readonly rules: LogRules;
  readonly trust: BloomTrust;
  /** An answer is not believed, or not yet. */
  readonly onUnverified: (providerId: string, reason: 'malformed' | 'missing' | 'extra') => void;
}

interface Vote {
  readonly providerId: string;
  readonly logs: readonly BlockLog[];
  readonly digest: string;
}

/**
 * The answers of the providers about one block, until one is to be believed. The bloom decides; where the chain has
 * none that tells, two providers that say the same do, or the only one that says anything.
 */
export class Inquiry {
  readonly #options: InquiryOptions;
  readonly #deps: InquiryDeps;
  /** As several providers give the header; most often they agree. */
  readonly #blooms: Uint8Array[];
  /** Of each provider its last one. */
  readonly #votes = new Map<string, Vote>();

  constructor(options: InquiryOptions, deps: InquiryDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#blooms = options.bloom === undefined ? [] : [options.bloom];
  }

  /** Takes one provider's answer; the logs when they are believed. */
  judge(providerId: string, answer: Buffer): readonly BlockLog[] | undefined {
    const { rules, onUnverified } = this.#deps;
    const logs = readAnswer(answer, this.#options.hash, rules);
    if (logs === undefined) {
      onUnverified(providerId, 'malformed');
      return undefined;
    }
    const verdict = this.#verdict(logs);
    if (verdict === 'exact') return logs;
    const vote: Vote = { providerId, logs, digest: digestOf(logs) };
    this.#votes.set(providerId, vote);
    if (verdict !== 'unknown') {
      onUnverified(providerId, verdict);
      return undefined;
    }
    return this.#supporters(vote) > 1 ? this.#believe(logs, verdict) : undefined;
  }

  /** Whom to ask for the header once more, as its bloom contradicts the answers; `undefined`: nobody. */
  doubter(round: number): string | undefined {
    if (this.#deps.trust.isLost || this.#blooms.length === 0) return undefined;
    const votes = [...this.#votes.values()];
    const vote = votes[round % Math.max(1, votes.length)];
    // Fewer logs than there should be: most often everybody is just not there yet.
    return vote !== undefined && (round > 1 || this.#verdict(vote.logs) === 'extra')
      ? vote.providerId
      : undefined;
  }

  /** The bloom as another provider's header has it; the logs when it bears an answer out. */
  hear(bloom: Uint8Array): readonly BlockLog[] | undefined {
    if (this.#blooms.some(known => Buffer.compare(known, bloom) === 0)) return undefined;
    this.#blooms.push(bloom);
    for (const { logs } of this.#votes.values()) if (this.#verdict(logs) === 'exact') return logs;
    return undefined;
  }

  /** Everybody who can was asked: what is believed now, if anything. */
  endRound(round: number, elapsedMs: number): readonly BlockLog[] | undefined {
    const [vote] = this.#votes.values();
    if (vote === undefined) return undefined;
    const supporters = this.#supporters(vote);
    if (supporters !== this.#votes.size) return undefined;
    const verdict = this.#verdict(vote.logs);
    // Who answers for several nodes may have asked one that is behind.
    const roundsNeeded = verdict === 'extra' ? (supporters > 1 ? 2 : 3) : vote.logs.length === 0 ? 2 : 1;
    const isBelieved =
      verdict === 'missing'
        ? this.#deps.trust.isOpen && round > 2 && elapsedMs >= this.#options.doubtMs
        : round >= roundsNeeded;
    return isBelieved ? this.#believe(vote.logs, verdict) : undefined;
  }

  #verdict(logs: readonly BlockLog[]): Verdict {
    const { rules, trust } = this.#deps;
    let verdict: Verdict | undefined;
    for (const bloom of this.#blooms) {
      const one = verdictOn(logs, bloom, rules);
      if (one === 'exact' && !isEmptyBloom(bloom)) trust.confirm();
      // An empty bloom, and no logs: that proves nothing where blooms are always empty.
      if (one === 'exact' && !(trust.isLost && isEmptyBloom(bloom))) return 'exact';
      if (verdict !== 'missing') verdict = one;
    }
    // A bloom that is not to be trusted says nothing against the answer either.
    return trust.isLost ? 'unknown' : (verdict ?? verdictOn(logs, undefined, rules));
  }

  #supporters({ digest }: Vote): number {
    let count = 0;
    for (const vote of this.#votes.values()) if (vote.digest === digest) count++;
    return count;
  }

  #believe(logs: readonly BlockLog[], verdict: Verdict): readonly BlockLog[] {
    if (verdict === 'extra') this.#deps.trust.lose();
    if (verdict === 'missing') this.#deps.trust.doubt();
    return logs;
  }
}
