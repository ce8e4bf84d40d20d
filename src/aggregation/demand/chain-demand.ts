import type { LogRules } from '../../chains/chain-family.ts';
import type { Clock, TimerHandle } from '../../clock/clock.ts';
import type { Log } from '../../telemetry/log.ts';
import type { MetricRegistry } from '../../telemetry/metrics.ts';
import type { Claim, ClaimOptions, Demand } from './demand.ts';
import { readDemandSnapshot, writeDemandSnapshot } from './demand-snapshot.ts';
import { durableMs, Hold } from './hold.ts';
import type { LogPattern } from './log-pattern.ts';
import { demandMetrics } from './metrics.ts';
import { PatternIndex } from './pattern-index.ts';

/** Which logs are gathered: those that somebody claims, or every one. */
export type DemandMode = 'demand' | 'all';

/** What is gathered of a chain. */
export interface ChainDemandOptions {
  readonly chain: string;
  /** `all`: every log, whether or not somebody claims it, from `restore` on. @default 'demand' */
  readonly mode?: DemandMode;
  /** Distinct patterns at most; a claim on one more becomes a claim on all logs. @default 10000 */
  readonly maxPatterns?: number;
  /** Milliseconds for which claims of an earlier run hold after `restore`. @default 300000 */
  readonly restoredKeepMs?: number;
}

/** What the demand needs. */
export interface ChainDemandDeps {
  readonly rules: LogRules;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: MetricRegistry;
}

/** How exactly the end of a claim is kept; it is never early. */
const sweepMs = 1_000;
const keepDelayMs = 250;
const everything: LogPattern = {};

/**
 * What the readers of one chain ask for. A plain synchronous object that lives as long as the chain: claims come and
 * go, and each thing that is claimed is gathered from its first claim until some time after its last.
 */
export class ChainDemand implements Demand {
  readonly #options: Required<ChainDemandOptions>;
  readonly #deps: ChainDemandDeps;
  readonly #holds = new Map<string, { readonly pattern: LogPattern; readonly hold: Hold }>();
  readonly #index: PatternIndex;
  readonly #lingering = new Set<string>();
  readonly #listeners = new Set<() => void>();
  readonly #keepers = new Set<() => void>();
  #pending: Hold | undefined;
  #claimOnAll: Claim | undefined;
  #version = 0;
  #sweep: TimerHandle | undefined;
  #keeping: TimerHandle | undefined;
  #isWide = false;
  #isTelling = false;
  #isStopped = false;

  constructor(options: ChainDemandOptions, deps: ChainDemandDeps) {
    this.#options = { mode: 'demand', maxPatterns: 10_000, restoredKeepMs: 300_000, ...options };
    this.#deps = deps;
    this.#index = new PatternIndex(deps.rules);
    deps.metrics.gauge(demandMetrics.patterns, { chain: options.chain }, () => this.#holds.size);
  }

  /** Changes when logs are asked for that were not before: what was gathered earlier lacks them. */
  get version(): number {
    return this.#version;
  }

  /** Distinct log patterns that are gathered. */
  get patternCount(): number {
    return this.#holds.size;
  }

  get wantsPending(): boolean {
    return this.#pending !== undefined;
  }

  get wantsAnyLogs(): boolean {
    return !this.#index.isEmpty;
  }

  claimLogs(pattern: LogPattern, options: ClaimOptions): Claim {
    const claimed = this.#withinLimit(pattern);
    const key = keyOf(claimed);
    const hold = this.#holds.get(key)?.hold ?? this.#hold(claimed, options.since);
    return this.#claim(key, hold, options.keepMs);
  }

  claimPending(options: ClaimOptions): Claim {
    this.#pending ??= new Hold(options.since);
    return this.#claim(pendingKey, this.#pending, options.keepMs);
  }

  logsSince(pattern: LogPattern): number | undefined {
    let since: number | undefined;
    for (const key of coveringKeys(pattern)) {
      const held = this.#holds.get(key)?.hold.since;
      if (held !== undefined && (since === undefined || held < since)) since = held;
    }
    return since;
  }

  pendingSince(): number | undefined {
    return this.#pending?.since;
  }

  /** `false`: a block with this bloom has no log that somebody asks for. */
  mayMatch(bloom: Uint8Array): boolean {
    return this.#index.mayMatch(bloom);
  }

  /** Whether somebody asks for a log of this address with this first topic. */
  wants(address: string, topic0: string | undefined): boolean {
    return this.#index.matches(address, topic0);
  }

  /** Calls `listener` when what is asked for has changed: at once when less is, right after the present step when more is. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Calls `listener` when the snapshot that is kept is not that of now: some time after a claim was made, and at once
   * when one has ended. It must be written then before the events of any later block: a claim that has ended must not
   * come back as one that has held all the time.
   */
  onSnapshotChange(listener: () => void): () => void {
    this.#keepers.add(listener);
    return () => this.#keepers.delete(listener);
  }

  /** Those claims that outlive a restart. */
  snapshot(): Buffer {
    const now = this.#deps.clock.now();
    const logs = [...this.#holds.values()].filter(({ hold }) => hold.isDurable(now));
    const pending = this.#pending?.isDurable(now) === true ? this.#pending.since : undefined;
    return writeDemandSnapshot({
      logs: logs.map(({ pattern, hold }) => ({ pattern, since: hold.since })),
      pending,
    });
  }

  /**
   * Goes on where an earlier run ended; once, before the chain is followed. Nobody holds its claims any more: they linger.
   *
   * @param bytes A snapshot of the run before; undefined, or damaged: there is none.
   * @param head The offset of the log's last event now.
   */
  restore(bytes: Buffer | undefined, head: number): void {
    const earlier = bytes === undefined ? undefined : readDemandSnapshot(bytes);
    const now = this.#deps.clock.now();
    const { mode, maxPatterns, restoredKeepMs } = this.#options;
    for (const { pattern, since } of earlier?.logs.slice(0, maxPatterns) ?? []) {
      const key = keyOf(pattern);
      const hold = this.#holds.get(key)?.hold ?? this.#hold(pattern, head);
      // Nothing was gathered since the run before: it is held without a break.
      hold.extend(since);
      hold.keep(restoredKeepMs, now);
      if (!hold.isClaimed) this.#linger(key);
    }
    if (earlier?.pending !== undefined) {
      // Transactions that came meanwhile are gone: it begins anew.
      this.#pending ??= new Hold(head);
      this.#pending.keep(restoredKeepMs, now);
      if (!this.#pending.isClaimed) this.#linger(pendingKey);
    }
    this.setMode(mode, head);
    this.#tellSoon();
    this.#keepSoon();
  }

  /**
   * As a new config has it.
   *
   * @param head The offset of the log's last event now.
   */
  setMode(mode: DemandMode, head: number): void {
    if (mode === 'all') {
      this.#claimOnAll ??= this.claimLogs(everything, { since: head, keepMs: durableMs });
      return;
    }
    this.#claimOnAll?.release();
    this.#claimOnAll = undefined;
  }

  /** Ends its timer and its metrics; claims may still be released. */
  stop(): void {
    this.#isStopped = true;
    this.#deps.clock.clearInterval(this.#sweep);
    this.#sweep = undefined;
    this.#deps.clock.clearTimeout(this.#keeping);
    this.#listeners.clear();
    this.#keepers.clear();
    this.#deps.metrics.remove(demandMetrics.patterns, { chain: this.#options.chain });
  }

  #withinLimit(pattern: LogPattern): LogPattern {
    const { chain, maxPatterns } = this.#options;
    if (this.#holds.size < maxPatterns || this.#holds.has(keyOf(pattern))) return pattern;
    this.#deps.metrics.counter(demandMetrics.widened, { chain }).inc();
    if (!this.#isWide) {
      this.#isWide = true;
      this.#deps.log.warn('too many distinct log patterns: all logs of the chain are gathered', {
        chain,
        maxPatterns,
      });
    }
    return everything;
  }

  /** Begins to gather a pattern; what others have gathered of it so far counts. */
  #hold(pattern: LogPattern, since: number): Hold {
    const covered = this.logsSince(pattern);
    const hold = new Hold(covered === undefined ? since : Math.min(since, covered));
    this.#holds.set(keyOf(pattern), { pattern, hold });
    this.#index.add(pattern);
    if (covered === undefined) this.#version++;
    return hold;
  }

  #claim(key: string, hold: Hold, keepMs: number): Claim {
    const isNew = keepMs >= durableMs && !hold.isDurable(this.#deps.clock.now());
    hold.claim(keepMs);
    this.#lingering.delete(key);
    this.#tellSoon();
    if (isNew) this.#keepSoon();
    let isReleased = false;
    return {
      release: () => {
        if (isReleased) return;
        isReleased = true;
        hold.release(keepMs, this.#deps.clock.now());
        if (!hold.isClaimed) this.#linger(key);
      },
    };
  }

  #linger(key: string): void {
    if (this.#isStopped) return;
    this.#lingering.add(key);
    this.#sweep ??= this.#deps.clock.setInterval(() => this.#onSweep(), sweepMs);
  }

  #onSweep(): void {
    const now = this.#deps.clock.now();
    let hasEnded = false;
    let isKept = false;
    for (const key of this.#lingering) {
      const hold = key === pendingKey ? this.#pending : this.#holds.get(key)?.hold;
      if (hold?.isHeld(now) === true) continue;
      this.#lingering.delete(key);
      this.#end(key);
      hasEnded = true;
      isKept ||= hold?.wasDurable === true;
    }
    if (hasEnded) this.#tell();
    if (isKept) this.#keep();
    if (this.#lingering.size > 0) return;
    this.#deps.clock.clearInterval(this.#sweep);
    this.#sweep = undefined;
  }

  #end(key: string): void {
    if (key === pendingKey) {
      this.#pending = undefined;
      return;
    }
    const ended = this.#holds.get(key);
    if (ended === undefined) return;
    this.#holds.delete(key);
    this.#index.remove(ended.pattern);
    if (key === keyOf(everything)) this.#isWide = false;
  }

  /** Many claims are made at once. */
  #tellSoon(): void {
    if (this.#isTelling) return;
    this.#isTelling = true;
    queueMicrotask(() => this.#tell());
  }

  #tell(): void {
    this.#isTelling = false;
    this.#call(this.#listeners);
  }

  /** A snapshot of many claims costs milliseconds: not one for each of them. */
  #keepSoon(): void {
    if (!this.#isStopped) this.#keeping ??= this.#deps.clock.setTimeout(() => this.#keep(), keepDelayMs);
  }

  #keep(): void {
    this.#deps.clock.clearTimeout(this.#keeping);
    this.#keeping = undefined;
    this.#call(this.#keepers);
  }

  #call(listeners: ReadonlySet<() => void>): void {
    for (const listener of listeners) {
      try {
        listener();
      } catch (error) {
        this.#deps.log.error('a listener for demand failed', { chain: this.#options.chain, error });
      }
    }
  }
}

const pendingKey = 'pending';

function keyOf({ address = '', topic0 = '' }: LogPattern): string {
  return `${address}|${topic0}`;
}

/** The keys of all patterns that ask for every log that `pattern` asks for. */
function coveringKeys({ address, topic0 }: LogPattern): Set<string> {
  return new Set([
    keyOf({}),
    keyOf(address === undefined ? {} : { address }),
    keyOf(topic0 === undefined ? {} : { topic0 }),
    `${address ?? ''}|${topic0 ?? ''}`,
  ]);
}
