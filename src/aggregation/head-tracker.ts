import type { Clock } from '../clock/clock.ts';
import type { Log } from '../telemetry/log.ts';
import type { MetricRegistry } from '../telemetry/metrics.ts';
import { AnsweredFloors } from './answered-floors.ts';
import {
  type BeliefOptions,
  blocksIn,
  type HeadClaim,
  isChild,
  type ObservedHead,
  weigh,
} from './head-claims.ts';
import { aggregationMetrics } from './metrics.ts';

/** How heads are weighed and how long the floor holds. */
export interface HeadTrackerOptions {
  /** The chain's name, for logs and metrics. */
  readonly chain: string;
  /** The chain's block time in milliseconds. */
  readonly blockTimeMs: number;
  /** Blocks that a provider may be ahead of the others before its head is not believed. @default 64 */
  readonly maxLeadBlocks?: number;
  /** Milliseconds without any provider at the floor after which it goes back. @default 60 s or 10 blocks, whichever is longer */
  readonly floorExpiryMs?: number;
  /** Milliseconds for which a provider's word counts when others are weighed. @default 30 s or 5 blocks, whichever is longer */
  readonly freshMs?: number;
  /** Milliseconds of steady advance that settle a dispute between two providers. @default 30 s or 5 blocks, whichever is longer */
  readonly disputeMs?: number;
}

/** The highest head that is believed. */
export interface BestHead extends ObservedHead {
  readonly providerId: string;
  /** Monotonic time of the observation. */
  readonly atMs: number;
}

/** What the tracker knows, for people. */
export interface HeadSnapshot {
  readonly best: number | undefined;
  readonly floor: number;
  readonly providers: readonly {
    readonly providerId: string;
    readonly claimed: number;
    readonly believed: number | undefined;
    readonly lag: number | undefined;
  }[];
}

const maxProviders = 256;

/**
 * Knows a chain's head from what its providers say, without trusting any single one. A plain synchronous object,
 * one a chain.
 *
 * `best` and `floor` never go back, with two exceptions. When providers report, but none at the floor, for
 * `floorExpiryMs`, both go back to the best head that is reported: the chain was reset (a devnet's restart) or the
 * provider that was ahead is gone for good. And a head that a provider claimed while it was the only one is
 * withdrawn when others contradict it.
 */
export class HeadTracker {
  readonly #chain: string;
  readonly #belief: BeliefOptions;
  readonly #floorExpiryMs: number;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #metrics: MetricRegistry;
  readonly #claims = new Map<string, HeadClaim>();
  readonly #answered: AnsweredFloors;
  readonly #listeners = new Set<(head: BestHead) => void>();
  #best: BestHead | undefined;
  #floor = 0;
  /** Since when heads below the floor, and none at it, have been observed. */
  #belowFloorSinceMs: number | undefined;

  constructor(
    options: HeadTrackerOptions,
    deps: { readonly clock: Clock; readonly log: Log; readonly metrics: MetricRegistry },
  ) {
    const { blockTimeMs } = options;
    this.#chain = options.chain;
    this.#belief = {
      blockTimeMs,
      maxLeadBlocks: options.maxLeadBlocks ?? 64,
      freshMs: options.freshMs ?? Math.max(30_000, 5 * blockTimeMs),
      disputeMs: options.disputeMs ?? Math.max(30_000, 5 * blockTimeMs),
    };
    this.#floorExpiryMs = options.floorExpiryMs ?? Math.max(60_000, 10 * blockTimeMs);
    this.#answered = new AnsweredFloors({ expiryMs: this.#floorExpiryMs });
    this.#clock = deps.clock;
    this.#log = deps.log;
    this.#metrics = deps.metrics;
    deps.metrics.gauge(aggregationMetrics.head, { chain: options.chain }, () => this.#best?.number ?? 0);
    deps.metrics.gauge(aggregationMetrics.floor, { chain: options.chain }, () => this.#floor);
  }

  /** The chain's block time in milliseconds. */
  get blockTimeMs(): number {
    return this.#belief.blockTimeMs;
  }

  /** The highest head that is believed; `undefined`: none yet. */
  get best(): BestHead | undefined {
    return this.#best;
  }

  /** The highest block number that a client may have seen; 0: none. */
  get floor(): number {
    return this.#floor;
  }

  /** Takes what a provider says of its head; `false`: not believed, at least until others confirm it. */
  observe(providerId: string, head: ObservedHead, atMs = this.#clock.now()): boolean {
    if (!Number.isSafeInteger(head.number) || head.number < 0) return this.#ignored(providerId, head.number);
    const claim = this.#noteClaim(providerId, head, atMs);
    if (claim === undefined) return false;
    const isBelieved = this.#judge(claim, atMs);
    for (const other of this.#claims.values()) {
      // This claim may bear out, or contradict, what others said before.
      const isOpen = other.anchor === undefined || other.believed !== other.head;
      if (other !== claim && isOpen) this.#judge(other, atMs);
    }
    if (!isBelieved) return this.#ignored(providerId, head.number);
    this.#watchFloor(head.number, atMs);
    return true;
  }

  /** The highest number that a client may have seen on a line: `head`, or one that the chain's family has beside it. */
  floorOf(line: string): number {
    return line === 'head' ? this.#floor : this.#answered.get(line);
  }

  /** A client is given this number as the newest of the line: later answers must not be below it. Absurd numbers are ignored. */
  noteAnswered(number: number, line = 'head'): void {
    if (!this.isPlausible(number)) return;
    if (line !== 'head') this.#answered.note(line, number, this.#clock.now());
    else if (number > this.#floor) this.#floor = number;
  }

  /** Whether the chain can be at `number` by now, judging from the best head and the time. */
  isPlausible(number: number): boolean {
    if (!Number.isSafeInteger(number) || number < 0) return false;
    if (this.#best === undefined) return true;
    const elapsed = this.#clock.now() - this.#best.atMs;
    return number - this.#best.number <= this.#belief.maxLeadBlocks + blocksIn(elapsed, this.#belief);
  }

  /** The provider's last head that was believed. */
  head(providerId: string): number | undefined {
    return this.#claims.get(providerId)?.believed?.number;
  }

  /**
   * Blocks that the provider is behind the best head; `undefined`: it has not said anything yet. What it says now counts where that
   * is lower than what is believed of it, or nothing is: a head of 0 is not believed, but its answers are from there.
   */
  lag(providerId: string): number | undefined {
    const claim = this.#claims.get(providerId);
    if (claim === undefined || this.#best === undefined) return undefined;
    const { believed = claim.head, head } = claim;
    return Math.max(0, this.#best.number - Math.min(believed.number, head.number));
  }

  /** Whether the provider's last claim is not believed. */
  isSuspect(providerId: string): boolean {
    const claim = this.#claims.get(providerId);
    return claim !== undefined && claim.believed !== claim.head;
  }

  /** Forgets a provider; what clients may have seen through it stays the floor. */
  remove(providerId: string): void {
    this.#claims.delete(providerId);
  }

  /** The chain began anew, as an embedded one does whose node ended: nothing of what was known holds any more. */
  reset(): void {
    this.#claims.clear();
    this.#best = undefined;
    this.#floor = 0;
    this.#answered.clear();
    this.#belowFloorSinceMs = undefined;
  }

  /** Calls `listener` with each new best head, also with one that went back; returns a way to stop. */
  onBest(listener: (head: BestHead) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  snapshot(): HeadSnapshot {
    return {
      best: this.#best?.number,
      floor: this.#floor,
      providers: [...this.#claims.values()].map(claim => ({
        providerId: claim.providerId,
        claimed: claim.head.number,
        believed: claim.believed?.number,
        lag: this.lag(claim.providerId),
      })),
    };
  }

  #noteClaim(providerId: string, head: ObservedHead, atMs: number): HeadClaim | undefined {
    const claim = this.#claims.get(providerId);
    if (claim !== undefined) {
      const step = head.number - claim.head.number;
      const isSteady =
        step >= 0 && step <= this.#belief.maxLeadBlocks + blocksIn(atMs - claim.atMs, this.#belief);
      if (!isSteady) {
        claim.steadySinceMs = atMs;
        claim.steadyFrom = head.number;
      }
      // Heard of twice, it is still the child of the same parent.
      const isSame = head.hash !== undefined && head.hash === claim.head.hash;
      if (!isSame) claim.isChained = isChild(head, claim.believed);
      claim.head = isSame ? claim.head : head;
      claim.atMs = atMs;
      return claim;
    }
    if (this.#claims.size >= maxProviders) return undefined;
    const fresh: HeadClaim = {
      providerId,
      head,
      isChained: false,
      atMs,
      believed: undefined,
      believedAtMs: atMs,
      anchor: undefined,
      steadySinceMs: atMs,
      steadyFrom: head.number,
    };
    this.#claims.set(providerId, fresh);
    return fresh;
  }

  #judge(claim: HeadClaim, nowMs: number): boolean {
    const belief = weigh(claim, this.#claims.values(), nowMs, this.#clock.wallNow(), this.#belief);
    if (belief.kind === 'refused') {
      if (claim.anchor === undefined && claim.believed !== undefined) this.#withdraw(claim);
      return false;
    }
    claim.believed = claim.head;
    claim.believedAtMs = claim.atMs;
    if (belief.kind === 'anchored') claim.anchor = belief.anchor;
    if (belief.kind === 'jumped') claim.anchor = undefined;
    if (this.#best === undefined || claim.head.number > this.#best.number) this.#setBest(claim);
    if (claim.head.number > this.#floor) this.#floor = claim.head.number;
    return true;
  }

  /** A head believed for want of others turned out wrong: it takes `best` and the floor along. */
  #withdraw(claim: HeadClaim): void {
    claim.believed = undefined;
    if (this.#best?.providerId !== claim.providerId) return;
    this.#log.warn('a head is withdrawn, others contradict it', {
      chain: this.#chain,
      provider: claim.providerId,
      number: this.#best.number,
    });
    this.#goBack(Number.POSITIVE_INFINITY, claim.atMs);
  }

  #watchFloor(believed: number, atMs: number): void {
    if (believed >= this.#floor) {
      this.#belowFloorSinceMs = undefined;
      return;
    }
    this.#belowFloorSinceMs ??= atMs;
    if (atMs - this.#belowFloorSinceMs < this.#floorExpiryMs) return;
    this.#metrics.counter(aggregationMetrics.floorExpiries, { chain: this.#chain }).inc();
    const from = this.#floor;
    this.#goBack(this.#floorExpiryMs, atMs);
    this.#log.warn('no provider confirms the head any more: it went back', {
      chain: this.#chain,
      from,
      to: this.#floor,
    });
  }

  /** Starts again from the highest believed claim that is at most `maxAgeMs` old. */
  #goBack(maxAgeMs: number, atMs: number): void {
    this.#best = undefined;
    this.#floor = 0;
    this.#answered.clear();
    this.#belowFloorSinceMs = undefined;
    let highest: HeadClaim | undefined;
    for (const claim of this.#claims.values()) {
      if (claim.believed === undefined || atMs - claim.atMs > maxAgeMs) continue;
      if (highest?.believed === undefined || claim.believed.number > highest.believed.number) highest = claim;
    }
    if (highest?.believed === undefined) return;
    this.#floor = highest.believed.number;
    this.#setBest(highest);
  }

  #setBest(claim: HeadClaim): void {
    const best: BestHead = { ...claim.believed!, providerId: claim.providerId, atMs: claim.believedAtMs };
    this.#best = best;
    for (const listener of this.#listeners) {
      try {
        listener(best);
      } catch (error) {
        this.#log.error('a listener for heads failed', { chain: this.#chain, error });
      }
    }
  }

  #ignored(provider: string, number: number): false {
    this.#metrics.counter(aggregationMetrics.headsIgnored, { chain: this.#chain, provider }).inc();
    this.#log.debug('a head is not believed', { chain: this.#chain, provider, number });
    return false;
  }
}
