import type { ChainCalls } from '../chains/chain-calls.ts';
import type { Clock } from '../clock/clock.ts';
import type { SessionsConfig } from '../config/sections/sessions.ts';
import type { SessionEvent } from '../pipelines/parsers/session-events.ts';
import type { PipelineGap, PipelineItem } from '../pipelines/pipeline.ts';
import type { StateStore } from '../pipelines/state/state-store.ts';
import type { Log } from '../telemetry/log.ts';
import type { CounterCell, MetricRegistry } from '../telemetry/metrics.ts';
import { EventTimes } from './event-times.ts';
import { loadKeypair } from './keypair-file.ts';
import { sessionMetrics } from './metrics.ts';
import { SessionChain } from './session-chain.ts';
import type { SessionIntake } from './session-handler.ts';
import { sessionHealth } from './session-health.ts';
import { newRecord, type SessionRecord, workOf } from './session-record.ts';
import { SessionRun } from './session-run.ts';
import {
  entryOf,
  type SessionHealth,
  type SessionServiceState,
  type SessionStats,
  type SessionStatus,
  type SessionStream,
} from './session-status.ts';
import { type FinishedRecord, type SessionResult, SessionStore } from './session-store.ts';
import { stopped, unlessStopped } from './waits.ts';

export interface SessionBuilderOptions {
  readonly config: SessionsConfig;
  /** The chain is an embedded one: a missing keypair file is made, and its key is funded. */
  readonly isEmbedded: boolean;
  /** Events that are dealt with and kept, for the list and to know them again. @default 10000 */
  readonly maxDone?: number;
}

export interface SessionBuilderDependencies {
  readonly calls: ChainCalls;
  /** Where the queue is; its own part of the state. */
  readonly state: StateStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: MetricRegistry;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** The pipeline that feeds it; undefined: it does not run. @default not looked at */
  readonly stream?: () => SessionStream | undefined;
}

/**
 * The session builder: takes the events of a session program, creates the accounts that they announce, and looks that those
 * are there of which they tell. What it has accepted is in the storage until it is dealt with.
 */
export class SessionBuilder implements SessionIntake {
  readonly #options: SessionBuilderOptions;
  readonly #deps: SessionBuilderDependencies;
  readonly #store: SessionStore;
  readonly #chain: SessionChain;
  readonly #times: EventTimes;
  readonly #results: Readonly<Record<SessionResult, CounterCell | undefined>>;
  readonly #gaps: CounterCell;
  readonly #faultListeners = new Set<(error: unknown) => void>();
  /** Handlers that wait for room in the queue. */
  readonly #roomWaiters = new Set<() => void>();
  #run: SessionRun | undefined;
  #stopping: Promise<void> | undefined;
  #startedAt = 0;
  /** Wall-clock milliseconds. */
  readonly #madeAt: number;
  #isPaused = false;
  #missed = 0;
  #failedInARow = 0;

  constructor(options: SessionBuilderOptions, deps: SessionBuilderDependencies) {
    const { config, maxDone = 10_000 } = options;
    const { calls, state, metrics } = deps;
    this.#options = options;
    this.#deps = deps;
    this.#madeAt = deps.clock.wallNow();
    this.#store = new SessionStore(state, { maxDone });
    this.#chain = new SessionChain(calls, { commitment: config.commitment });
    this.#times = new EventTimes(config.deadlines, deps);
    this.#results = {
      created: metrics.counter(sessionMetrics.created),
      existing: metrics.counter(sessionMetrics.existing),
      rejected: metrics.counter(sessionMetrics.failed, { outcome: 'rejected' }),
      failed: metrics.counter(sessionMetrics.failed, { outcome: 'failed' }),
      noted: undefined,
    };
    this.#gaps = metrics.counter(sessionMetrics.gaps);
    metrics.gauge(sessionMetrics.connection, {}, () => Number(this.#chain.isAnswered));
    metrics.gauge(sessionMetrics.uptime, {}, () => this.#uptimeSeconds);
    metrics.gauge(sessionMetrics.queueSize, {}, () => this.#store.waiting);
    metrics.gauge(sessionMetrics.active, {}, () => this.#run?.creations.active.length ?? 0);
    metrics.gauge(sessionMetrics.balance, {}, () => this.#run?.wallet.balance ?? 0);
  }

  get state(): SessionServiceState {
    const run = this.#run;
    if (run === undefined) return 'stopped';
    if (this.#isPaused) return 'paused';
    if (run.wallet.waiting > 0) return 'waiting_for_funds';
    return run.retrying.unanswered > 0 ? 'waiting_for_chain' : 'running';
  }

  /**
   * Begins, with what is in the queue; nothing happens when it runs already.
   *
   * @throws SessionError the keypair cannot be used; StorageError
   */
  async open(): Promise<void> {
    if (this.#run !== undefined) return;
    // What an earlier run has written last has to be there before it is read.
    await this.#stopping;
    const { config, isEmbedded } = this.#options;
    const { clock, log, metrics, random } = this.#deps;
    const keypair = await loadKeypair(config.keypair, { isMade: isEmbedded });
    await this.#store.open();
    if (isEmbedded) await this.#forgetEarlierChain();
    this.#run = new SessionRun(this.#options, {
      keypair,
      chain: this.#chain,
      store: this.#store,
      times: this.#times,
      clock,
      log,
      metrics,
      random,
      onFinished: finished => this.#onFinished(finished),
      onFault: error => this.#onFault(error),
    });
    this.#startedAt = clock.now();
    this.#run.start({ isPaused: this.#isPaused });
    log.info('the session builder runs', {
      wallet: this.#run.wallet.address,
      method: config.method,
      queue: this.#store.waiting,
    });
  }

  /** Ends at once what is under way, which is in the storage and goes on at the next `open`; resolves when it has ended. */
  async stop(): Promise<void> {
    const run = this.#run;
    this.#run = undefined;
    if (run !== undefined) this.#stopping = run.close();
    await this.#stopping;
  }

  /** Begins with nothing new; events are still accepted, as far as there is room. */
  pause(): void {
    this.#isPaused = true;
    this.#run?.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#run?.resume();
  }

  async accept(items: readonly PipelineItem<SessionEvent>[], signal: AbortSignal): Promise<void> {
    const wallNow = this.#deps.clock.wallNow();
    // At these commitments nothing is taken back.
    const records = items.filter(({ origin }) => !origin.isRemoved).map(item => newRecord(item, wallNow));
    const now = this.#deps.clock.now();
    await this.#note(
      records.filter(({ kind }) => workOf(kind) === 'note'),
      now,
    );
    const queued = records.filter(({ kind }) => workOf(kind) !== 'note');
    for (let at = 0; at < queued.length; ) {
      const room = await this.#room(signal);
      const fresh = await this.#store.enqueue(queued.slice(at, at + room));
      for (const record of fresh) this.#times.arrived(record, now);
      this.#run?.add(fresh);
      at += room;
    }
  }

  missed(gap: PipelineGap): void {
    if (gap.recovered === 'transactions') return;
    this.#missed++;
    this.#gaps.inc();
    this.#deps.log.error('events of sessions may be missing', {
      fromSlot: gap.fromSlot,
      toSlot: gap.toSlot,
      reason: gap.reason,
    });
  }

  /** From memory. */
  health(): SessionHealth {
    const { config } = this.#options;
    return sessionHealth({
      stats: this.stats(),
      stream: this.#deps.stream?.(),
      isStreamExpected: this.#deps.stream !== undefined,
      isBalanceLow: this.#run?.wallet.isLow ?? false,
      isChainAnswered: this.#chain.isAnswered,
      maxQueue: config.max_queue,
      gaps: this.#missed,
      failedInARow: this.#failedInARow,
    });
  }

  /** From memory. */
  stats(): SessionStats {
    const { created, existing, rejected, failed, events } = this.#store.totals;
    const run = this.#run;
    return {
      is_running: run !== undefined,
      state: this.state,
      uptime_seconds: this.#uptimeSeconds,
      accounts_created: created,
      accounts_existing: existing,
      accounts_failed: rejected + failed,
      accounts_rejected: rejected,
      events_processed: events,
      queue_size: this.#store.waiting,
      creations_active: run?.creations.active.length ?? 0,
      wallet_address: run?.wallet.address,
      wallet_balance_lamports: run?.wallet.balance,
      slot: this.#chain.slot,
      deadlines: this.#times.kinds,
    };
  }

  /**
   * The figures, and some events.
   *
   * @param options.limit of the events that wait, and of those that are dealt with. @default 20
   * @throws StorageError
   */
  async status(options: { readonly limit?: number } = {}): Promise<SessionStatus> {
    const { limit = 20 } = options;
    const inHand = [...(this.#run?.creations.active ?? []), ...(this.#run?.checks.active ?? [])];
    const known = new Set(inHand.map(({ key }) => key));
    const maxEntries = limit + inHand.length;
    const next = [
      ...(await this.#store.queued('create', { maxEntries })),
      ...(await this.#store.queued('check', { maxEntries })),
    ].filter(({ key }) => !known.has(key));
    return {
      ...this.stats(),
      waiting: [...inHand, ...next].slice(0, limit).map(entryOf),
      done: (await this.#store.done(limit)).map(entryOf),
    };
  }

  /** Tells of a mistake in the service itself; returns how not to be told. */
  onFault(listener: (error: unknown) => void): () => void {
    this.#faultListeners.add(listener);
    return () => this.#faultListeners.delete(listener);
  }

  get #uptimeSeconds(): number {
    return this.#run === undefined ? 0 : (this.#deps.clock.now() - this.#startedAt) / 1_000;
  }

  /** An embedded chain ends with its Trunkline: what an earlier one announced can be created nowhere. */
  async #forgetEarlierChain(): Promise<void> {
    const reason = 'the embedded chain on which it was announced is gone';
    const count = await this.#store.abandon(this.#madeAt, reason);
    if (count > 0) this.#deps.log.warn('session events of an earlier embedded chain are given up', { count });
  }

  async #note(records: readonly SessionRecord[], arrivedAt: number): Promise<void> {
    if (records.length === 0) return;
    const finishedAt = this.#deps.clock.wallNow();
    const fresh = await this.#store.note(
      records.map(record => ({ ...record, state: 'done', reason: 'noted', finishedAt })),
    );
    for (const record of fresh) {
      this.#times.arrived(record, arrivedAt);
      this.#times.finished(record);
      if (record.kind === 'EmergencySessionResetEvent')
        this.#deps.log.warn('a session was reset in an emergency', {
          session: record.sessionId.slice(0, 128),
          address: record.address,
          slot: record.slot,
        });
    }
  }

  /** How many events there is room for, at least one. @throws SessionError `session_stopped` */
  async #room(signal: AbortSignal): Promise<number> {
    for (;;) {
      if (signal.aborted) throw stopped();
      const room = this.#options.config.max_queue - this.#store.waiting;
      if (room > 0) return room;
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#roomWaiters.add(resolve);
      try {
        await unlessStopped(promise, signal);
      } finally {
        this.#roomWaiters.delete(resolve);
      }
    }
  }

  #onFinished({ record, result }: FinishedRecord): void {
    this.#results[result]?.inc();
    if (result === 'failed') this.#failedInARow++;
    else if (result === 'created' || result === 'existing') this.#failedInARow = 0;
    this.#times.finished(record);
    for (const resolve of this.#roomWaiters) resolve();
    const fields = {
      session: record.sessionId.slice(0, 128),
      kind: record.kind,
      address: record.address,
      slot: record.slot,
      reason: record.reason,
    };
    if (record.state !== 'done') this.#deps.log.warn(`a session event ended as ${record.state}`, fields);
    else this.#deps.log.debug('a session event is dealt with', fields);
  }

  #onFault(error: unknown): void {
    this.#deps.log.error('the session builder made a mistake', { error });
    for (const listener of this.#faultListeners) listener(error);
  }
}
