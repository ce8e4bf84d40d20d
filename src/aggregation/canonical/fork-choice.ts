import type { Head } from '../../chains/chain-family.ts';
import type { BlockTree } from './block-tree.ts';

/** A provider's newest believed head. */
export interface Vote {
  readonly providerId: string;
  readonly head: Head;
  /** The last head by which it held what was followed then: from there it may have reorganised itself. */
  readonly reached: Head | undefined;
  /** Monotonic time at which it was said last. */
  readonly atMs: number;
}

/** When votes count. */
export interface ForkChoiceOptions {
  /** Milliseconds for which a vote counts. */
  readonly freshMs: number;
  /** Milliseconds without a new block after which a branch gives way to one that is ahead of it, whoever is in the majority. */
  readonly stalledMs: number;
}

/** What is known when a branch is chosen. */
export interface ForkQuestion {
  /** The block that is followed now. */
  readonly goal: Head;
  /** Milliseconds since the goal moved. */
  readonly goalAgeMs: number;
  /** Fresh votes for blocks that are linked to the canonical chain. */
  readonly votes: readonly Vote[];
  /** Blocks up to this number are not taken back against anybody's vote. */
  readonly finalized: number;
}

/** Blocks by which the supporters of the present branch may be behind the other one. */
const patience = 3;
const maxProviders = 256;

/**
 * Chooses the branch to follow: one that is longer by one block, because one provider is faster, is no reason to change.
 * The present branch stays as long as a provider holds its end, unless more providers are on the other one, or it does
 * not grow any more. Nobody holds it: whoever left it is followed at once, also to a shorter branch; others when they
 * are ahead. A vote for an ancestor of what is followed (a provider that is behind) changes nothing.
 */
export class ForkChoice {
  readonly #options: ForkChoiceOptions;
  readonly #tree: Pick<BlockTree, 'meet'>;
  readonly #votes = new Map<string, Vote>();

  constructor(options: ForkChoiceOptions, deps: { readonly tree: Pick<BlockTree, 'meet'> }) {
    this.#options = options;
    this.#tree = deps.tree;
  }

  /** Takes a provider's newest head; a 257th provider has no vote. */
  vote(providerId: string, head: Head, atMs: number): void {
    const before = this.#votes.get(providerId);
    if (before === undefined && this.#votes.size >= maxProviders) return;
    this.#votes.set(providerId, { providerId, head, reached: before?.reached, atMs });
  }

  /** The provider is gone, or what it says is not believed any more. */
  withdraw(providerId: string): void {
    this.#votes.delete(providerId);
  }

  /** Nothing that was said before holds any more. */
  clear(): void {
    this.#votes.clear();
  }

  /** The votes that count, highest first; of equal ones those that were cast first. */
  fresh(nowMs: number): Vote[] {
    return [...this.#votes.values()]
      .filter(vote => nowMs - vote.atMs <= this.#options.freshMs)
      .sort((a, b) => b.head.number - a.head.number);
  }

  /** The block to follow. */
  choose(question: ForkQuestion): Head {
    let { goal } = question;
    // Each step is to a branch that is preferred to the one before; they are as few as there are branches.
    for (let step = 0; step < question.votes.length; step++) {
      const next = this.#next({ ...question, goal });
      if (next === undefined) break;
      goal = next;
    }
    for (const vote of question.votes)
      if (this.#holds(vote.head, goal)) this.#votes.set(vote.providerId, { ...vote, reached: vote.head });
    return goal;
  }

  #next(question: ForkQuestion): Head | undefined {
    const { goal, votes } = question;
    for (const { head } of votes)
      if (head.hash !== goal.hash && this.#tree.meet(head, goal)?.hash === goal.hash) return head;
    return votes.find(vote => this.#isPreferred(vote, question))?.head;
  }

  #isPreferred(candidate: Vote, { goal, goalAgeMs, votes, finalized }: ForkQuestion): boolean {
    const { head } = candidate;
    const fork = this.#tree.meet(head, goal);
    if (fork?.hash === head.hash || fork?.hash === goal.hash) return false;
    const forkNumber = fork?.number ?? Number.NEGATIVE_INFINITY;
    const isOnBranchOf = (vote: Vote, end: Head) =>
      (this.#tree.meet(vote.head, end)?.number ?? Number.NEGATIVE_INFINITY) > forkNumber;
    const followers = votes.filter(vote => isOnBranchOf(vote, head)).length;
    const supporters = votes.filter(vote => isOnBranchOf(vote, goal));
    if (supporters.length > 0 && forkNumber < finalized) return false;
    const isHeld = supporters.some(vote => this.#holds(vote.head, goal));
    if (!isHeld && candidate.reached !== undefined && this.#holds(candidate.reached, goal)) return true;
    if (supporters.length === 0) return head.number > goal.number;
    const supported = Math.max(...supporters.map(vote => vote.head.number));
    if (followers > supporters.length && head.number >= supported - patience) return true;
    const isSlow = followers >= supporters.length || goalAgeMs > this.#options.stalledMs;
    return head.number > supported + patience && isSlow;
  }

  #holds(head: Head, goal: Head): boolean {
    return this.#tree.meet(head, goal)?.hash === goal.hash;
  }
}
