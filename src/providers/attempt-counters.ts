import type { FailureClass } from '../chains/chain-family.ts';
import type { CounterCell, HistogramCell, MetricRegistry } from '../telemetry/metrics.ts';
import type { ProviderErrorCode } from './errors.ts';
import { providerMetrics } from './metrics.ts';

/** How a request travels. */
export type Transport = 'http' | 'websocket';

type Outcome = 'answer' | 'cancelled' | Exclude<FailureClass, 'answer'>;

/** Counts one provider's attempts in cells that are looked up once. */
export class AttemptCounters {
  /** Attempts that run now. */
  inFlight = 0;
  readonly #metrics: MetricRegistry;
  readonly #labels: { chain: string; provider: string };
  readonly #duration: HistogramCell;
  readonly #outcomes = new Map<string, CounterCell>();
  readonly #codes = new Map<ProviderErrorCode, CounterCell>();
  readonly #answers: Readonly<Record<Transport, CounterCell>>;

  constructor(metrics: MetricRegistry, labels: { chain: string; provider: string }) {
    this.#metrics = metrics;
    this.#labels = labels;
    this.#duration = metrics.histogram(providerMetrics.duration, labels);
    this.#answers = {
      http: this.#outcome('http', 'answer'),
      websocket: this.#outcome('websocket', 'answer'),
    };
  }

  started(): void {
    this.inFlight++;
  }

  answered(transport: Transport, durationMs: number): void {
    this.inFlight--;
    this.#answers[transport].inc();
    this.#duration.observe(durationMs / 1000);
  }

  failed(
    transport: Transport,
    failure: Exclude<FailureClass, 'answer'>,
    code: ProviderErrorCode,
    durationMs: number,
  ): void {
    this.inFlight--;
    this.#outcome(transport, failure).inc();
    this.#code(code).inc();
    this.#duration.observe(durationMs / 1000);
  }

  cancelled(transport: Transport): void {
    this.inFlight--;
    this.#outcome(transport, 'cancelled').inc();
  }

  #outcome(transport: Transport, outcome: Outcome): CounterCell {
    const key = `${transport} ${outcome}`;
    let cell = this.#outcomes.get(key);
    if (cell === undefined) {
      cell = this.#metrics.counter(providerMetrics.attempts, { ...this.#labels, transport, outcome });
      this.#outcomes.set(key, cell);
    }
    return cell;
  }

  #code(code: ProviderErrorCode): CounterCell {
    let cell = this.#codes.get(code);
    if (cell === undefined) {
      cell = this.#metrics.counter(providerMetrics.failures, { ...this.#labels, code });
      this.#codes.set(code, cell);
    }
    return cell;
  }
}
