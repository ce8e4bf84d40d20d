import type { EventRules, Head } from '../../chains/chain-family.ts';
import type { Clock } from '../../clock/clock.ts';
import type { Log } from '../../telemetry/log.ts';
import type { MetricRegistry } from '../../telemetry/metrics.ts';
import type { HeadTracker } from '../head-tracker.ts';
import { BlockFetcher } from './block-fetcher.ts';
import { BlockPreparation } from './block-preparation.ts';
import { BlockTree, type Trace, type TreeBlock } from './block-tree.ts';
import { CanonicalChain } from './canonical-chain.ts';
import type { CanonicalSink, FinalityTag } from './canonical-sink.ts';
import type { ChainReads } from './chain-reads.ts';
import { FinalityMarks } from './finality-marks.ts';
import { ForkChoice, type Vote } from './fork-choice.ts';
import { Linking, type OpenVote } from './linking.ts';
import type { LogGatherer } from './log-gatherer.ts';
import { canonicalMetrics } from './metrics.ts';
import { pause } from './pause.ts';

/** How a chain is followed. */
export interface ChainFollowerOptions {
  /** The chain's name, for logs and metrics. */
  readonly chain: string;
  /** The chain's block time in milliseconds. */
  readonly blockTimeMs: number;
  /** Blocks that a reorganisation takes back at most, 1 to 255; beyond, the chain begins anew. @default 128 */
  readonly maxReorgDepth?: number;
  /** Blocks that are fetched at most when nobody looked for a while; the older ones become a gap. @default 1000 */
  readonly maxBackfillBlocks?: number;
  /** Milliseconds between questions for the `safe` and `finalized` blocks. @default 12 s or the block time, whichever is longer */
  readonly finalityIntervalMs?: number;
  /** Milliseconds for which a provider's head counts when a branch is chosen. @default 30 s or 5 blocks, whichever is longer */
  readonly freshMs?: number;
  /** Milliseconds after which heads that are all far below what was followed mean that the chain began anew. @default 60 s or 10 blocks, whichever is longer */
  readonly resetAfterMs?: number;
}

/** What a follower needs. */
export interface ChainFollowerDeps {
  readonly sink: CanonicalSink;
  readonly logs: LogGatherer;
  readonly reads: Pick<ChainReads, 'block'>;
  readonly heads: Pick<HeadTracker, 'best' | 'head'>;
  readonly events: Pick<EventRules, 'head'>;
  /** The bloom in a header, where the family has such a thing. */
  readonly bloomIn: (header: Buffer) => string | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: MetricRegistry;
  /** It cannot go on, for the sink refused something: another one is needed. Called once. */
  readonly onFailed: (error: unknown) => void;
}

/** A head as a provider announced it or was found to have it. */
export interface HeadArrival {
  readonly providerId: string;
  readonly head: Head;
  /** As `newHeads` brought it; undefined: the head was polled. May be a view into a larger buffer. */
  readonly header: Buffer | undefined;
  /** What `HeadTracker.observe` said. */
  readonly isBelieved: boolean;
}

/** The follower for people to look at. */
export interface ChainFollowerStats {
  /** The newest block that was handed over. */
  readonly tip: Pick<Head, 'number' | 'hash'> | undefined;
  /** The block that is being followed. */
  readonly goal: Pick<Head, 'number' | 'hash'> | undefined;
  /** Blocks to be handed over before the goal is reached. */
  readonly waiting: number;
  readonly treeBlocks: number;
}

interface Break {
  readonly kind: 'outage' | 'chain_reset';
  readonly vote: Vote;
  /** The oldest block that is followed after it. */
  readonly from: Head;
}

const readAhead = 8;
const pruneEvery = 32;
const retryMs = 500;

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
  readonly #linking: Linking;
  readonly #preparation: BlockPreparation;
  readonly #marks: FinalityMarks;
  readonly #headers: BlockFetcher;
  readonly #stopped = new AbortController();
  #isOpen = false;
  /** The chain is known to have begun anew. */
  #isNew = false;
  #goal: Head | undefined;
  #goalSinceMs = 0;
  /** The blocks from the tip to the goal, oldest first. */
  #route: TreeBlock[] = [];
  #routed = new Set<string>();
  #isRouteFull = false;
  #break: Break | undefined;
  #belowSinceMs: number | undefined;
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
    const { chain, maxReorgDepth, maxBackfillBlocks, finalityIntervalMs, freshMs } = this.#options;
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
        isPinned: hash => this.#routed.has(hash),
        onDropped: count => dropped.inc(count),
      },
    );
    this.#choice = new ForkChoice({ freshMs, stalledMs: 4 * blockTimeMs }, { tree: this.#tree });
    this.#headers = new BlockFetcher({ chain, what: 'header' }, { reads, events, metrics });
    const backfilled = metrics.counter(canonicalMetrics.backfilled, { chain });
    this.#linking = new Linking({
      tree: this.#tree,
      fetch: (by, fetchOptions) => this.#headers.fetch(by, fetchOptions),
      sleep,
      sureAbove: () => this.#tipNumber,
      onBackfilled: () => backfilled.inc(),
      onLinked: () => this.#evaluate(),
      onFailed: error => this.#fail(error),
    });
    this.#preparation = new BlockPreparation({
      logs: deps.logs,
      bloomIn: deps.bloomIn,
      complete: (block, signal) => this.#complete(block, signal),
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
    if (!isBelieved) {
      // What it said before is not believed any more either.
      if (this.#deps.heads.head(providerId) === undefined) this.#choice.withdraw(providerId);
      return;
    }
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
    const nameOf = (head: Head | undefined) =>
      head === undefined ? undefined : { number: head.number, hash: head.hash };
    return {
      tip: nameOf(this.#chain.tip),
      goal: nameOf(this.#goal),
      waiting: this.#route.length,
      treeBlocks: this.#tree.size,
    };
  }

  /** Ends it: what the sink is doing goes on, nothing more is handed over. */
  stop(): void {
    this.#stopped.abort();
    this.#linking.stop();
    this.#preparation.want([]);
    this.#marks.stop();
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
    const votes = this.#choice.fresh(now);
    if (this.#chain.base === undefined) {
      if (votes[0] === undefined) return;
      this.#startAt(votes[0].head);
    }
    if (this.#isNew && votes[0] !== undefined) {
      this.#isNew = this.#tree.trace(votes[0].head).kind !== 'linked';
      this.#break = this.#isNew ? { kind: 'chain_reset', vote: votes[0], from: votes[0].head } : undefined;
      if (this.#isNew) {
        this.#awake();
        return;
      }
    }
    const linked: Vote[] = [];
    const open: OpenVote[] = [];
    const traces = new Map<Trace['kind'], { readonly vote: Vote; readonly trace: Trace }>();
    for (const vote of votes) {
      const trace = this.#tree.trace(vote.head);
      if (!traces.has(trace.kind)) traces.set(trace.kind, { vote, trace });
      if (trace.kind === 'linked') linked.push(vote);
      else if (trace.kind === 'open') open.push({ vote, trace });
    }
    this.#linking.update(open);
    this.#break = this.#breakOf(linked, traces, now);
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

  #breakOf(
    linked: readonly Vote[],
    traces: ReadonlyMap<Trace['kind'], { readonly vote: Vote; readonly trace: Trace }>,
    now: number,
  ): Break | undefined {
    const outage = traces.get('outage');
    if (outage?.trace.kind === 'outage') {
      const highest = linked[0]?.head.number ?? -1;
      if (highest <= this.#tipNumber) return { kind: 'outage', vote: outage.vote, from: outage.trace.from };
    }
    const older = traces.get('older');
    const isBelow = older !== undefined && traces.size === 1;
    this.#belowSinceMs = isBelow ? (this.#belowSinceMs ?? now) : undefined;
    if (linked.length > 0 || traces.has('open') || outage !== undefined) return undefined;
    const foreign = traces.get('foreign');
    if (foreign !== undefined) return { kind: 'chain_reset', vote: foreign.vote, from: foreign.vote.head };
    const isLong = this.#belowSinceMs !== undefined && now - this.#belowSinceMs >= this.#options.resetAfterMs;
    return older !== undefined && isLong
      ? { kind: 'chain_reset', vote: older.vote, from: older.vote.head }
      : undefined;
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
    for (const { head } of added) this.#routed.add(head.hash);
    this.#preparation.want(this.#route.slice(0, readAhead));
  }

  #startAt(head: Head): void {
    this.#chain.restart({ number: head.number - 1, hash: head.parentHash });
    this.#goal = head;
    this.#goalSinceMs = this.#deps.clock.now();
    this.#route = [];
    this.#routed.clear();
    this.#belowSinceMs = undefined;
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
    const ancestor = this.#chain.get(first.parentHash) ?? (await this.#read({ hash: first.parentHash }));
    if (ancestor === undefined || this.#stopped.signal.aborted) return false;
    // Another branch may have been chosen meanwhile.
    if (this.#route[0]?.head.hash !== first.hash) return true;
    await this.#takeBack(
      ancestor,
      this.#route.map(block => block.head),
    );
    return true;
  }

  async #takeBack(ancestor: Head, adopted: readonly Head[]): Promise<void> {
    const { chain } = this.#options;
    const orphaned = this.#chain.above(ancestor.number);
    this.#deps.log.info('the chain reorganised itself', {
      chain,
      depth: orphaned.length,
      ancestor: ancestor.number,
    });
    await this.#deps.sink.reorganize({ ancestor, orphaned, adopted });
    this.#chain.cut(ancestor.number);
    // A branch that was chosen meanwhile may lead to a block that has just been taken back.
    this.#route = [];
    this.#setRoute();
    this.#deps.metrics.histogram(canonicalMetrics.reorgs, { chain }).observe(orphaned.length);
  }

  /** Tells of blocks that are left out, and goes on behind them. */
  async #bridge({ kind, vote, from }: Break): Promise<boolean> {
    const { tip, oldest } = this.#chain;
    let isReset = kind === 'chain_reset';
    if (tip !== undefined && oldest !== undefined) {
      let fromBlock = from.number < oldest.number ? 0 : oldest.number;
      if (!isReset) {
        const ancestor = await this.#stillCanonical(vote.providerId);
        if (this.#stopped.signal.aborted || ancestor === undefined) return false;
        isReset = ancestor === 'none';
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
    this.#startAt(from);
    this.#break = undefined;
    this.#evaluate();
    return true;
  }

  /** The newest block handed over that is on the provider's branch; `none`: no recent one is; undefined: not known yet. */
  async #stillCanonical(providerId: string): Promise<Head | 'none' | undefined> {
    for (const head of this.#chain.above(-1)) {
      const block = await this.#headers.fetch(
        { number: head.number },
        { providerId, signal: this.#stopped.signal },
      );
      if (block?.head.hash === head.hash) return head;
      if (block?.head.number !== head.number) {
        await pause(retryMs, this.#stopped.signal, this.#deps.clock);
        this.#awake();
        return undefined;
      }
    }
    return 'none';
  }

  async #read(by: { readonly hash: string }): Promise<Head | undefined> {
    const { signal } = this.#stopped;
    const block = await this.#headers.fetch(by, { signal });
    if (block === undefined) {
      await pause(retryMs, signal, this.#deps.clock);
      this.#awake();
    }
    return block?.head;
  }

  async #complete(block: TreeBlock, signal: AbortSignal): Promise<void> {
    const { number, hash } = block.head;
    let { providerId } = block;
    for (
      let delayMs = 100;
      block.header === undefined && !signal.aborted;
      delayMs = Math.min(15_000, delayMs * 2)
    ) {
      const options = providerId === undefined ? { signal } : { signal, providerId };
      let found = await this.#headers.fetch({ hash }, options);
      if (found === undefined) found = await this.#headers.fetch({ number }, options);
      if (found?.head.hash === hash) this.#tree.setHeader(block, found.header);
      else await pause(delayMs, signal, this.#deps.clock);
      providerId = undefined;
    }
  }

  #mark(tag: FinalityTag, block: Head): boolean {
    const own = this.#chain.at(block.number);
    // Not before the block itself; and what a provider on another branch says is not said of this one.
    if (block.number > this.#tipNumber || (own !== undefined && own.hash !== block.hash)) return false;
    this.#deps.sink.finality(tag, { number: block.number, hash: block.hash });
    return true;
  }

  #lag(): number {
    const best = this.#deps.heads.best?.timestamp;
    const tip = this.#chain.tip?.timestamp;
    return best === undefined || tip === undefined ? 0 : Math.max(0, best - tip);
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
