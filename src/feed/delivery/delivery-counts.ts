import type { CounterCell, MetricRegistry } from '../../telemetry/metrics.ts';
import { feedMetrics } from '../metrics.ts';
import type { SlowStrategy } from './feed-request.ts';

/** What deliveries did since the start; the metrics and `Feed.stats` tell the same. */
export interface DeliveryTotals {
  /** Committed events that were handed to deliveries. */
  readonly published: number;
  /** Frames handed to connections. */
  readonly delivered: number;
  readonly bytes: number;
  /** Times that a subscription fell back from live. */
  readonly slow: number;
  /** Places in the sequence that subscriptions were told they miss. */
  readonly dropped: number;
  readonly disconnects: number;
  /** Pages read for catching up. */
  readonly pages: number;
}

/** Counts deliveries, for the metrics and for `Feed.stats`. */
export class DeliveryCounts {
  readonly #totals = { published: 0, delivered: 0, bytes: 0, slow: 0, dropped: 0, disconnects: 0, pages: 0 };
  readonly #published: CounterCell;
  readonly #delivered: CounterCell;
  readonly #bytes: CounterCell;
  readonly #slow: Readonly<Record<SlowStrategy, CounterCell>>;
  readonly #dropped: Readonly<Record<'slow' | 'expired', CounterCell>>;
  readonly #disconnects: CounterCell;
  readonly #pages: Readonly<Record<'memory' | 'store' | 'shared', CounterCell>>;

  constructor(metrics: MetricRegistry) {
    const slow = (strategy: SlowStrategy) => metrics.counter(feedMetrics.slow, { strategy });
    const dropped = (reason: string) => metrics.counter(feedMetrics.dropped, { reason });
    const pages = (source: string) => metrics.counter(feedMetrics.pages, { source });
    this.#published = metrics.counter(feedMetrics.published);
    this.#delivered = metrics.counter(feedMetrics.delivered);
    this.#bytes = metrics.counter(feedMetrics.bytes);
    this.#slow = {
      catch_up: slow('catch_up'),
      drop_oldest: slow('drop_oldest'),
      disconnect: slow('disconnect'),
    };
    this.#dropped = { slow: dropped('slow'), expired: dropped('expired') };
    this.#disconnects = metrics.counter(feedMetrics.disconnects);
    this.#pages = { memory: pages('memory'), store: pages('store'), shared: pages('shared') };
  }

  get totals(): DeliveryTotals {
    return { ...this.#totals };
  }

  published(events: number): void {
    this.#totals.published += events;
    this.#published.inc(events);
  }

  delivered(frames: number, bytes: number): void {
    this.#totals.delivered += frames;
    this.#totals.bytes += bytes;
    this.#delivered.inc(frames);
    this.#bytes.inc(bytes);
  }

  slow(strategy: SlowStrategy): void {
    this.#totals.slow++;
    this.#slow[strategy].inc();
  }

  dropped(reason: 'slow' | 'expired', places: number): void {
    this.#totals.dropped += places;
    this.#dropped[reason].inc(places);
  }

  disconnected(): void {
    this.#totals.disconnects++;
    this.#disconnects.inc();
  }

  pageRead(source: 'memory' | 'store' | 'shared'): void {
    this.#totals.pages++;
    this.#pages[source].inc();
  }
}
