import { hash } from 'node:crypto';
import type { EventRules } from '../chains/chain-family.ts';
import type { Clock, TimerHandle } from '../clock/clock.ts';
import { TrunklineError } from '../errors/trunkline-error.ts';
import type { StreamSource } from '../providers/stream-source.ts';
import type { Log } from '../telemetry/log.ts';
import type { MetricDefinition, MetricRegistry } from '../telemetry/metrics.ts';
import { Continuity } from './continuity.ts';
import { type AggregationErrorCode, aggregationErrors } from './errors.ts';
import { EventOrder, ownCall } from './event-order.ts';
import { GapReader, type StreamReads } from './gap-reader.ts';
import type { MessageAggregator } from './message-aggregator.ts';
import { aggregationMetrics } from './metrics.ts';
import { Parking } from './parking.ts';
import type { StreamRequest } from './stream-request.ts';
import type { StreamWindow } from './stream-window.ts';
import type { SubjectBudget } from './subject-budget.ts';
import { type StreamSubscriber, SubscriberSet, type Subscription } from './subscriber-set.ts';
import { UpstreamLegs } from './upstream-legs.ts';

/** How one distinct stream is carried. */
export interface SharedStreamOptions {
  readonly chain: string;
  readonly request: StreamRequest;
  /** Providers subscribed at once. */
  readonly width: number;
  /** Milliseconds for which the stream goes on without subscribers. */
  readonly lingerMs: number;
  /** Milliseconds that a new subscriber waits for the first provider. */
  readonly establishTimeoutMs: number;
  /** Milliseconds that a provider may take to answer a subscription. */
  readonly upstreamTimeoutMs: number;
}

/** What a stream needs. */
export interface SharedStreamDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: MetricRegistry;
  readonly events: EventRules;
  /** Shared by the streams of a chain. */
  readonly budget: SubjectBudget;
  readonly sources: () => Iterable<StreamSource>;
  /** @default each slot is */
  readonly isPlausible?: (slot: number) => boolean;
  /** @default what a stream missed while no provider carried it is lost */
  readonly reads?: StreamReads;
  /** The stream has ended: forget it. */
  readonly onReleased: () => void;
}

/** One stream for people to look at. */
export interface StreamDescription {
  readonly params: string;
  readonly kind: string;
  readonly subscribers: number;
  readonly providers: readonly { readonly providerId: string; readonly isLive: boolean }[];
}

/**
 * One distinct stream of a chain: many subscribers, a few upstream subscriptions, each event once.
 *
 * While one provider carries it, nothing is lost; with `width` providers, none of them alone can lose anything. When all are
 * lost at once, or the last one before its successor has caught up with it, what happened meanwhile is told only where the
 * family knows a call that tells it (`EventRules.catchUp`). Of anything else subscribers hear that it may be missing (`onGap`):
 * to fetch it is the business of the event feed and of the sources of pipelines, and of clients whose socket is closed.
 */
export class SharedStream {
  readonly #options: SharedStreamOptions;
  readonly #deps: SharedStreamDeps;
  readonly #subscribers: SubscriberSet;
  readonly #legs: UpstreamLegs;
  readonly #parking = new Parking();
  readonly #order: EventOrder | undefined;
  readonly #gaps: GapReader | undefined;
  readonly #continuity = new Continuity();
  #aggregator: MessageAggregator | undefined;
  #window: StreamWindow | undefined;
  #linger: TimerHandle | undefined;
  #wasLive = false;
  #wasTold = false;
  #isReleased = false;

  constructor(options: SharedStreamOptions, deps: SharedStreamDeps) {
    this.#options = options;
    this.#deps = deps;
    const { clock, log } = deps;
    this.#parking.begin();
    this.#subscribers = new SubscriberSet({ clock, log, onEmpty: () => this.#emptied() });
    this.#legs = new UpstreamLegs(
      { params: options.request.params, width: options.width, timeoutMs: options.upstreamTimeoutMs },
      {
        clock,
        sources: deps.sources,
        listener: {
          onLive: providerId => this.#onLive(providerId),
          onEvent: (providerId, result) => this.#onEvent(providerId, result),
          onEnded: (providerId, reason) => this.#onEnded(providerId, reason),
          onRefused: (providerId, error) => this.#onRefused(providerId, error),
          onExhausted: error => this.#onExhausted(error),
        },
      },
    );
    const { nature, params } = options.request;
    if (nature.order !== 'any') {
      this.#order = new EventOrder(nature, {
        isPlausible: deps.isPlausible ?? (() => true),
        isLive: providerId => this.#legs.isLive(providerId),
        budget: deps.budget,
      });
    }
    const catchUp = deps.reads && deps.events.catchUp?.(params);
    if (catchUp !== undefined && deps.reads !== undefined) {
      this.#gaps = new GapReader(catchUp, {
        clock,
        reads: deps.reads,
        wasTold: () => this.#wasTold,
        deliver: event => this.#onEvent(ownCall, event),
        onMissed: () => this.#subscribers.gap(),
      });
    }
  }

  get subscriberCount(): number {
    return this.#subscribers.size;
  }

  get upstreamCount(): number {
    return this.#legs.liveCount;
  }

  /** @throws TrunklineError `stream_unavailable`, `stream_refused` or `hub_closed`. */
  async subscribe(subscriber: StreamSubscriber): Promise<Subscription> {
    this.#deps.clock.clearTimeout(this.#linger);
    if (this.#legs.liveCount > 0) return this.#subscribers.join(subscriber);
    const subscription = this.#subscribers.wait(subscriber, this.#options.establishTimeoutMs);
    this.#legs.fill();
    return subscription;
  }

  /** Gives the stream a window of `aggregator`, with the keys of its last one, and hands on what was parked. */
  adopt(aggregator: MessageAggregator): void {
    const { kind } = this.#options.request;
    this.#aggregator = aggregator;
    if (kind !== 'other') this.#window = aggregator.open(kind, this.#window);
    this.#parking.end();
  }

  /** The window's owner is gone: events wait for the next one. */
  park(): void {
    this.#parking.begin();
  }

  /** The chain began anew: what was told of the earlier one is no measure. */
  chainRestarted(): void {
    this.#order?.reset();
  }

  sourceOpened(providerId: string): void {
    this.#legs.sourceOpened(providerId);
  }

  sourceClosed(providerId: string): void {
    this.#legs.sourceClosed(providerId);
  }

  /** Ends every subscriber. */
  close(message: string): void {
    this.#subscribers.end(message);
    this.#release();
  }

  describe(): StreamDescription {
    const { params, kind } = this.#options.request;
    return {
      params: params.length > 200 ? `${params.slice(0, 200)}…` : params,
      kind,
      subscribers: this.#subscribers.size,
      providers: this.#legs.providers,
    };
  }

  #onLive(providerId: string): void {
    const isGap = this.#wasLive && this.#legs.liveCount === 1;
    this.#wasLive = true;
    this.#continuity.began(providerId, this.#deps.clock.now());
    // Those who wait have no time behind them that anything could be missing of.
    if (isGap) this.#onGap();
    this.#subscribers.admit();
    if (this.#legs.liveCount === 1) this.#gaps?.begin(providerId);
  }

  /** What can be asked for is not missing yet. */
  #onGap(): void {
    const { chain, request } = this.#options;
    this.#deps.metrics.counter(aggregationMetrics.gaps, { chain, stream: request.kind }).inc();
    if (this.#gaps === undefined) this.#subscribers.gap();
  }

  #onEvent(providerId: string, result: Buffer): void {
    if (!this.#parking.isParked) {
      this.#take(providerId, result);
      return;
    }
    const kept = Buffer.from(result);
    if (!this.#parking.park(() => this.#take(providerId, kept))) {
      const { chain, request } = this.#options;
      this.#deps.metrics.counter(aggregationMetrics.parkedDropped, { chain, stream: request.kind }).inc();
    }
  }

  #take(providerId: string, result: Buffer): void {
    if (this.#isReleased || !this.#isNew(providerId, result)) return;
    this.#wasTold = true;
    this.#subscribers.emit(result);
    const { kind } = this.#options.request;
    if (kind === 'other' || this.#deps.events.isLast?.(kind, result) !== true) return;
    // First forgotten, so that who asks again gets a stream of his own.
    this.#release();
    this.#subscribers.complete();
  }

  /** Events without a known key cannot be told apart: they come from one provider, and each is new. */
  #isNew(providerId: string, result: Buffer): boolean {
    const { kind } = this.#options.request;
    const aggregator = this.#aggregator;
    if (kind === 'other' || aggregator === undefined || this.#window === undefined) return true;
    const { events } = this.#deps;
    const place = this.#order && events.place?.(kind, result);
    let key = place ? `${place.slot}:${place.subject}:${place.version}` : events.key(kind, result);
    if (key === undefined) {
      this.#count(aggregationMetrics.malformed, providerId);
      // Equal bytes are the same event.
      key = `bytes:${hash('sha256', result, 'base64')}`;
    }
    const isFirst = this.#window.ingest(key, aggregator.provider(providerId), this.#deps.clock.now());
    if (!isFirst) this.#continuity.repeated(providerId, this.#window.firstProvider, this.#window.firstAt);
    if (this.#order === undefined || place === undefined) return isFirst;
    if (this.#order.admits(place, providerId, isFirst)) return true;
    if (isFirst) this.#count(aggregationMetrics.outdated, providerId);
    return false;
  }

  #onEnded(providerId: string, reason: string): void {
    const successor = this.#continuity.ended(providerId, this.#deps.clock.now());
    if (successor !== undefined) {
      this.#onGap();
      this.#gaps?.begin(successor);
    }
    if (this.#subscribers.size === 0) return;
    this.#count(aggregationMetrics.takeovers, providerId);
    this.#log('an upstream subscription ended', providerId, reason);
  }

  #onRefused(providerId: string, error: unknown): void {
    this.#count(aggregationMetrics.refusals, providerId);
    this.#log('an upstream subscription was refused', providerId, messageOf(error));
  }

  #onExhausted(error: unknown): void {
    const refused = new TrunklineError<AggregationErrorCode>(
      aggregationErrors,
      'stream_refused',
      refusalOf(error),
      { cause: error, details: error instanceof TrunklineError ? error.details : {} },
    );
    this.#subscribers.refuse(refused);
  }

  #emptied(): void {
    if (this.#legs.liveCount === 0 || this.#options.lingerMs === 0) {
      this.#release();
      return;
    }
    this.#deps.clock.clearTimeout(this.#linger);
    this.#linger = this.#deps.clock.setTimeout(() => this.#release(), this.#options.lingerMs);
  }

  #release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#deps.clock.clearTimeout(this.#linger);
    this.#legs.stop();
    this.#gaps?.stop();
    this.#order?.reset();
    this.#window?.close();
    this.#deps.onReleased();
  }

  #count(definition: MetricDefinition<'chain' | 'provider' | 'stream', 'counter'>, provider: string): void {
    const { chain, request } = this.#options;
    this.#deps.metrics.counter(definition, { chain, provider, stream: request.kind }).inc();
  }

  #log(message: string, provider: string, reason: string): void {
    const { chain, request } = this.#options;
    this.#deps.log.info(message, { chain, provider, stream: request.kind, reason });
  }
}

/** What the subscriber reads: the provider's own words, where it said any. */
function refusalOf(error: unknown): string {
  const code = error instanceof TrunklineError ? error.code : 'subscribe_refused';
  if (code === 'attempt_timeout') return 'no provider confirmed the subscription in time';
  if (code === 'subscribe_refused') return `the providers refused the subscription: ${messageOf(error)}`;
  return messageOf(error);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
