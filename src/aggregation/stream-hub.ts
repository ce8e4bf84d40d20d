import type { EventKind, EventRules } from '../chains/chain-family.ts';
import type { Clock } from '../clock/clock.ts';
import { TrunklineError } from '../errors/trunkline-error.ts';
import type { StreamSource } from '../providers/stream-source.ts';
import type { Log } from '../telemetry/log.ts';
import type { MetricRegistry } from '../telemetry/metrics.ts';
import { type AggregationErrorCode, aggregationErrors } from './errors.ts';
import type { StreamReads } from './gap-reader.ts';
import type { MessageAggregator } from './message-aggregator.ts';
import { aggregationMetrics } from './metrics.ts';
import { SharedStream, type StreamDescription } from './shared-stream.ts';
import { readStreamRequest, type StreamRequest } from './stream-request.ts';
import type { StreamWindow } from './stream-window.ts';
import { SubjectBudget } from './subject-budget.ts';
import type { StreamSubscriber, Subscription } from './subscriber-set.ts';

export type { StreamReads, StreamSubscriber, Subscription };

/** How the streams of a chain are carried. */
export interface StreamHubOptions {
  /** The chain's name, for logs and metrics. */
  readonly chain: string;
  /** Providers that a stream is taken from at once. @default 2 */
  readonly width?: number;
  /** Milliseconds for which a stream goes on after its last subscriber has left. @default 5000 */
  readonly lingerMs?: number;
  /** Milliseconds that a new subscription waits for the first provider to take it. @default 5000 */
  readonly establishTimeoutMs?: number;
  /** Milliseconds after which a provider that does not answer a subscription is passed over. @default 3000 */
  readonly upstreamTimeoutMs?: number;
  /** Distinct streams at most. @default 1000 */
  readonly maxStreams?: number;
}

/** What the hub of a chain needs. */
export interface StreamHubDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: MetricRegistry;
  readonly events: EventRules;
  /** Whether the chain can be at a slot by now; `HeadTracker` knows. @default each slot is plausible */
  readonly isPlausible?: (slot: number) => boolean;
  /** Calls to the chain's providers. @default none: what streams missed while no provider carried them is lost */
  readonly reads?: StreamReads;
}

/** The hub for people to look at. */
export interface HubStats {
  readonly sources: readonly { readonly providerId: string; readonly isOpen: boolean }[];
  readonly subscribers: number;
  readonly upstreamSubscriptions: number;
  readonly streams: readonly StreamDescription[];
}

/**
 * The event streams of one chain: every distinct stream is subscribed at a few providers, however many subscribers
 * it has, and goes on at another provider when one is lost.
 *
 * Plain and synchronous; it lives as long as the chain. The message_aggregator process lends it an aggregator
 * (`adopt`) and takes it back when it dies (`abandon`): subscribers stay, events wait for the next owner, and the
 * next aggregator begins with the keys of the last one, so that a restart neither loses nor repeats.
 */
export class StreamHub {
  readonly #options: Required<StreamHubOptions>;
  readonly #deps: StreamHubDeps;
  readonly #sources = new Map<string, { readonly source: StreamSource; readonly stopWatching: () => void }>();
  readonly #streams = new Map<string, SharedStream>();
  /** Of events that are reported beside the streams. */
  readonly #windows = new Map<EventKind, StreamWindow>();
  readonly #budget = new SubjectBudget();
  #aggregator: MessageAggregator | undefined;
  #closedMessage: string | undefined;

  constructor(options: StreamHubOptions, deps: StreamHubDeps) {
    this.#options = {
      width: 2,
      lingerMs: 5000,
      establishTimeoutMs: 5000,
      upstreamTimeoutMs: 3000,
      maxStreams: 1000,
      ...options,
    };
    this.#deps = deps;
    const labels = { chain: options.chain };
    const { metrics } = deps;
    metrics.gauge(aggregationMetrics.streams, labels, () => this.#streams.size);
    metrics.gauge(aggregationMetrics.subjects, labels, () => this.#budget.taken);
    metrics.gauge(aggregationMetrics.subscribers, labels, () => this.#sum(stream => stream.subscriberCount));
    metrics.gauge(aggregationMetrics.upstreamSubscriptions, labels, () =>
      this.#sum(stream => stream.upstreamCount),
    );
  }

  /** Adds a provider's streams, behind those added before in order of preference; replaces those of the same provider. */
  addSource(source: StreamSource): void {
    const { providerId } = source;
    this.removeSource(providerId);
    const stopWatching = source.onStateChange(() => {
      for (const stream of this.#streams.values()) {
        if (source.isOpen) stream.sourceOpened(providerId);
        else stream.sourceClosed(providerId);
      }
    });
    this.#sources.set(providerId, { source, stopWatching });
    if (source.isOpen) for (const stream of this.#streams.values()) stream.sourceOpened(providerId);
  }

  removeSource(providerId: string): void {
    this.#sources.get(providerId)?.stopWatching();
    if (!this.#sources.delete(providerId)) return;
    for (const stream of this.#streams.values()) stream.sourceClosed(providerId);
  }

  /**
   * Joins a stream: a JSON array that starts with its name, which need not be canonical.
   * @throws TrunklineError `invalid_stream`, `too_many_streams`, `stream_unavailable`, `stream_refused`, `hub_closed`.
   */
  async subscribe(paramsJson: string, subscriber: StreamSubscriber): Promise<Subscription> {
    if (this.#closedMessage !== undefined) throw failure('hub_closed', this.#closedMessage);
    const request = readStreamRequest(paramsJson, this.#deps.events);
    const stream = this.#streams.get(request.params) ?? this.#create(request);
    return stream.subscribe(subscriber);
  }

  /**
   * An event that providers report beside the streams, such as a head, has arrived: it counts in the statistics of who is
   * first as those of the streams do.
   */
  arrived(kind: EventKind, key: string, providerId: string): void {
    const aggregator = this.#aggregator;
    if (aggregator === undefined) return;
    const window = this.#windows.get(kind) ?? aggregator.open(kind);
    this.#windows.set(kind, window);
    window.ingest(key, aggregator.provider(providerId), this.#deps.clock.now());
  }

  /** From here on, `aggregator` decides what is new. Called by the message_aggregator process when it starts. */
  adopt(aggregator: MessageAggregator): void {
    this.#aggregator = aggregator;
    for (const [kind, window] of this.#windows) this.#windows.set(kind, aggregator.open(kind, window));
    for (const stream of this.#streams.values()) stream.adopt(aggregator);
  }

  /** The owner of `aggregator` is gone: nothing is forwarded until the next `adopt`. */
  abandon(aggregator: MessageAggregator): void {
    if (this.#aggregator !== aggregator) return;
    this.#aggregator = undefined;
    for (const stream of this.#streams.values()) stream.park();
  }

  /** The chain began anew, as an embedded one does at each start: its slots go back. */
  chainRestarted(): void {
    for (const stream of this.#streams.values()) stream.chainRestarted();
  }

  /** Ends every subscription, for good. */
  close(message: string): void {
    this.#closedMessage = message;
    for (const { stopWatching } of this.#sources.values()) stopWatching();
    this.#sources.clear();
    for (const stream of [...this.#streams.values()]) stream.close(message);
  }

  stats(): HubStats {
    return {
      sources: [...this.#sources.values()].map(({ source }) => ({
        providerId: source.providerId,
        isOpen: source.isOpen,
      })),
      subscribers: this.#sum(stream => stream.subscriberCount),
      upstreamSubscriptions: this.#sum(stream => stream.upstreamCount),
      streams: [...this.#streams.values()].map(stream => stream.describe()),
    };
  }

  #create(request: StreamRequest): SharedStream {
    const { chain, maxStreams, width, lingerMs, establishTimeoutMs, upstreamTimeoutMs } = this.#options;
    if (this.#streams.size >= maxStreams) {
      throw failure('too_many_streams', `${chain} has ${maxStreams} distinct streams already`);
    }
    const stream = new SharedStream(
      { chain, request, width: widthOf(request, width), lingerMs, establishTimeoutMs, upstreamTimeoutMs },
      {
        ...this.#deps,
        budget: this.#budget,
        sources: () => this.#openSources(),
        onReleased: () => this.#streams.delete(request.params),
      },
    );
    this.#streams.set(request.params, stream);
    if (this.#aggregator !== undefined) stream.adopt(this.#aggregator);
    return stream;
  }

  *#openSources(): Iterable<StreamSource> {
    for (const { source } of this.#sources.values()) yield source;
  }

  #sum(count: (stream: SharedStream) => number): number {
    let sum = 0;
    for (const stream of this.#streams.values()) sum += count(stream);
    return sum;
  }
}

function widthOf({ nature }: StreamRequest, width: number): number {
  if (nature.breadth === 'some') return width;
  return nature.breadth === 'one' ? 1 : Number.POSITIVE_INFINITY;
}

function failure(code: AggregationErrorCode, message: string): TrunklineError<AggregationErrorCode> {
  return new TrunklineError<AggregationErrorCode>(aggregationErrors, code, message);
}
