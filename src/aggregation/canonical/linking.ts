import { AncestorFetch, type AncestorFetchDeps, type FetchedBlock } from './ancestor-fetch.ts';
import { type BlockTree, keyOf, type Trace } from './block-tree.ts';
import type { Vote } from './fork-choice.ts';

/** A vote for a block some ancestor of which is not known. */
export interface OpenVote {
  readonly vote: Vote;
  readonly trace: Extract<Trace, { readonly kind: 'open' }>;
}

/** What linking needs. */
export interface LinkingDeps extends Pick<AncestorFetchDeps, 'fetch' | 'sleep'> {
  readonly tree: BlockTree;
  readonly sureAbove: () => number;
  readonly onBackfilled: () => void;
  /** A branch hangs together now, or it turned out that it never will. */
  readonly onLinked: () => void;
  /** A dependency broke. */
  readonly onFailed: (error: unknown) => void;
}

const maxFetches = 4;

/** Fetches what is missing between the heads that providers vote for and what is known: at most four branches at once, the highest first. */
export class Linking {
  readonly #deps: LinkingDeps;
  readonly #fetches = new Set<AncestorFetch>();

  constructor(deps: LinkingDeps) {
    this.#deps = deps;
  }

  /** These votes are open now; what is fetched for others is given up. */
  update(open: readonly OpenVote[]): void {
    const wanted = new Set(open.map(({ trace }) => keyOf(trace.missing)));
    for (const fetch of this.#fetches) {
      const { frontier } = fetch;
      if (frontier !== undefined && wanted.delete(keyOf(frontier))) continue;
      fetch.stop();
      this.#fetches.delete(fetch);
    }
    for (const vote of open) {
      if (this.#fetches.size >= maxFetches) return;
      if (wanted.delete(keyOf(vote.trace.missing))) this.#start(vote);
    }
  }

  stop(): void {
    this.update([]);
  }

  #start({ vote, trace }: OpenVote): void {
    const { tree, fetch, sleep, sureAbove, onBackfilled, onLinked, onFailed } = this.#deps;
    const { providerId } = vote;
    const onBlock = ({ head, header }: FetchedBlock) => {
      tree.add(head, header, providerId);
      onBackfilled();
      const rest = tree.trace(head, vote.head.number - head.number + 1);
      return rest.kind === 'open' ? rest.missing : undefined;
    };
    const task = new AncestorFetch(
      { first: trace.missing, providerId, sureAbove },
      {
        fetch,
        onBlock,
        sleep,
        onDone: () => {
          this.#fetches.delete(task);
          onLinked();
        },
      },
    );
    this.#fetches.add(task);
    task.run().catch(onFailed);
  }
}
