import type { MethodPolicy } from '../../chains/chain-family.ts';
import type { Clock } from '../../clock/clock.ts';
import type { CounterCell, HistogramCell, MetricRegistry } from '../../telemetry/metrics.ts';
import type { CallAnswer, CallHandler, Cancel, GatewayCall } from '../call.ts';
import type { ChainRuntime } from '../chain-directory.ts';
import { gatewayMetrics } from '../metrics.ts';
import { ownError } from '../own-answer.ts';

interface Cells {
  readonly outcomes: Readonly<Record<CallAnswer['outcome'], CounterCell>>;
  readonly duration: HistogramCell;
}

/** Lets a call in while there is room, and counts how it ends. */
export class AdmitStage {
  readonly #next: CallHandler;
  readonly #clock: Clock;
  readonly #metrics: MetricRegistry;
  /** `server.max_concurrent_requests` */
  maxConcurrent: number;
  readonly #shed: CounterCell;
  // A policy is one shared object a method; unknown methods share a label and therefore their cells.
  readonly #cells = new WeakMap<ChainRuntime, Map<string, Cells>>();
  #inFlight = 0;

  constructor(
    next: CallHandler,
    options: { /** `server.max_concurrent_requests` */ readonly maxConcurrent: number },
    { clock, metrics }: { readonly clock: Clock; readonly metrics: MetricRegistry },
  ) {
    this.#next = next;
    this.#clock = clock;
    this.#metrics = metrics;
    this.maxConcurrent = options.maxConcurrent;
    this.#shed = metrics.counter(gatewayMetrics.shed, { reason: 'max_concurrent_requests' });
    metrics.gauge(gatewayMetrics.inFlight, undefined, () => this.#inFlight);
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** @param next answers the call in place of the stage that is behind this one */
  readonly handle = (
    call: GatewayCall,
    done: (answer: CallAnswer) => void,
    next: CallHandler = this.#next,
  ): Cancel => {
    if (this.#inFlight >= this.maxConcurrent) {
      this.#shed.inc();
      done(ownError(call.clientId, 'overloaded', 'too many requests in flight'));
      return () => {};
    }
    this.#inFlight++;
    const startedAt = this.#clock.now();
    let isOpen = true;
    const cancel = next(call, answer => {
      if (!isOpen) return;
      isOpen = false;
      this.#inFlight--;
      const cells = this.#cellsOf(call.chain, call.policy);
      cells.outcomes[answer.outcome].inc();
      cells.duration.observe((this.#clock.now() - startedAt) / 1_000);
      done(answer);
    });
    return () => {
      if (!isOpen) return;
      isOpen = false;
      this.#inFlight--;
      cancel();
    };
  };

  #cellsOf(chain: ChainRuntime, policy: MethodPolicy): Cells {
    let byMethod = this.#cells.get(chain);
    if (byMethod === undefined) {
      byMethod = new Map();
      this.#cells.set(chain, byMethod);
    }
    let cells = byMethod.get(policy.label);
    if (cells === undefined) {
      const labels = { chain: chain.name, method: policy.label };
      const outcome = (name: CallAnswer['outcome']) =>
        this.#metrics.counter(gatewayMetrics.requests, { ...labels, outcome: name });
      cells = {
        outcomes: {
          answered: outcome('answered'),
          upstream_error: outcome('upstream_error'),
          refused: outcome('refused'),
          failed: outcome('failed'),
        },
        duration: this.#metrics.histogram(gatewayMetrics.requestDuration, labels),
      };
      byMethod.set(policy.label, cells);
    }
    return cells;
  }
}
