import type { StreamHub } from '../../aggregation/stream-hub.ts';
import type { ChainCalls } from '../../chains/chain-calls.ts';
import type { Commitment } from '../../chains/solana/commitment.ts';
import type { Clock } from '../../clock/clock.ts';
import type { Log } from '../../telemetry/log.ts';
import type { CounterCell, MetricRegistry } from '../../telemetry/metrics.ts';
import { PatientCalls } from '../backfill/patient-calls.ts';
import { RangeBackfill } from '../backfill/range-backfill.ts';
import { fetchTransaction, namersOf } from '../backfill/range-transactions.ts';
import { Intake } from '../intake.ts';
import { sourceMetrics } from '../metrics.ts';
import { BelievedSlots, isSlot } from '../slots/believed-slots.ts';
import {
  type SourceListener,
  type SourceState,
  type SourceSubscription,
  sourceLabel,
  type UpdateSource,
} from '../source.ts';
import { HubSubscriptions } from './hub-subscriptions.ts';
import { readLogNotification, readSlotNotification } from './log-notification.ts';
import type { LogsSourceOptions } from './logs-options.ts';
import { TransactionFetcher } from './transaction-fetcher.ts';

export interface LogsSourceDeps {
  readonly listener: SourceListener;
  /** The streams of the chain. */
  readonly streams: Pick<StreamHub, 'subscribe'>;
  readonly calls: ChainCalls;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: MetricRegistry;
  /** Uniform in [0, 1). @default Math.random */
  readonly random?: () => number;
}

/** Slots behind the checkpoint at which no provider merely lags. */
const FAR_BEHIND = 1024;
/** Milliseconds for which it is asked whether the chain has got to a slot that is far ahead. */
const CONFIRM_MS = 2000;
const slotStream = '["slotSubscribe"]';

/**
 * Updates of a chain from log subscriptions of its providers, for where there is no Geyser endpoint. Logs only tell
 * that there is a transaction: it is fetched, so that the updates are those of a Geyser stream. What subscriptions
 * did not tell is found by comparing with what providers list, and only that lets slots settle. Blocks and their metas come by
 * those comparisons alone; accounts do not come at all.
 *
 * Plain; it lives as long as the chain. The process of `logsSourceChild` makes it run.
 */
export class LogsSource implements UpdateSource {
  readonly chain: string;
  readonly name = 'logs';
  readonly commitment: Commitment;
  readonly purpose: string;
  readonly #options: Required<LogsSourceOptions>;
  readonly #intake: Intake;
  readonly #calls: PatientCalls;
  readonly #slots: BelievedSlots;
  readonly #rejected: CounterCell;
  readonly #log: Log;
  readonly #backfill: RangeBackfill;
  readonly #subscriptions: HubSubscriptions;
  readonly #fetcherDeps: Omit<ConstructorParameters<typeof TransactionFetcher>[1], 'dropped'>;
  readonly #dropped: CounterCell;
  #fetcher: TransactionFetcher | undefined;
  /** By the params of its stream, each address whose logs are listened to. */
  #addresses: ReadonlyMap<string, string> = new Map();
  /** Who names each address. */
  #namers: ReadonlyMap<string, ReadonlySet<SourceSubscription>> = new Map();
  #status: SourceState['status'] = 'connecting';
  #withFailed = false;
  #wake: () => void = () => {};

  constructor(options: LogsSourceOptions, deps: LogsSourceDeps) {
    const { listener, streams, calls, clock, log, metrics, random = Math.random } = deps;
    this.#options = {
      purpose: '',
      reconcileIntervalMs: 2000,
      resubscribeMs: 1000,
      maxBackfill: 1000,
      maxQueue: 1000,
      fetchTimeoutMs: 10_000,
      patienceMs: 30_000,
      ...options,
    };
    const { chain, commitment, purpose, maxBackfill, resubscribeMs, patienceMs, fetchTimeoutMs } =
      this.#options;
    this.chain = chain;
    this.commitment = commitment;
    this.purpose = purpose;
    const labels = { chain, source: sourceLabel('logs', purpose), commitment };
    this.#log = log.child(labels);
    this.#intake = new Intake({ ...labels, content: this.#sureCommitment }, { listener, metrics });
    const retries = metrics.counter(sourceMetrics.callRetries, labels);
    this.#calls = new PatientCalls({ calls, clock, log: this.#log, retries, random });
    this.#rejected = metrics.counter(sourceMetrics.implausible, labels);
    this.#slots = new BelievedSlots({ calls, clock, log: this.#log, rejected: this.#rejected });
    this.#backfill = new RangeBackfill(
      { commitment, maxSlots: maxBackfill, wholeBlocks: 0, isRoutine: true, patienceMs },
      {
        intake: this.#intake,
        calls: this.#calls,
        phantoms: metrics.counter(sourceMetrics.phantoms, labels),
        onContradiction: end => this.#warnOfFar(end),
      },
    );
    this.#subscriptions = new HubSubscriptions(resubscribeMs, {
      streams,
      clock,
      log: this.#log,
      onEvent: (params, result) => this.#onEvent(params, result),
    });
    this.#dropped = metrics.counter(sourceMetrics.dropped, labels);
    this.#fetcherDeps = {
      clock,
      fetch: (listed, signal) => {
        const options = { commitment: this.#sureCommitment, patienceMs: fetchTimeoutMs };
        return fetchTransaction(listed, options, this.#calls, signal);
      },
      // Others that it concerns are told in the turn of their own addresses.
      take: (transaction, address) =>
        this.#intake.takeFetched(transaction, this.#namers.get(address) ?? new Set()),
      hasRoom: () => this.#intake.hasRoom,
    };
    metrics.gauge(sourceMetrics.queue, labels, () => this.#fetcher?.size ?? 0);
  }

  get reconcileIntervalMs(): number {
    return this.#options.reconcileIntervalMs;
  }

  subscribe(subscriptions: readonly SourceSubscription[]): void {
    this.#intake.subscribe(subscriptions);
    const { resumeFrom } = this.#intake;
    if (resumeFrom !== undefined) this.#slots.learn(resumeFrom - 1);
    for (const { id, filter } of subscriptions) {
      if (filter.kind === 'account')
        this.#log.warn('log subscriptions tell nothing of accounts', { pipeline: id });
    }
    this.#withFailed = subscriptions.some(({ filter }) => filter.failed);
    if (this.#fetcher !== undefined) this.#want();
    this.#wake();
  }

  state(): SourceState {
    const { ledger, settled, gaps } = this.#intake;
    return { status: this.#status, endpoints: [], slot: ledger.newest, settled, gaps };
  }

  /** Begins to listen. `wake` is called when a comparison should not wait for its time. */
  start(wake: () => void): void {
    this.#wake = wake;
    const { maxQueue, fetchTimeoutMs: timeoutMs } = this.#options;
    this.#fetcher = new TransactionFetcher(
      { maxQueue, timeoutMs },
      { ...this.#fetcherDeps, dropped: this.#dropped },
    );
    this.#want();
  }

  /** Stops listening; what was told stays told. */
  stop(): void {
    this.#wake = () => {};
    this.#subscriptions.want([]);
    this.#fetcher?.stop();
    this.#fetcher = undefined;
    this.#status = 'connecting';
  }

  /**
   * Fetches what providers list and nobody was told of, up to the newest sure slot, and settles that.
   * @throws the signal's reason, when it is aborted
   */
  async reconcile(signal: AbortSignal): Promise<void> {
    const intake = this.#intake;
    if (intake.subscriptions.length === 0) return;
    if (!intake.hasRoom) {
      this.#status = 'paused';
      await intake.room(signal);
    }
    const sure = await this.#slotAt(this.#sureCommitment, signal);
    const { ledger } = intake;
    // A provider that is the only one to say so has no block of it.
    if (!this.#slots.isNear(sure) && !(await this.#backfill.isThere(sure, true, signal, CONFIRM_MS))) {
      this.#rejected.inc();
      this.#warnOfFar(sure);
      return;
    }
    this.#slots.learn(sure);
    if (ledger.settled === undefined) {
      ledger.restartAt(sure - 1);
    }
    if (sure < intake.settled - FAR_BEHIND) {
      if (this.#status !== 'failed')
        this.#log.error(
          'the chain is far behind the checkpoint: it was reset, or the checkpoint was never real; nothing is told until it is past it',
          { settled: intake.settled, slot: sure },
        );
      this.#status = 'failed';
      return;
    }
    const from = intake.settled + 1;
    if (sure >= from) {
      if (sure - from > this.#options.maxBackfill) this.#status = 'backfilling';
      await this.#backfill.run({ from, to: sure, isAnchored: true }, signal);
    }
    if (this.#sureCommitment !== 'finalized') {
      const slot = await this.#slotAt('finalized', signal);
      if (slot <= intake.settled)
        ledger.report({ kind: 'slot', slot, parent: undefined, status: 'finalized' });
    }
    this.#status = 'streaming';
  }

  #warnOfFar(slot: number): void {
    this.#log.warn('a provider tells of a slot that the chain is not at: it is asked anew', { slot });
  }

  /** What is only processed cannot be fetched. */
  get #sureCommitment(): 'confirmed' | 'finalized' {
    return this.commitment === 'finalized' ? 'finalized' : 'confirmed';
  }

  #slotAt(commitment: Commitment, signal: AbortSignal): Promise<number> {
    const read = (result: unknown) => (isSlot(result) ? result : undefined);
    return this.#calls.call('getSlot', [{ commitment }], read, signal);
  }

  #want(): void {
    const { subscriptions } = this.#intake;
    const listeners = subscriptions.filter(
      ({ filter: { kind } }) => kind === 'transaction' || kind === 'instruction',
    );
    const options = JSON.stringify({ commitment: this.commitment });
    // Filters that name no address are left to the comparisons.
    this.#namers = namersOf(listeners);
    this.#addresses = new Map(
      [...this.#namers.keys()].map(address => [
        `["logsSubscribe",${JSON.stringify({ mentions: [address] })},${options}]`,
        address,
      ]),
    );
    this.#subscriptions.want(subscriptions.length === 0 ? [] : [slotStream, ...this.#addresses.keys()]);
  }

  #onEvent(params: string, result: Buffer): void {
    if (params === slotStream) {
      const slot = readSlotNotification(result);
      if (slot === undefined) return;
      if (this.#slots.isNear(slot.slot))
        this.#intake.ledger.report({ kind: 'slot', ...slot, status: 'processed' });
      else this.#rejected.inc();
      return;
    }
    const address = this.#addresses.get(params);
    const notification = readLogNotification(result);
    if (address === undefined || notification === undefined || (notification.isFailed && !this.#withFailed))
      return;
    if (notification.slot <= this.#intake.settled) return;
    if (this.#slots.isNear(notification.slot)) this.#fetcher?.add(notification, address);
    else this.#rejected.inc();
  }
}
