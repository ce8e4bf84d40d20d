import type { LogRules } from '../../chains/chain-family.ts';
import type { Clock } from '../../clock/clock.ts';
import type { Log } from '../../telemetry/log.ts';
import type { MetricRegistry } from '../../telemetry/metrics.ts';
import { ClaimTable } from './claim-table.ts';
import type { Claim, ClaimOptions } from './demand.ts';
import { readDemandSnapshot, writeDemandSnapshot } from './demand-snapshot.ts';
import { durableMs } from './hold.ts';
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

const everything: LogPattern = {};

/**
 * What the readers of one chain ask for. A plain synchronous object that lives as long as the chain: claims come and
 * go, and each thing that is claimed is gathered from its first claim until some time after its last.
 */
export class ChainDemand {
  readonly #options: Required<ChainDemandOptions>;
  readonly #deps: ChainDemandDeps;
  readonly #claims: ClaimTable;
  /** Those log patterns of the table that are gathered. */
  readonly #patterns = new Map<string, LogPattern>();
  readonly #index: PatternIndex;
  readonly #listeners = new Set<() => void>();
  readonly #keepers = new Set<() => void>();
  #claimOnAll: Claim | undefined;
  #version = 0;
  #isWide = false;

  constructor(options: ChainDemandOptions, deps: ChainDemandDeps) {
    this.#options = { mode: 'demand', maxPatterns: 10_000, restoredKeepMs: 300_000, ...options };
    this.#deps = deps;
    this.#index = new PatternIndex(deps.rules);
    this.#claims = new ClaimTable(deps, {
      onEnded: key => this.#ended(key),
      onChange: () => this.#call(this.#listeners),
      onDurableChange: () => this.#call(this.#keepers),
    });
    deps.metrics.gauge(demandMetrics.patterns, { chain: options.chain }, () => this.#patterns.size);
  }

  /** Changes when logs are asked for that were not before: what was gathered earlier lacks them. */
  get version(): number {
    return this.#version;
  }

  /** Distinct log patterns that are gathered. */
  get patternCount(): number {
    return this.#patterns.size;
  }

  get wantsPending(): boolean {
    return this.#claims.has(pendingKey);
  }

  get wantsAnyLogs(): boolean {
    return !this.#index.isEmpty;
  }

  claimLogs(pattern: LogPattern, options: ClaimOptions): Claim {
    const claimed = this.#withinLimit(pattern);
    const since = this.#gather(claimed, options.since);
    return this.#claims.claim(keyOf(claimed), { ...options, since });
  }

  claimPending(options: ClaimOptions): Claim {
    return this.#claims.claim(pendingKey, options);
  }

  /** Since which offset all logs of the pattern have been gathered without a break, by whatever claims; undefined: they are not. */
  logsSince(pattern: LogPattern): number | undefined {
    let since: number | undefined;
    for (const key of coveringKeys(pattern)) {
      const held = this.#claims.since(key);
      if (held !== undefined && (since === undefined || held < since)) since = held;
    }
    return since;
  }

  pendingSince(): number | undefined {
    return this.#claims.since(pendingKey);
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
    const kept = this.#claims.durable();
    return writeDemandSnapshot({
      logs: kept.flatMap(({ key, since }) => {
        const pattern = this.#patterns.get(key);
        return pattern === undefined ? [] : [{ pattern, since }];
      }),
      pending: kept.find(({ key }) => key === pendingKey)?.since,
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
    const { mode, maxPatterns, restoredKeepMs } = this.#options;
    for (const { pattern, since } of earlier?.logs.slice(0, maxPatterns) ?? []) {
      this.#gather(pattern, head);
      // Nothing was gathered since the run before: it is held without a break.
      this.#claims.restore(keyOf(pattern), since, restoredKeepMs);
    }
    // Transactions that came meanwhile are gone: it begins anew.
    if (earlier?.pending !== undefined) this.#claims.restore(pendingKey, head, restoredKeepMs);
    this.setMode(mode, head);
    this.#claims.tellSoon();
    this.#claims.keepSoon();
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
    this.#claims.stop();
    this.#listeners.clear();
    this.#keepers.clear();
    this.#deps.metrics.remove(demandMetrics.patterns, { chain: this.#options.chain });
  }

  #withinLimit(pattern: LogPattern): LogPattern {
    const { chain, maxPatterns } = this.#options;
    if (this.#patterns.size < maxPatterns || this.#patterns.has(keyOf(pattern))) return pattern;
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

  /** Begins to gather a pattern, unless it is; what others have gathered of it so far counts. Since which offset. */
  #gather(pattern: LogPattern, since: number): number {
    const key = keyOf(pattern);
    const known = this.#claims.since(key);
    if (known !== undefined) return known;
    const covered = this.logsSince(pattern);
    const from = covered === undefined ? since : Math.min(since, covered);
    this.#patterns.set(key, pattern);
    this.#claims.begin(key, from);
    this.#index.add(pattern);
    if (covered === undefined) this.#version++;
    return from;
  }

  #ended(key: string): void {
    const pattern = this.#patterns.get(key);
    if (pattern === undefined) return;
    this.#patterns.delete(key);
    this.#index.remove(pattern);
    if (key === keyOf(everything)) this.#isWide = false;
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
