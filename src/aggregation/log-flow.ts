import type { Clock } from '../clock/clock.ts';
import type { Log } from '../telemetry/log.ts';
import type { MetricRegistry } from '../telemetry/metrics.ts';
import type { HeadTracker } from './head-tracker.ts';
import { type FetchLogs, LogBackfill } from './log-backfill.ts';
import { type BlockRange, LogCoverage } from './log-coverage.ts';
import { aggregationMetrics } from './metrics.ts';
import type { FlowContext, StreamFlow } from './stream-flow.ts';

/** How logs that a takeover lost are fetched. */
export interface LogFlowOptions {
  readonly chain: string;
  /** The subscription's filter, a JSON object as text. */
  readonly filter: string;
  /** Blocks fetched at most for one takeover; the newest ones are. */
  readonly maxBackfillBlocks: number;
  /** Milliseconds that one try of a fetch may take. */
  readonly fetchTimeoutMs: number;
  /** Blocks before a lost provider's head that are fetched again, see `LogCoverage`. */
  readonly reserveBlocks: number;
}

/** What the flow of logs needs. */
export interface LogFlowDeps {
  readonly heads: HeadTracker;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: MetricRegistry;
  /** Absent: what a takeover lost stays lost, and is counted. */
  readonly fetchLogs?: FetchLogs | undefined;
}

const maxWaiting = 4096;
/** Where a new subscription begins is only known to about a block: with so many heads after it, the seam is fetched. */
const settlingHeads = 2;

/**
 * Logs by first arrival. When a provider is lost and no live one covers the blocks since, they are fetched and
 * delivered before the events that arrive meanwhile, each log once.
 */
export class LogFlow implements StreamFlow {
  readonly #options: LogFlowOptions;
  readonly #context: FlowContext;
  readonly #deps: LogFlowDeps;
  readonly #coverage: LogCoverage;
  #backfill: LogBackfill | undefined;
  /** To be fetched after the backfill under way. */
  #wanted: BlockRange | undefined;
  /** Events that wait for the backfill; `undefined`: they go straight through. */
  #waiting: Buffer[] | undefined;
  #lastProvider = '';
  #hasBegun = false;
  #liveLegs = 0;
  #fetchedTo = 0;
  #settling = 0;
  #stopSettling: () => void = () => {};

  constructor(options: LogFlowOptions, context: FlowContext, deps: LogFlowDeps) {
    this.#options = options;
    this.#context = context;
    this.#deps = deps;
    this.#coverage = new LogCoverage(options.reserveBlocks);
  }

  onEvent(providerId: string, result: Buffer): void {
    if (!this.#context.ingestEvent(result, providerId)) return;
    if (this.#waiting === undefined) {
      this.#context.emit(result);
      return;
    }
    this.#waiting.push(Buffer.from(result));
    if (this.#waiting.length >= maxWaiting) this.#release();
  }

  onLegLive(providerId: string): void {
    this.#lastProvider = providerId;
    const { heads } = this.#deps;
    const isResumed = this.#hasBegun && this.#liveLegs === 0;
    this.#hasBegun = true;
    this.#liveLegs++;
    this.#coverage.began(providerId, heads.head(providerId) ?? heads.best?.number);
    this.#mend(isResumed);
  }

  onLegEnded(providerId: string): void {
    this.#liveLegs--;
    this.#coverage.ended(providerId, this.#deps.heads.head(providerId));
    this.#mend(this.#coverage.isSeamed);
  }

  close(): void {
    this.#backfill?.cancel();
    this.#stopSettling();
    this.#wanted = undefined;
    this.#waiting = undefined;
  }

  /** Fetches what no live subscription covers; `isSeam`: what it may not cover as well. */
  #mend(isSeam: boolean): void {
    const missing = this.#coverage.missing();
    if (missing !== undefined) this.#coverage.filled(missing.to);
    const { whole } = this.#coverage;
    if (whole === undefined || (missing === undefined && !isSeam)) return;
    if (this.#deps.fetchLogs === undefined) {
      if (missing !== undefined) this.#gaveUp(missing, new Error('logs cannot be fetched here'));
      return;
    }
    const from = missing?.from ?? whole + 1;
    const to = Math.max(whole, this.#deps.heads.best?.number ?? 0);
    if (to >= from) this.#want({ from, to });
    this.#settle(to);
  }

  #settle(fetchedTo: number): void {
    this.#fetchedTo = Math.max(this.#fetchedTo, fetchedTo);
    this.#settling = settlingHeads;
    this.#stopSettling();
    this.#stopSettling = this.#deps.heads.onBest(({ number }) => {
      if (number <= this.#fetchedTo) return;
      const from = this.#fetchedTo + 1;
      this.#fetchedTo = number;
      if (--this.#settling === 0) this.#stopSettling();
      this.#context.run(() => this.#want({ from, to: number }));
    });
  }

  #want(range: BlockRange): void {
    const wanted = this.#wanted;
    this.#wanted =
      wanted === undefined
        ? range
        : { from: Math.min(wanted.from, range.from), to: Math.max(wanted.to, range.to) };
    if (this.#backfill === undefined) this.#startBackfill();
  }

  #startBackfill(): void {
    const { fetchLogs, clock } = this.#deps;
    const wanted = this.#wanted;
    this.#wanted = undefined;
    this.#backfill = undefined;
    if (wanted === undefined || fetchLogs === undefined) return;
    const oldest = wanted.to - this.#options.maxBackfillBlocks + 1;
    if (wanted.from < oldest) this.#tooWide({ from: wanted.from, to: oldest - 1 });
    this.#waiting ??= [];
    const request = {
      filter: this.#options.filter,
      providerId: this.#lastProvider,
      fromBlock: Math.max(wanted.from, oldest),
      toBlock: wanted.to,
    };
    this.#backfill = new LogBackfill(
      { request, timeoutMs: this.#options.fetchTimeoutMs },
      {
        fetchLogs,
        clock,
        listener: {
          onLogs: logs => this.#context.run(() => this.#fetched(request.providerId, logs)),
          onDelayed: () => this.#context.run(() => this.#release()),
          onFailed: error =>
            this.#context.run(() => {
              this.#gaveUp({ from: request.fromBlock, to: request.toBlock }, error);
              this.#release();
              this.#startBackfill();
            }),
        },
      },
    );
    this.#backfill.start();
  }

  #fetched(providerId: string, logs: readonly Buffer[]): void {
    let delivered = 0;
    for (const log of logs) {
      if (!this.#context.ingestEvent(log, providerId)) continue;
      this.#context.emit(log);
      delivered++;
    }
    this.#count('done');
    if (delivered > 0) {
      this.#deps.metrics
        .counter(aggregationMetrics.logsFilled, { chain: this.#options.chain })
        .inc(delivered);
    }
    this.#release();
    this.#startBackfill();
  }

  #release(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const result of waiting) this.#context.emit(result);
  }

  #gaveUp(range: BlockRange, error: unknown): void {
    this.#count('failed');
    this.#deps.log.warn('logs of these blocks may be missing from a stream', {
      chain: this.#options.chain,
      ...range,
      error,
    });
  }

  #tooWide(range: BlockRange): void {
    this.#count('too_wide');
    this.#deps.log.warn('logs of these blocks are missing from a stream: the outage was too long', {
      chain: this.#options.chain,
      ...range,
    });
  }

  #count(outcome: 'done' | 'failed' | 'too_wide'): void {
    const labels = { chain: this.#options.chain, outcome };
    this.#deps.metrics.counter(aggregationMetrics.logBackfills, labels).inc();
  }
}
