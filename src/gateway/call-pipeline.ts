import type { Clock } from '../clock/clock.ts';
import type { MetricRegistry } from '../telemetry/metrics.ts';
import type { CallAnswer, CallHandler, Cancel, GatewayCall } from './call.ts';
import type { ChainRuntime } from './chain-directory.ts';
import type { EventFeed } from './event-feed.ts';
import { gatewayMetrics } from './metrics.ts';
import { ownError } from './own-answer.ts';
import { Router } from './routing/router.ts';
import { AdmitStage } from './stages/admit.ts';
import { FilterStage } from './stages/filters.ts';
import { RawWriteStage } from './stages/raw-write.ts';

/** What the stages work with. */
export interface CallPipelineDependencies {
  /** Filters read from it. */
  readonly feed: EventFeed;
  readonly clock: Clock;
  readonly metrics: MetricRegistry;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/**
 * The stages of a call, in order:
 *
 *     admit ─▶ ┬ filters ──┐
 *              ├ raw write ┼▶ route (select · attempt · hedge · fail over)
 *              └───────────┘
 */
export class CallPipeline {
  readonly #routers = new Map<ChainRuntime, Router>();
  readonly #admit: AdmitStage;
  readonly #filters: FilterStage;
  readonly #rawWrites: RawWriteStage;
  readonly #dependencies: CallPipelineDependencies;
  #isClosed = false;

  constructor(
    options: { /** `server.max_concurrent_requests` */ readonly maxConcurrent: number },
    dependencies: CallPipelineDependencies,
  ) {
    this.#dependencies = dependencies;
    this.#filters = new FilterStage(this.#route, {}, dependencies);
    this.#rawWrites = new RawWriteStage(this.#route, dependencies);
    this.#admit = new AdmitStage(this.#byClass, options, dependencies);
  }

  get inFlight(): number {
    return this.#admit.inFlight;
  }

  /** `server.max_concurrent_requests` */
  set maxConcurrent(limit: number) {
    this.#admit.maxConcurrent = limit;
  }

  /** @param subscriptions answers `eth_subscribe` and its kin; absent: the transport has none */
  handle(call: GatewayCall, done: (answer: CallAnswer) => void, subscriptions?: CallHandler): Cancel {
    return call.policy.class === 'subscription' && subscriptions !== undefined
      ? this.#admit.handle(call, done, subscriptions)
      : this.#admit.handle(call, done);
  }

  /** The chain is gone: what clients hold of it is forgotten. */
  end(chain: ChainRuntime): void {
    this.#filters.forget(chain);
    this.forget(chain);
  }

  /** The chain's tuning changed: its router ends with the calls under way; the next call gets a new one. */
  forget(chain: ChainRuntime): void {
    this.#routers.get(chain)?.retire();
    this.#routers.delete(chain);
    this.#dependencies.metrics.remove(gatewayMetrics.filters, { chain: chain.name });
  }

  /** Routes nothing from now on. */
  close(): void {
    this.#isClosed = true;
    this.#filters.close();
    for (const router of this.#routers.values()) router.close();
    this.#routers.clear();
  }

  readonly #byClass: CallHandler = (call, done) => {
    switch (call.policy.class) {
      case 'filter_create':
      case 'filter_read':
      case 'filter_consume':
        return this.#filters.handle(call, done);
      case 'raw_write':
        return this.#rawWrites.handle(call, done);
      case 'subscription':
        done(
          ownError(call.clientId, 'subscriptions_need_websocket', 'subscriptions work over WebSocket only'),
        );
        return () => {};
      default:
        return this.#route(call, done);
    }
  };

  readonly #route: CallHandler = (call, done) => {
    let router = this.#routers.get(call.chain);
    if (router === undefined) {
      const refusal = this.#refusal(call);
      if (refusal !== undefined) {
        done(refusal);
        return () => {};
      }
      router = new Router(call.chain, this.#dependencies);
      this.#routers.set(call.chain, router);
      const { name } = call.chain;
      this.#dependencies.metrics.gauge(gatewayMetrics.filters, { chain: name }, () =>
        this.#filters.countOf(name),
      );
    }
    return router.route(call, done);
  };

  /** Why a chain without a router gets none: who came too late must not bring it back. */
  #refusal({ chain, clientId }: GatewayCall): CallAnswer | undefined {
    if (this.#isClosed) return ownError(clientId, 'shutting_down', 'Trunkline is shutting down');
    if (chain.table.providers.length > 0) return undefined;
    return ownError(clientId, 'chain_unavailable', chain.unavailable ?? `${chain.name} has no provider`);
  }
}
