import type { Clock } from '../../clock/clock.ts';
import type { Log } from '../../telemetry/log.ts';
import type { CounterCell, MetricRegistry } from '../../telemetry/metrics.ts';
import type { Intake } from '../intake.ts';
import { sourceMetrics } from '../metrics.ts';
import type { BelievedSlots } from '../slots/believed-slots.ts';
import type { Coverage } from '../slots/coverage.ts';
import { type SourceState, sourceLabel } from '../source.ts';
import { FilterReaders } from './filter-readers.ts';
import type { CompleteGeyserOptions, GeyserEndpointOptions } from './geyser-options.ts';
import { GeyserStream } from './geyser-stream.ts';
import { ReconnectPlan } from './reconnect-plan.ts';
import { type StreamEnd, streamEnd } from './stream-end.ts';
import { subscribeRequest } from './subscribe-request.ts';

/** What the process behind an endpoint hears. */
export interface EndpointOwner {
  onOpen(): void;
  onEnd(end: StreamEnd): void;
}

/** What an endpoint needs of the source that it belongs to. */
export interface GeyserEndpointDeps {
  readonly intake: Intake;
  readonly slots: Pick<BelievedSlots, 'believes' | 'confirms'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: MetricRegistry;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Statuses came: something may be missing. */
  readonly onSlot: () => void;
  /** Up to where everything is in; undefined: that is not the streams' task now. */
  readonly settled: () => number | undefined;
  /** Whether the chain has gone past the newest slot that was told, or past what is settled. */
  readonly isChainMoving: (past: 'newest' | 'settled') => Promise<boolean>;
}

/** Slots below what is settled of which no status comes any more on a chain that goes on. */
const FAR_BEHIND = 1024;
const aheadMessage =
  'the chain is far behind the checkpoint: it was reset, or the checkpoint was never real; nothing is told until it is past it';

type EndpointState = SourceState['endpoints'][number];

/** One endpoint over all its streams: its process starts them, it hands on what they bring, and knows what went wrong. */
export class GeyserEndpoint {
  readonly id: string;
  readonly priority: number;
  readonly log: Log;
  status: EndpointState['status'] = 'idle';
  readonly #endpoint: GeyserEndpointOptions;
  readonly #options: CompleteGeyserOptions;
  readonly #deps: GeyserEndpointDeps;
  readonly #plan: ReconnectPlan;
  readonly #cells: {
    readonly bytes: CounterCell;
    readonly connects: CounterCell;
    readonly paused: CounterCell;
  };
  readonly #countEnd: (reason: string) => void;
  #owner: EndpointOwner | undefined;
  #stream: GeyserStream | undefined;
  /** Of the newest request. */
  #readers = new FilterReaders([]);
  #coverage: Coverage | undefined;
  #error: string | undefined;
  #isRefused = false;
  #connects = 0;
  #connectedAt = 0;
  #replayFrom: number | undefined;
  #isPaused = false;
  /** The checkpoint is ahead of the chain. */
  #isAhead = false;

  constructor(endpoint: GeyserEndpointOptions, options: CompleteGeyserOptions, deps: GeyserEndpointDeps) {
    this.id = endpoint.id;
    this.priority = endpoint.priority ?? 1;
    this.#endpoint = endpoint;
    this.#options = options;
    this.#deps = deps;
    this.#plan = new ReconnectPlan(options, deps.random);
    const { chain, commitment, purpose } = options;
    this.log = deps.log.child({ chain, commitment, endpoint: endpoint.id });
    const labels = { chain, source: sourceLabel('geyser', purpose), commitment, endpoint: endpoint.id };
    const { metrics } = deps;
    this.#cells = {
      bytes: metrics.counter(sourceMetrics.bytes, labels),
      connects: metrics.counter(sourceMetrics.connects, labels),
      paused: metrics.counter(sourceMetrics.pausedSeconds, labels),
    };
    const stalls = metrics.counter(sourceMetrics.stalls, labels);
    this.#countEnd = reason => {
      metrics.counter(sourceMetrics.ends, { ...labels, reason }).inc();
      if (reason === 'stalled' || reason === 'silent') stalls.inc();
    };
    metrics.gauge(sourceMetrics.replayMargin, labels, () => this.#margin());
  }

  /** It said no to the token or to the filters: nothing but a change of the config will help. */
  get isRefused(): boolean {
    return this.#isRefused;
  }

  /** The checkpoint is far ahead of the chain. */
  get isAhead(): boolean {
    return this.#isAhead;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** The wait until the next stream, after the last one has ended. */
  get waitMs(): number {
    return this.#plan.waitMs;
  }

  state(): EndpointState {
    const { id, status } = this;
    const reconnects = Math.max(0, this.#connects - 1);
    const error = this.#isAhead ? aheadMessage : this.#error;
    return { id, status, error, reconnects, replayFrom: this.#replayFrom };
  }

  /** Starts a stream that goes on where the source is. */
  connect(owner: EndpointOwner): void {
    this.disown();
    this.#owner = owner;
    const { intake, clock } = this.#deps;
    const fromSlot = this.#plan.fromSlot(intake.resumeFrom);
    const coverage = intake.ledger.open(fromSlot);
    this.#coverage = coverage;
    this.#connects++;
    this.#connectedAt = clock.now();
    this.#cells.connects.inc();
    const stream: GeyserStream = new GeyserStream(this.#endpoint, this.#options, this.#request(fromSlot), {
      clock,
      listener: {
        onOpen: () => this.#owner?.onOpen(),
        onUpdate: (update, filters) => {
          if (update.kind !== 'slot') {
            intake.take(update, this.#readers.of(update, filters), coverage);
            return;
          }
          intake.ledger.report(update, coverage);
          this.compare(update.slot);
          this.#deps.onSlot();
        },
        believes: slot => this.#deps.slots.believes(slot),
        confirms: slot => this.#deps.slots.confirms(slot),
        onBytes: count => this.#cells.bytes.inc(count),
        onPaused: ms => {
          this.#isPaused = false;
          this.#cells.paused.inc(ms / 1000);
        },
        onEnd: end => this.#onEnd(stream, end),
        hasRoom: () => intake.hasRoom,
        whenRoom: resume => {
          this.#isPaused = true;
          intake.whenRoom(resume);
        },
        settled: () => this.#deps.settled(),
        isChainMoving: past => this.#deps.isChainMoving(past),
      },
    });
    this.#stream = stream;
  }

  /** Has the stream carry what the subscriptions want by now. */
  rewrite(): void {
    this.#stream?.rewrite(this.#request());
  }

  /** The newest slot that its stream told to be sure; -1: none. */
  get position(): number {
    return this.#stream === undefined ? -1 : (this.#coverage?.position ?? -1);
  }

  /** A chain that is far behind the checkpoint settles nothing before it is past it: that is told. */
  compare(slot: number): void {
    const { settled } = this.#deps.intake;
    const isAhead = slot < settled - FAR_BEHIND;
    if (isAhead && !this.#isAhead) this.log.error(aheadMessage, { settled, slot });
    this.#isAhead = isAhead;
  }

  /** What it tells does not fit what the providers say. */
  giveUp(): void {
    this.#stream?.end(streamEnd('contradictory'));
  }

  /** Ends the stream; its process starts the next one at once. */
  renew(): void {
    this.#stream?.end(streamEnd('stopped'));
  }

  /** Its process is gone: the stream ends, nobody hears of it. */
  disown(): void {
    this.#owner = undefined;
    this.renew();
  }

  /** Asks what the endpoint can replay. */
  async learnReplay(): Promise<void> {
    this.#replayFrom = await this.#stream?.replayFrom();
  }

  #request(fromSlot?: number): ReturnType<typeof subscribeRequest> {
    const { subscriptions } = this.#deps.intake;
    this.#readers = new FilterReaders(subscriptions);
    return subscribeRequest(subscriptions, this.#options.commitment, fromSlot);
  }

  #onEnd(stream: GeyserStream, end: StreamEnd): void {
    // A stream that cannot even be started ends before it is ours.
    if (this.#stream !== undefined && this.#stream !== stream) return;
    const coverage = this.#coverage!;
    this.#stream = undefined;
    this.#isPaused = false;
    this.#deps.intake.ledger.close(coverage);
    this.#plan.ended(end, coverage.position >= 0, this.#deps.clock.now() - this.#connectedAt);
    this.#isRefused = end.reason === 'refused' || end.reason === 'bad_request';
    if (end.reason !== 'stopped') this.#error = end.message;
    this.#countEnd(end.reason);
    this.#deps.onSlot();
    this.#owner?.onEnd(end);
  }

  #margin(): number {
    const { resumeFrom } = this.#deps.intake;
    return this.#replayFrom === undefined || resumeFrom === undefined ? 0 : resumeFrom - this.#replayFrom;
  }
}
