import type { Head } from '../../chains/chain-family.ts';
import { pause } from '../../clock/pause.ts';
import { BlockFetcher } from './block-fetcher.ts';
import { BlockPreparation } from './block-preparation.ts';
import { BlockTree, parentOf, type TreeBlock } from './block-tree.ts';
import { type Break, BreakWatch } from './break-watch.ts';
import { CanonicalChain } from './canonical-chain.ts';
import type { FinalityTag } from './canonical-sink.ts';
import { FinalityMarks } from './finality-marks.ts';
import type {
  ChainFollowerDeps,
  ChainFollowerOptions,
  ChainFollowerStats,
  HeadArrival,
} from './follower-options.ts';
import { ForkChoice } from './fork-choice.ts';
import { Linking } from './linking.ts';
import { canonicalMetrics } from './metrics.ts';
import { PatientReads } from './patient-reads.ts';

export type { ChainFollowerDeps, ChainFollowerOptions, ChainFollowerStats, HeadArrival };

const gauges = [canonicalMetrics.tip, canonicalMetrics.lag, canonicalMetrics.treeBlocks];
const readAhead = 8;
const pruneEvery = 32;

/**
 * Makes one sequence of canonical blocks, with their logs, out of what a chain's providers say, and hands it to the
 * sink in order: never with a hole, with an explicit word for every change of branch. It goes on where the sink's
 * record ends, whoever wrote that.
 */
export class ChainFollower {
  readonly #options: Required<ChainFollowerOptions>;
  readonly #deps: ChainFollowerDeps;
  readonly #chain: CanonicalChain;
  readonly #tree: BlockTree;
  readonly #choice: ForkChoice;
  readonly #breaks: BreakWatch;
  readonly #linking: Linking;
  readonly #preparation: BlockPreparation;
  readonly #marks: FinalityMarks;
  readonly #reads: PatientReads;
  readonly #stopped = new AbortController();
  #isOpen = false;
  /** The chain is known to have begun anew. */
  #isNew = false;
  #goal: Head | undefined;
  #goalSinceMs = 0;
  /** The blocks from the tip to the goal, oldest first. */
  #route: TreeBlock[] = [];
  /** Their numbers by hash. */
  readonly #routed = new Map<string, number>();
  #isRouteFull = false;
  #break: Break | undefined;
  #adoptions = 0;
  #wake: () => void = () => {};
  #isWoken = false;

  constructor(options: ChainFollowerOptions, deps: ChainFollowerDeps) {
    const { blockTimeMs } = options;
    this.#options = {
      maxReorgDepth: 128,
      maxBackfillBlocks: 1000,
      finalityIntervalMs: Math.max(12_000, blockTimeMs),
      freshMs: Math.max(30_000, 5 * blockTimeMs),
      resetAfterMs: Math.max(60_000, 10 * blockTimeMs),
      ...options,
    };
    this.#deps = deps;
    const { chain, maxReorgDepth, maxBackfillBlocks, finalityIntervalMs, freshMs, resetAfterMs } =
      this.#options;
    const { clock, events, metrics, reads } = deps;
    const sleep = (ms: number, signal: AbortSignal) => pause(ms, signal, clock);
    this.#chain = new CanonicalChain(maxReorgDepth + 1);
    const dropped = metrics.counter(canonicalMetrics.treeDropped, { chain });
    this.#tree = new BlockTree(
      {
        limit: 2 * this.#maxRoute + 512,
        maxHeaders: 4 * maxReorgDepth + 2048,
        maxReorgDepth,
        maxBackfillBlocks,
      },
      {
        chain: this.#chain,
        isRouted: ({ hash, number }) => this.#routed.get(hash) === number,
        onDropped: count => dropped.inc(count),
      },
    );
    this.#choice = new ForkChoice({ freshMs, stalledMs: 4 * blockTimeMs }, { tree: this.#tree });
    this.#breaks = new BreakWatch({ resetAfterMs, blockTimeMs, maxBackfillBlocks });
    const headers = new BlockFetcher({ chain, what: 'header' }, { reads, events, metrics });
    this.#reads = new PatientReads({ headers, clock, signal: this.#stopped.signal });
    const backfilled = metrics.counter(canonicalMetrics.backfilled, { chain });
    this.#linking = new Linking({
      tree: this.#tree,
      fetch: (by, fetchOptions) => headers.fetch(by, fetchOptions),
      sleep,
      sureAbove: () => this.#tipNumber,
      onBackfilled: () => backfilled.inc(),
      onLinked: () => this.#evaluate(),
      onFailed: error => this.#fail(error),
    });
    this.#preparation = new BlockPreparation({
      logs: deps.logs,
      bloomIn: deps.bloomIn,
      complete: async (block, signal) => {
        const header = await this.#reads.header(block, signal);
        if (header !== undefined) this.#tree.setHeader(block, header);
      },
      onReady: () => this.#awake(),
      pause: sleep,
    });
    const finality = new BlockFetcher({ chain, what: 'finality' }, { reads, events, metrics });
    this.#marks = new FinalityMarks(
      { intervalMs: finalityIntervalMs },
      {
        clock,
        read: async tag => (await finality.fetch({ tag }, { signal: this.#stopped.signal }))?.head,
        onMark: (tag, block) => this.#mark(tag, block),
      },
    );
    metrics.gauge(canonicalMetrics.tip, { chain }, () => this.#chain.tip?.number ?? 0);
    metrics.gauge(canonicalMetrics.lag, { chain }, () => this.#lag());
    metrics.gauge(canonicalMetrics.treeBlocks, { chain }, () => this.#tree.size);
  }

  /** Reads where to go on, and begins. Heads that arrive before are kept. */
  async open(): Promise<void> {
    const { sink } = this.#deps;
    await sink.open();
    if (this.#stopped.signal.aborted) return;
    this.#chain.seed(sink.recent);
    for (const head of sink.recent)
      if (this.#chain.has(head.hash)) this.#tree.add(head, undefined, undefined);
    this.#goal = this.#chain.tip;
    this.#goalSinceMs = this.#deps.clock.now();
    this.#isOpen = true;
    this.#marks.start();
    this.#evaluate();
    void this.#run();
  }

  /** Takes a head that a provider reported. */
  onHead({ providerId, head, header, isBelieved }: HeadArrival): void {
    if (this.#stopped.signal.aborted) return;
    // What it said before may not be believed any more either.
    if (!isBelieved && this.#deps.heads.head(providerId) === undefined) this.#choice.withdraw(providerId);
    if (!isBelieved) return;
    if (!this.#tree.contradicts(head))
      this.#tree.add(head, header === undefined ? undefined : Buffer.from(header), providerId);
    this.#choice.vote(providerId, head, this.#deps.clock.now());
    this.#evaluate();
  }

  /** The provider was taken out. */
  providerGone(providerId: string): void {
    this.#choice.withdraw(providerId);
    this.#evaluate();
  }

  /** The chain is known to have begun anew, as an embedded one does: the next head is not what was followed. */
  chainRestarted(): void {
    this.#choice.clear();
    this.#isNew = true;
  }

  stats(): ChainFollowerStats {
    const nameOf = (head: Head | undefined) => head && { number: head.number, hash: head.hash };
    return {
      tip: nameOf(this.#chain.tip),
      goal: nameOf(this.#goal),
      waiting: this.#route.length,
      treeBlocks: this.#tree.size,
    };
  }

  /** Ends it: what the sink is doing goes on, nothing more is handed over. */
  stop(): void {
    if (this.#stopped.signal.aborted) return;
    this.#stopped.abort();
    this.#linking.stop();
    this.#preparation.want([]);
    this.#marks.stop();
    for (const gauge of gauges) this.#deps.metrics.remove(gauge, { chain: this.#options.chain });
    this.#awake();
  }

  /** Blocks that may wait for the sink; what comes after is looked for when they are through. */
  get #maxRoute(): number {
    return this.#options.maxBackfillBlocks + 2 * this.#options.maxReorgDepth;
  }

  get #tipNumber(): number {
    return this.#chain.tip?.number ?? this.#chain.base?.number ?? -1;
  }

  /** Decides anew what to follow. */
  #evaluate(): void {
    if (!this.#isOpen || this.#stopped.signal.aborted) return;
    const now = this.#deps.clock.now();
    // What was believed for want of others may have been withdrawn since.
    const votes = this.#choice
      .fresh(now)
      .filter(({ providerId }) => this.#deps.heads.head(providerId) !== undefined);
    if (this.#chain.base === undefined) {
      if (votes[0] === undefined) return;
      this.#startAt(votes[0].head);
    }
    if (this.#isNew && votes[0] !== undefined) {
      // Two chains may share their genesis block, when they were begun in the same second.
      const { tip } = this.#chain;
      this.#isNew = tip !== undefined && this.#tree.meet(votes[0].head, tip)?.hash !== tip.hash;
      this.#break = this.#isNew ? { kind: 'chain_reset', vote: votes[0], from: votes[0].head } : undefined;
      if (this.#isNew) {
        this.#awake();
        return;
      }
    }
    const traced = votes.map(vote => ({ vote, trace: this.#tree.trace(vote.head) }));
    const linked = traced.filter(({ trace }) => trace.kind === 'linked').map(({ vote }) => vote);
    this.#linking.update(
      traced.flatMap(({ vote, trace }) => (trace.kind === 'open' ? [{ vote, trace }] : [])),
    );
    this.#break = this.#breaks.judge(traced, this.#chain.tip, now);
    this.#isRouteFull = this.#route.length > this.#maxRoute;
    if (this.#goal !== undefined && linked.length > 0 && !this.#isRouteFull) {
      const before = this.#goal;
      const { finalized } = this.#marks;
      const goalAgeMs = now - this.#goalSinceMs;
      this.#goal = this.#choice.choose({ goal: before, goalAgeMs, votes: linked, finalized });
      if (this.#goal.hash !== before.hash) this.#goalSinceMs = now;
    }
    this.#setRoute();
    this.#awake();
  }

  #setRoute(): void {
    const goal = this.#goal;
    const last = this.#route.at(-1)?.head.hash;
    if (goal === undefined || goal.hash === last) return;
    const base = this.#chain.base?.hash;
    const added = this.#tree.branch(goal, hash => hash === last || hash === base || this.#chain.has(hash));
    if (last !== undefined && added[0]?.head.parentHash === last) this.#route.push(...added);
    else {
      this.#route = added;
      this.#routed.clear();
    }
    for (const { head } of added) this.#routed.set(head.hash, head.number);
    this.#preparation.want(this.#route.slice(0, readAhead));
  }

  #startAt(head: Head): void {
    this.#chain.restart({ number: head.number - 1, hash: head.parentHash });
    this.#goal = head;
    this.#goalSinceMs = this.#deps.clock.now();
    this.#route = [];
    this.#routed.clear();
    this.#breaks.reset();
    this.#isNew = false;
  }

  async #run(): Promise<void> {
    try {
      while (!this.#stopped.signal.aborted) if (!(await this.#step())) await this.#sleep();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** One thing that the sink is to hear; `false`: there is nothing at the moment. */
  async #step(): Promise<boolean> {
    if (this.#break !== undefined) return this.#bridge(this.#break);
    const first = this.#route[0];
    if (first === undefined) return false;
    const { tip } = this.#chain;
    if (tip !== undefined && tip.hash !== first.head.parentHash) return this.#reorganize(first.head);
    const block = this.#preparation.take(first);
    if (block === undefined) return false;
    await this.#deps.sink.adopt(block);
    if (this.#stopped.signal.aborted) return false;
    this.#chain.push(block.head);
    this.#routed.delete(block.head.hash);
    if (this.#route[0] === first) this.#route.shift();
    this.#preparation.want(this.#route.slice(0, readAhead));
    if (this.#isRouteFull && this.#route.length < this.#maxRoute / 2) this.#evaluate();
    this.#deps.metrics.counter(canonicalMetrics.adopted, { chain: this.#options.chain }).inc();
    if (++this.#adoptions % pruneEvery === 0) this.#tree.prune(this.#tipNumber - this.#options.maxReorgDepth);
    return true;
  }

  /** The next block is no child of the tip: what is above its parent is not canonical any more. */
  async #reorganize(first: Head): Promise<boolean> {
    const ancestor = this.#chain.get(first.parentHash) ?? (await this.#reads.head(parentOf(first)));
    if (this.#stopped.signal.aborted) return false;
    // Another branch may have been chosen meanwhile; and if nobody had the block, it is asked for again.
    if (ancestor === undefined || this.#route[0]?.head.hash !== first.hash) return true;
    const adopted = this.#route.map(({ head }) => head);
    await this.#takeBack(ancestor, adopted);
    return true;
  }

  async #takeBack(ancestor: Head, adopted: readonly Head[]): Promise<void> {
    const { chain } = this.#options;
    const orphaned = this.#chain.givenAbove(ancestor.number);
    const depth = orphaned.length;
    if (depth > 0) {
      this.#deps.log.info('the chain reorganised itself', { chain, depth, ancestor: ancestor.number });
      await this.#deps.sink.reorganize({ ancestor, orphaned, adopted });
      this.#deps.metrics.histogram(canonicalMetrics.reorgs, { chain }).observe(depth);
    }
    this.#chain.cut(ancestor.number);
    // A branch that was chosen meanwhile may lead to a block that has just been taken back.
    this.#route = [];
    this.#setRoute();
  }

  /** Tells of blocks that are left out, and goes on behind them. */
  async #bridge({ kind, vote, from }: Break): Promise<boolean> {
    const { tip, oldest } = this.#chain;
    let isReset = kind === 'chain_reset';
    if (isReset && !this.#isNew && (await this.#deepen())) return true;
    if (this.#stopped.signal.aborted) return false;
    if (tip !== undefined && oldest !== undefined) {
      let fromBlock = from.number < oldest.number ? 0 : oldest.number;
      if (!isReset) {
        const find = kind === 'contradiction' ? 'newestHeld' : 'newestOf';
        const ancestor = await this.#reads[find](this.#chain.above(-1), vote.providerId);
        if (this.#stopped.signal.aborted || ancestor === undefined) return true;
        isReset = ancestor === 'none';
        // It has what is contradicted: the record is right.
        if (kind === 'contradiction' && !isReset) {
          this.#break = undefined;
          return true;
        }
        if (ancestor !== 'none') {
          if (ancestor.number < tip.number) await this.#takeBack(ancestor, []);
          fromBlock = ancestor.number + 1;
        }
      }
      const toBlock = Math.max(fromBlock, from.number - 1);
      const reason = isReset ? 'chain_reset' : 'outage';
      const { chain } = this.#options;
      this.#deps.log.warn('blocks are left out', { chain, reason, fromBlock, toBlock });
      await this.#deps.sink.skip({ reason, fromBlock, toBlock });
      this.#deps.metrics.counter(canonicalMetrics.gapBlocks, { chain, reason }).inc(toBlock - fromBlock + 1);
    }
    if (isReset) this.#marks.reset();
    this.#tree.add(from, undefined, vote.providerId);
    this.#startAt(from);
    this.#break = undefined;
    this.#evaluate();
    return true;
  }

  /** Learns the block below the oldest one that is known: a branch may begin there. `false`: that is of no use. */
  async #deepen(): Promise<boolean> {
    const { base, tip } = this.#chain;
    if (base === undefined || tip === undefined || base.number < 0) return false;
    if (tip.number - base.number >= this.#options.maxReorgDepth) return false;
    const head = await this.#reads.head(base);
    if (head === undefined || this.#chain.base !== base) return false;
    this.#chain.deepen(head);
    this.#tree.add(head, undefined, undefined);
    this.#evaluate();
    return true;
  }

  #mark(tag: FinalityTag, block: Head): boolean {
    const own = this.#chain.at(block.number);
    // Not before the block itself; and what a provider on another branch says is not said of this one.
    if (block.number > this.#tipNumber || (own !== undefined && own.hash !== block.hash)) return false;
    this.#deps.sink.finality(tag, { number: block.number, hash: block.hash });
    return true;
  }

  #lag(): number {
    const tip = this.#chain.tip?.timestamp ?? Number.POSITIVE_INFINITY;
    return Math.max(0, (this.#deps.heads.best?.timestamp ?? 0) - tip);
  }

  #awake(): void {
    this.#isWoken = true;
    this.#wake();
  }

  async #sleep(): Promise<void> {
    if (!this.#isWoken) {
      await new Promise<void>(resolve => {
        this.#wake = resolve;
      });
    }
    this.#isWoken = false;
  }

  #fail(error: unknown): void {
    if (this.#stopped.signal.aborted) return;
    this.stop();
    this.#deps.onFailed(error);
  }
}
