import type { ChainCalls } from '../../chains/chain-calls.ts';
import type { Commitment } from '../../chains/solana/commitment.ts';
import type { Clock } from '../../clock/clock.ts';
import type { PlainChildSpec } from '../../otp/child-spec.ts';
import type { Log } from '../../telemetry/log.ts';
import type { MetricRegistry } from '../../telemetry/metrics.ts';
import { type BackfillWork, sourceBackfillChild } from '../backfill/backfill-process.ts';
import { PatientCalls } from '../backfill/patient-calls.ts';
import { RangeBackfill } from '../backfill/range-backfill.ts';
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
import { geyserConnectionChild } from './geyser-connection.ts';
import { GeyserEndpoint } from './geyser-endpoint.ts';
import { type CompleteGeyserOptions, completeOptions, type GeyserSourceOptions } from './geyser-options.ts';

export interface GeyserSourceDeps {
  readonly listener: SourceListener;
  /** For what the streams do not bring. */
  readonly calls: ChainCalls;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: MetricRegistry;
  /** Uniform in [0, 1). @default Math.random */
  readonly random?: () => number;
}

/**
 * Updates of a chain from the Geyser plugins of its endpoints, over gRPC (https://github.com/rpcpool/yellowstone-grpc).
 * Plain; it lives as long as the chain. The processes of `geyserSourceChildren` make it run, and can die and come
 * back without a loss.
 */
export class GeyserSource implements UpdateSource {
  readonly chain: string;
  readonly name = 'geyser';
  readonly commitment: Commitment;
  readonly purpose: string;
  readonly endpoints: readonly GeyserEndpoint[];
  readonly #options: CompleteGeyserOptions;
  readonly #intake: Intake;
  readonly #calls: ChainCalls;
  readonly #slots: BelievedSlots;
  readonly #backfill: RangeBackfill;
  readonly #turns = new Set<() => void>();
  #wake: () => void = () => {};
  #isBackfilling = false;

  constructor(options: GeyserSourceOptions, deps: GeyserSourceDeps) {
    const { listener, calls, clock, log, metrics, random = Math.random } = deps;
    this.#options = completeOptions(options);
    const { chain, commitment, purpose, maxBackfill, patienceMs } = this.#options;
    this.chain = chain;
    this.commitment = commitment;
    this.purpose = purpose;
    this.#calls = calls;
    const labels = { chain, source: sourceLabel('geyser', purpose), commitment };
    this.#intake = new Intake(labels, { listener, metrics });
    const retries = metrics.counter(sourceMetrics.callRetries, labels);
    const rejected = metrics.counter(sourceMetrics.implausible, labels);
    this.#slots = new BelievedSlots({ calls, clock, log: log.child(labels), rejected });
    this.#backfill = new RangeBackfill(
      { commitment, maxSlots: maxBackfill, patienceMs },
      {
        intake: this.#intake,
        calls: new PatientCalls({ calls, clock, log: log.child(labels), retries, random }),
        phantoms: metrics.counter(sourceMetrics.phantoms, labels),
        onContradiction: (end, isSettled) => this.#doubt(end, isSettled),
      },
    );
    const endpointDeps = {
      intake: this.#intake,
      slots: this.#slots,
      clock,
      log,
      metrics,
      random,
      onSlot: () => this.#look(),
      settled: () => (this.#isBackfilling ? undefined : this.#intake.settled),
      isChainMoving: (past: 'newest' | 'settled') => this.#isChainMoving(past),
    };
    this.endpoints = [...options.endpoints]
      .sort((a, b) => (a.priority ?? 1) - (b.priority ?? 1))
      .map(endpoint => new GeyserEndpoint(endpoint, this.#options, endpointDeps));
  }

  get hasSubscriptions(): boolean {
    return this.#intake.subscriptions.length > 0;
  }

  subscribe(subscriptions: readonly SourceSubscription[]): void {
    const mustReplay = this.#intake.subscribe(subscriptions);
    const { resumeFrom } = this.#intake;
    if (resumeFrom !== undefined) this.#slots.learn(resumeFrom - 1);
    for (const endpoint of this.endpoints) {
      if (mustReplay) endpoint.renew();
      else endpoint.rewrite();
    }
    this.turn();
  }

  state(): SourceState {
    const intake = this.#intake;
    return {
      status: this.#status(),
      endpoints: this.endpoints.map(endpoint => endpoint.state()),
      slot: intake.ledger.newest,
      settled: intake.settled,
      gaps: intake.gaps,
    };
  }

  /** Whether an endpoint is to stream now, as it does not yet. */
  mayStream(endpoint: GeyserEndpoint): boolean {
    if (!this.hasSubscriptions) return false;
    if (this.#options.mode === 'race') return true;
    // One that was passed on to streams, whoever stands by.
    const rank = isBusy(endpoint) ? 0 : this.endpoints.indexOf(endpoint);
    return this.endpoints.every(
      (other, i) => other === endpoint || !(isBusy(other) || (i < rank && other.status === 'standby')),
    );
  }

  /** Calls `listener` whenever it may be another endpoint's turn. @returns how to stop that */
  onTurn(listener: () => void): () => void {
    this.#turns.add(listener);
    return () => this.#turns.delete(listener);
  }

  /** A stream has failed: one that stands by takes its place, however soon the one that failed would be back. */
  passOn(): void {
    const next = this.endpoints.find(({ status }) => status === 'standby');
    if (next !== undefined && !this.endpoints.some(isBusy)) next.status = 'connecting';
    this.turn();
  }

  /** Has the endpoints see whose turn it is. */
  turn(): void {
    for (const listener of [...this.#turns]) listener();
  }

  /** What its backfill process does. */
  readonly backfillWork: BackfillWork = {
    next: () => this.#intake.ledger.missing(),
    run: async (range, signal) => {
      this.#isBackfilling = true;
      try {
        await this.#backfill.run(range, signal);
      } finally {
        this.#isBackfilling = false;
      }
    },
    onWake: wake => {
      this.#wake = wake;
    },
  };

  #look(): void {
    if (!this.#isBackfilling && this.#intake.ledger.missing() !== undefined) this.#wake();
  }

  /** Gives up the endpoints that told of a range what the providers do not know. */
  #doubt(end: number, isSettled: boolean): void {
    const liars = this.endpoints.filter(({ position }) => position >= end);
    if (!isSettled) this.#intake.distrust();
    for (const endpoint of this.endpoints) {
      if (liars.includes(endpoint)) endpoint.giveUp();
      else if (!isSettled) endpoint.renew();
    }
  }

  #status(): SourceState['status'] {
    if (this.endpoints.length > 0 && this.endpoints.every(({ isAhead }) => isAhead)) return 'failed';
    if (this.#isBackfilling) return 'backfilling';
    if (this.endpoints.some(({ isPaused }) => isPaused)) return 'paused';
    if (this.endpoints.some(({ status }) => status === 'streaming')) return 'streaming';
    return this.endpoints.every(({ isRefused }) => isRefused) ? 'failed' : 'connecting';
  }

  async #isChainMoving(past: 'newest' | 'settled'): Promise<boolean> {
    const sure = this.commitment === 'finalized' ? 'finalized' : 'confirmed';
    try {
      const commitment = past === 'newest' ? 'processed' : sure;
      const slot = await this.#calls.call('getSlot', [{ commitment }]);
      if (!isSlot(slot)) return true;
      for (const endpoint of this.endpoints) endpoint.compare(slot);
      return slot > (past === 'newest' ? this.#intake.ledger.newest : this.#intake.settled);
    } catch {
      // Nobody knows: another connection may.
      return true;
    }
  }
}

function isBusy({ status }: GeyserEndpoint): boolean {
  return status === 'connecting' || status === 'streaming';
}

/** The children that make a source run, for a supervisor of the strategy one_for_one. */
export function geyserSourceChildren(source: GeyserSource): PlainChildSpec[] {
  return [
    sourceBackfillChild(source, source.backfillWork),
    ...source.endpoints.map(endpoint => geyserConnectionChild(source, endpoint)),
  ];
}
