import type { LogRules } from '../../chains/chain-family.ts';
import type { Clock } from '../../clock/clock.ts';
import { pause } from '../../clock/pause.ts';
import type { Log } from '../../telemetry/log.ts';
import type { CounterCell, MetricRegistry } from '../../telemetry/metrics.ts';
import type { GatheredLog } from '../canonical/canonical-sink.ts';
import type { ChainReads } from '../canonical/chain-reads.ts';
import type { ChainDemand } from '../demand/chain-demand.ts';
import type { StreamHub } from '../stream-hub.ts';
import { BlockPool } from './block-pool.ts';
import { BloomTrust } from './bloom-trust.ts';
import { CallSlots } from './call-slots.ts';
import { Inquiry } from './inquiry.ts';
import { blockLogsMetrics } from './metrics.ts';
import { RacedLogs } from './raced-logs.ts';
import type { BlockLog } from './read-answer.ts';
import { Suspects } from './suspects.ts';

/** A block whose logs are wanted. */
export interface LoggedBlock {
  readonly number: number;
  readonly hash: string;
  /** `LogRules.bloomIn` of its header; undefined: the header has none. */
  readonly bloom: string | undefined;
}

/** How the logs of a chain's blocks are had. */
export interface BlockLogsOptions {
  readonly chain: string;
  /**
   * `fetch`: a call a block. `race`: subscriptions to all logs, and the call only where they do not add up to the
   * block's bloom; `settleMs` is for those last ones that the bloom does not tell of. @default 'fetch'
   */
  readonly source?: 'fetch' | 'race';
  /** Calls at once at most. @default 8 */
  readonly maxParallel?: number;
  /** Milliseconds for which no log of a block must have come before the raced ones may be all. @default 50 */
  readonly settleMs?: number;
  /** Milliseconds that a block waits for raced logs before they are fetched. @default 500 */
  readonly raceWaitMs?: number;
  /** Milliseconds before the first repetition when nobody has a block's logs; doubles up to `maxRetryMs`. @default 50 */
  readonly minRetryMs?: number;
  /** @default 2000 */
  readonly maxRetryMs?: number;
  /** Milliseconds for which all providers must agree on fewer logs than the blooms of a new chain say. @default 15000 */
  readonly doubtMs?: number;
  /** Recent blocks whose logs are kept at most. @default 64 */
  readonly maxKeptBlocks?: number;
  /** Bytes of logs that are kept at most. @default 16 MiB */
  readonly maxKeptBytes?: number;
}

/** What it needs. */
export interface BlockLogsDeps {
  readonly rules: LogRules;
  readonly demand: ChainDemand;
  readonly reads: ChainReads;
  /** Needed by `race`; its stream `["logs",{}]` must bring each log of each provider once. */
  readonly hub?: Pick<StreamHub, 'subscribe'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: MetricRegistry;
}

/** Rounds over all providers without an answer to believe after which it is said. */
const patientRounds = 6;

/**
 * The complete logs of canonical blocks. What a provider answers is not believed unless it adds up to the bloom of the
 * block's header; a feed waits rather than skips, so that it asks on until somebody gives what does. One thing no bloom
 * can tell: that the last logs of a block are missing when all their addresses and topics are in others as well.
 */
export class BlockLogs {
  readonly #options: Required<BlockLogsOptions>;
  readonly #deps: BlockLogsDeps;
  readonly #trust = new BloomTrust();
  readonly #pool: BlockPool;
  readonly #slots: CallSlots;
  readonly #suspects: Suspects;
  readonly #raced: RacedLogs | undefined;
  readonly #stopped = new AbortController();
  readonly #cells: Readonly<Record<'unasked' | 'bloom' | 'raced' | 'kept' | 'fetched', CounterCell>>;
  #waiting = 0;

  constructor(options: BlockLogsOptions, deps: BlockLogsDeps) {
    this.#options = {
      source: 'fetch',
      maxParallel: 8,
      settleMs: 50,
      raceWaitMs: 500,
      minRetryMs: 50,
      maxRetryMs: 2_000,
      doubtMs: 15_000,
      maxKeptBlocks: 64,
      maxKeptBytes: 16 * 1024 * 1024,
      ...options,
    };
    this.#deps = deps;
    const { chain, source, maxKeptBlocks, maxKeptBytes, settleMs, raceWaitMs } = this.#options;
    const { metrics, clock } = deps;
    const evicted = metrics.counter(blockLogsMetrics.evicted, { chain });
    this.#pool = new BlockPool({ blocks: maxKeptBlocks, bytes: maxKeptBytes }, () => evicted.inc());
    this.#slots = new CallSlots(this.#options.maxParallel);
    this.#suspects = new Suspects(clock);
    const { hub } = deps;
    this.#raced =
      source === 'race' && hub !== undefined
        ? new RacedLogs({ chain, settleMs, raceWaitMs }, { ...deps, hub, pool: this.#pool })
        : undefined;
    const cell = (name: string) => metrics.counter(blockLogsMetrics.blocks, { chain, source: name });
    this.#cells = {
      unasked: cell('unasked'),
      bloom: cell('bloom'),
      raced: cell('raced'),
      kept: cell('kept'),
      fetched: cell('fetched'),
    };
    metrics.gauge(blockLogsMetrics.waiting, { chain }, () => this.#waiting);
    metrics.gauge(blockLogsMetrics.keptBytes, { chain }, () => this.#pool.bytes);
    metrics.gauge(blockLogsMetrics.unreliable, { chain }, () => Number(this.#trust.isLost));
  }

  /** What was gathered at another version may lack logs that are wanted now: gather it again. */
  get version(): number {
    return this.#deps.demand.version;
  }

  /**
   * Those logs of a block that somebody asks for, by index.
   *
   * @param providerId Who announced the block; asked first. Empty: nobody known.
   * @param signal The block is not wanted any more, as when it was orphaned meanwhile.
   * @throws the signal's reason, or an `AbortError` after `stop`; never for want of an answer: it waits for one.
   */
  async gather(
    block: LoggedBlock,
    providerId?: string,
    signal?: AbortSignal,
  ): Promise<readonly GatheredLog[]> {
    const { demand, rules, clock, metrics } = this.#deps;
    if (!demand.wantsAnyLogs) {
      this.#cells.unasked.inc();
      return [];
    }
    const bloom = block.bloom === undefined ? undefined : rules.parseBloom(block.bloom);
    if (this.#trust.isProven && bloom !== undefined && !demand.mayMatch(bloom)) {
      this.#cells.bloom.inc();
      return [];
    }
    const hash = block.hash.toLowerCase();
    const kept = this.#pool.verified(hash);
    if (kept !== undefined) {
      this.#cells.kept.inc();
      return this.#wanted(kept);
    }
    const startedAt = clock.now();
    this.#waiting++;
    const ending = new AbortController();
    const end = () => ending.abort(signal?.aborted === true ? signal.reason : this.#stopped.signal.reason);
    signal?.addEventListener('abort', end);
    this.#stopped.signal.addEventListener('abort', end);
    if (signal?.aborted === true || this.#stopped.signal.aborted) end();
    try {
      const raced = await this.#raced?.logs(hash, bloom, this.#trust, ending.signal);
      const logs = raced ?? (await this.#fetch(block, bloom, providerId, ending.signal));
      this.#cells[raced === undefined ? 'fetched' : 'raced'].inc();
      metrics
        .histogram(blockLogsMetrics.duration, { chain: this.#options.chain })
        .observe((clock.now() - startedAt) / 1_000);
      return this.#wanted(logs);
    } finally {
      this.#waiting--;
      signal?.removeEventListener('abort', end);
      this.#stopped.signal.removeEventListener('abort', end);
    }
  }

  /** Ends what is under way. */
  stop(): void {
    this.#stopped.abort();
    this.#raced?.stop();
    this.#pool.clear();
    const labels = { chain: this.#options.chain };
    for (const gauge of [blockLogsMetrics.waiting, blockLogsMetrics.keptBytes, blockLogsMetrics.unreliable])
      this.#deps.metrics.remove(gauge, labels);
  }

  async #fetch(
    block: LoggedBlock,
    bloom: Uint8Array | undefined,
    providerId: string | undefined,
    signal: AbortSignal,
  ): Promise<readonly BlockLog[]> {
    const { clock, rules } = this.#deps;
    const { chain, doubtMs, minRetryMs, maxRetryMs } = this.#options;
    const startedAt = clock.now();
    const inquiry = new Inquiry(
      { hash: block.hash.toLowerCase(), bloom, doubtMs },
      { rules, trust: this.#trust, onUnverified: (id, reason) => this.#onUnverified(block, id, reason) },
    );
    let delayMs = minRetryMs;
    for (let round = 1; ; round++) {
      const logs =
        (await this.#askAll(block, inquiry, providerId, signal)) ??
        (await this.#checkHeader(block, inquiry, inquiry.doubter(round), signal)) ??
        inquiry.endRound(round, clock.now() - startedAt);
      if (logs !== undefined) {
        const bytes = logs.reduce((sum, log) => sum + log.bytes.length, 0);
        this.#pool.keep(block.hash.toLowerCase(), logs, bytes);
        return logs;
      }
      this.#deps.metrics.counter(blockLogsMetrics.repeats, { chain }).inc();
      if (round % patientRounds === 0) this.#sayWaiting(block, clock.now() - startedAt);
      await pause(delayMs, signal, clock);
      delayMs = Math.min(2 * delayMs, maxRetryMs);
    }
  }

  /** Asks one provider after the other until one is believed; those that gave a wrong answer lately come last. */
  async #askAll(
    block: LoggedBlock,
    inquiry: Inquiry,
    providerId: string | undefined,
    signal: AbortSignal,
  ): Promise<readonly BlockLog[] | undefined> {
    const suspects = this.#suspects.now();
    const asked = new Set<string>();
    for (const left of suspects.length > 0 ? [suspects, []] : [[]]) {
      for (;;) {
        signal.throwIfAborted();
        const options = {
          ...(providerId ? { providerId } : {}),
          avoid: [...left, ...asked],
          signal,
        };
        const answer = await this.#slots.run(() => this.#deps.reads.blockLogs(block, options));
        signal.throwIfAborted();
        if (answer === undefined || asked.has(answer.providerId)) break;
        asked.add(answer.providerId);
        const logs = inquiry.judge(answer.providerId, answer.logs);
        if (logs === undefined) continue;
        this.#suspects.clear(answer.providerId);
        return logs;
      }
    }
    return undefined;
  }

  /** A header may be wrong as well: who contradicts it is asked for its own. */
  async #checkHeader(
    block: LoggedBlock,
    inquiry: Inquiry,
    doubter: string | undefined,
    signal: AbortSignal,
  ): Promise<readonly BlockLog[] | undefined> {
    if (doubter === undefined) return undefined;
    const { reads, rules } = this.#deps;
    const header = await this.#slots.run(() =>
      reads.block({ hash: block.hash }, { providerId: doubter, signal }),
    );
    signal.throwIfAborted();
    const text = header === undefined ? undefined : rules.bloomIn(header);
    const bloom = text === undefined ? undefined : rules.parseBloom(text);
    return bloom === undefined ? undefined : inquiry.hear(bloom);
  }

  #onUnverified(block: LoggedBlock, provider: string, reason: 'malformed' | 'missing' | 'extra'): void {
    const { chain } = this.#options;
    this.#suspects.add(provider);
    this.#deps.metrics.counter(blockLogsMetrics.unverified, { chain, provider, reason }).inc();
    this.#deps.log.debug("a provider's logs of a block are not believed", {
      chain,
      provider,
      reason,
      block: block.number,
    });
  }

  #sayWaiting(block: LoggedBlock, waitedMs: number): void {
    this.#deps.log.warn('the feed waits for the logs of a block that no provider gives as its bloom says', {
      chain: this.#options.chain,
      block: block.number,
      hash: block.hash,
      waitedMs: Math.round(waitedMs),
    });
  }

  /** Copies: the rest of the answer need not stay in memory with them. */
  #wanted(logs: readonly BlockLog[]): GatheredLog[] {
    const { demand } = this.#deps;
    return logs
      .filter(({ fields }) => demand.wants(fields.address, fields.topics[0]))
      .map(({ fields: { address, topics }, bytes }) => ({
        address,
        topic0: topics[0],
        bytes: Buffer.from(bytes),
      }));
  }
}
