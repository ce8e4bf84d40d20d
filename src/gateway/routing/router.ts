import type { Clock, TimerHandle } from '../../clock/clock.ts';
import { InFlight } from '../../providers/in-flight.ts';
import type { Provider } from '../../providers/provider.ts';
import type { CounterCell, MetricRegistry } from '../../telemetry/metrics.ts';
import type { CallAnswer, Cancel, GatewayCall } from '../call.ts';
import type { ChainRuntime } from '../chain-directory.ts';
import { gatewayMetrics } from '../metrics.ts';
import { Selector } from '../selection/selector.ts';
import type { Attempt } from './attempt.ts';
import { RetryBudget } from './retry-budget.ts';
import { RoutedCall } from './routed-call.ts';

/** One sweep looks after the deadlines and hedges of all calls, so that no call costs a timer of its own. */
const sweepMs = 20;
/** How long a dispatch is watched after its call was answered by another, so that silence counts against its provider. */
const abandonedForMs = 3_000;
const maxAbandoned = 512;
const maxWaitingRetries = 10_000;

interface RouterDependencies {
  readonly clock: Clock;
  readonly metrics: MetricRegistry;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** Routes the calls of one chain over its providers. A plain object; the gateway process owns it. */
export class Router {
  readonly clock: Clock;
  readonly budget: RetryBudget;
  readonly selector: Selector;
  readonly counters: {
    readonly retries: CounterCell;
    readonly retriesDelayed: CounterCell;
    readonly hedges: CounterCell;
    readonly waits: CounterCell;
  };
  readonly #chain: ChainRuntime;
  readonly #calls = new InFlight<RoutedCall>();
  readonly #abandoned = new Set<Attempt>();
  readonly #metrics: MetricRegistry;
  readonly #timer: TimerHandle;
  #lastSweepAt = 0;
  #isRetired = false;

  constructor(chain: ChainRuntime, { clock, metrics, random }: RouterDependencies) {
    this.#chain = chain;
    this.clock = clock;
    this.#metrics = metrics;
    this.selector = new Selector(chain, random);
    const { ratio, minimum } = chain.config.failover.retry_budget;
    this.budget = new RetryBudget({ ratio, minimum, maxWaiting: maxWaitingRetries });
    const labels = { chain: chain.name };
    this.counters = {
      retries: metrics.counter(gatewayMetrics.retries, labels),
      retriesDelayed: metrics.counter(gatewayMetrics.retriesDelayed, labels),
      hedges: metrics.counter(gatewayMetrics.hedges, labels),
      waits: metrics.counter(gatewayMetrics.waits, labels),
    };
    metrics.gauge(gatewayMetrics.retriesWaiting, labels, () => this.budget.waiting);
    metrics.gauge(gatewayMetrics.abandoned, labels, () => this.#abandoned.size);
    this.#timer = clock.setInterval(() => this.#sweep(), sweepMs);
  }

  get failover() {
    return this.#chain.config.failover;
  }

  /** Dispatches `call` until it is answered; `done` is called exactly once unless the returned cancel is. */
  route(call: GatewayCall, done: (answer: CallAnswer) => void): Cancel {
    const routed = new RoutedCall(this, call, done);
    this.#calls.add(routed);
    this.budget.requestStarted();
    routed.start(this.clock.now());
    return () => routed.cancel();
  }

  /** How long a first dispatch to `provider` may be silent before a second one is tried beside it. */
  hedgeDelayMs(provider: Provider, label: string): number {
    return Math.max(this.failover.hedge_min_delay, provider.quantile(label, 0.95));
  }

  ended(call: RoutedCall): void {
    if (this.#calls.delete(call)) this.budget.requestEnded();
  }

  /** Watches an attempt that lost its race for a while, then cancels it. */
  abandon(attempt: Attempt): void {
    if (attempt.isRetry) this.budget.release();
    if (this.#abandoned.size < maxAbandoned) this.#abandoned.add(attempt);
    else attempt.cancel();
  }

  /** An attempt that was watched has ended by itself. */
  settled(attempt: Attempt): void {
    this.#abandoned.delete(attempt);
  }

  /** Gets no more calls: looks after those under way until the last has ended. */
  retire(): void {
    this.#isRetired = true;
    const labels = { chain: this.#chain.name };
    this.#metrics.remove(gatewayMetrics.retriesWaiting, labels);
    this.#metrics.remove(gatewayMetrics.abandoned, labels);
  }

  close(): void {
    this.clock.clearInterval(this.#timer);
    for (const attempt of this.#abandoned) attempt.cancel();
    this.#abandoned.clear();
  }

  #sweep(): void {
    const now = this.clock.now();
    // When this process itself is late, answers wait unread: that says nothing about the providers.
    const isOnTime = now - this.#lastSweepAt < 2 * sweepMs;
    this.#lastSweepAt = now;
    if (this.#calls.size > 0) for (const call of this.#calls.snapshot()) call.onTick(now, isOnTime);
    for (const attempt of this.#abandoned) {
      if (now - attempt.startedAt < abandonedForMs) continue;
      this.#abandoned.delete(attempt);
      attempt.cancel();
    }
    if (this.#isRetired && this.#calls.size === 0 && this.#abandoned.size === 0) this.close();
  }
}
