import type { Keypair } from '@solana/web3.js';
import { accountCheck } from './account-check.ts';
import { AccountCreation } from './account-creation.ts';
import { AddressTurns } from './address-turns.ts';
import { Confirmations } from './confirmations.ts';
import type { EventTimes } from './event-times.ts';
import { Lane } from './lane.ts';
import { sessionMetrics } from './metrics.ts';
import { Retrying, type Step } from './retrying.ts';
import type { SessionBuilderDependencies, SessionBuilderOptions } from './session-builder.ts';
import type { SessionChain } from './session-chain.ts';
import { type SessionRecord, workOf } from './session-record.ts';
import type { FinishedRecord, SessionStore } from './session-store.ts';
import { Wallet } from './wallet.ts';

export interface SessionRunDependencies
  extends Pick<SessionBuilderDependencies, 'clock' | 'log' | 'metrics' | 'random'> {
  readonly keypair: Keypair;
  readonly chain: SessionChain;
  readonly store: SessionStore;
  readonly times: EventTimes;
  /** An event is out of the queue. */
  readonly onFinished: (finished: FinishedRecord) => void;
  /** Something happened that must not. */
  readonly onFault: (error: unknown) => void;
}

/** Events of the other kinds whose account is looked for at once. */
const maxChecks = 10;

/** The session builder between its start and its end: what waits in the store is dealt with. */
export class SessionRun {
  readonly wallet: Wallet;
  readonly creations: Lane;
  readonly checks: Lane;
  readonly retrying: Retrying;
  readonly #deps: SessionRunDependencies;
  readonly #creation: AccountCreation;
  readonly #check: Step;
  readonly #turns = new AddressTurns();
  readonly #end = new AbortController();

  constructor({ config, isEmbedded }: SessionBuilderOptions, deps: SessionRunDependencies) {
    const { chain, store, clock, log, metrics, random, keypair } = deps;
    this.#deps = deps;
    const sent = metrics.counter(sessionMetrics.sent);
    const onSent = () => sent.inc();
    this.wallet = new Wallet(
      keypair,
      { lowBalance: config.low_balance, balanceIntervalMs: config.balance_interval, isEmbedded },
      { chain, clock, log },
    );
    this.retrying = new Retrying(config.retry, {
      store,
      clock,
      log,
      random,
      retries: metrics.counter(sessionMetrics.retries),
      onSaved: record => this.#laneOf(record).update(record),
    });
    const confirmations = new Confirmations(
      { commitment: config.commitment, confirmTimeoutMs: config.confirm_timeout },
      { chain, clock, log, onSent },
    );
    const { wallet, retrying } = this;
    this.#creation = new AccountCreation(config, { chain, wallet, confirmations, retrying, log, onSent });
    this.#check = accountCheck(chain);
    const laneDeps = {
      store,
      run: (record: SessionRecord) => this.#deal(record),
      persist: <Result>(action: () => Promise<Result>) => retrying.persist(action, this.signal),
      onFault: deps.onFault,
    };
    this.creations = new Lane({ work: 'create', concurrency: config.max_concurrent_creations }, laneDeps);
    this.checks = new Lane({ work: 'check', concurrency: maxChecks }, laneDeps);
  }

  /** Aborted at the end. */
  get signal(): AbortSignal {
    return this.#end.signal;
  }

  /** Begins, with what an earlier run has left first. */
  start(options: { readonly isPaused: boolean }): void {
    this.wallet.start(this.signal);
    if (!options.isPaused) this.resume();
  }

  pause(): void {
    this.creations.pause();
    this.checks.pause();
  }

  resume(): void {
    this.creations.resume();
    this.checks.resume();
  }

  /** Takes events that the store has got just now. */
  add(records: readonly SessionRecord[]): void {
    for (const lane of [this.creations, this.checks])
      lane.add(records.filter(record => this.#laneOf(record) === lane));
  }

  /** Ends what is under way, which goes on from the store at the next start; resolves once the store hears no more of it. */
  async close(): Promise<void> {
    this.#end.abort();
    await Promise.all([this.creations.close(), this.checks.close()]);
  }

  #laneOf({ kind }: SessionRecord): Lane {
    return workOf(kind) === 'create' ? this.creations : this.checks;
  }

  async #deal(record: SessionRecord): Promise<void> {
    const { signal, retrying } = this;
    const isCreation = workOf(record.kind) === 'create';
    const step = isCreation ? this.#creation.step : this.#check;
    const { record: last, result } = await this.#turns.take(record.address ?? record.key, () =>
      retrying.run(record, step, signal),
    );
    const finished: FinishedRecord = {
      record: { ...last, finishedAt: this.#deps.clock.wallNow() },
      // Totals of failures are about accounts that were to be created.
      result: isCreation ? result : 'noted',
    };
    await retrying.persist(() => this.#deps.store.finish(finished), signal);
    this.#deps.onFinished(finished);
  }
}
