import { randomBytes } from 'node:crypto';
import type { Clock } from '../../clock/clock.ts';
import { scanResponse } from '../../protocol/json-rpc/scan-response.ts';
import { resultResponse } from '../../protocol/json-rpc/write.ts';
import type { MetricRegistry } from '../../telemetry/metrics.ts';
import type { CallHandler, GatewayCall } from '../call.ts';
import { derivedCall } from '../calls.ts';
import { gatewayMetrics } from '../metrics.ts';
import { ownError } from '../own-answer.ts';

interface Filter {
  readonly chain: string;
  readonly provider: string;
  /** The provider's own id, as JSON. */
  readonly upstreamId: Buffer;
  usedAt: number;
}

export interface FilterStageOptions {
  /** Filters kept over all chains; at the limit the one unused for longest is forgotten. @default 10000 */
  readonly maxFilters?: number;
  /** Milliseconds after which an unused filter is forgotten, as nodes do. @default 300000 */
  readonly idleMs?: number;
}

/**
 * `eth_newFilter` and its kin: a filter lives at the provider that made it, so the calls that read it go there.
 * Clients see ids of Trunkline's own, because two providers may give the same one.
 */
export class FilterStage {
  readonly #route: CallHandler;
  readonly #clock: Clock;
  readonly #metrics: MetricRegistry;
  readonly #maxFilters: number;
  readonly #idleMs: number;
  /** In order of last use. */
  readonly #filters = new Map<string, Filter>();

  constructor(
    route: CallHandler,
    options: FilterStageOptions,
    { clock, metrics }: { readonly clock: Clock; readonly metrics: MetricRegistry },
  ) {
    this.#route = route;
    this.#clock = clock;
    this.#metrics = metrics;
    this.#maxFilters = options.maxFilters ?? 10_000;
    this.#idleMs = options.idleMs ?? 300_000;
  }

  readonly handle: CallHandler = (call, done) =>
    call.policy.class === 'filter_create' ? this.#create(call, done) : this.#use(call, done);

  countOf(chain: string): number {
    let count = 0;
    for (const filter of this.#filters.values()) if (filter.chain === chain) count++;
    return count;
  }

  #create(call: GatewayCall, done: Parameters<CallHandler>[1]) {
    return this.#route(call, answer => {
      const scanned = answer.outcome === 'answered' ? scanResponse(answer.body) : undefined;
      if (scanned === undefined || answer.provider === undefined) return done(answer);
      this.#makeRoom();
      const id = `0x${randomBytes(16).toString('hex')}`;
      this.#filters.set(id, {
        chain: call.chain.name,
        provider: answer.provider,
        upstreamId: Buffer.from(answer.body.subarray(scanned.resultStart, scanned.resultEnd)),
        usedAt: this.#clock.now(),
      });
      done({ ...answer, body: resultResponse(call.clientId, Buffer.from(`"${id}"`)) });
    });
  }

  #use(call: GatewayCall, done: Parameters<CallHandler>[1]) {
    const id = firstString(call.params);
    const filter = id === undefined ? undefined : this.#filters.get(id);
    if (id === undefined || filter === undefined || filter.chain !== call.chain.name) {
      done(ownError(call.clientId, 'filter_not_found', 'filter not found'));
      return () => {};
    }
    this.#filters.delete(id);
    if (call.chain.table.get(filter.provider) === undefined) {
      // Its provider was taken out of the config and the filter with it: the client makes a new one, as with a node.
      done(ownError(call.clientId, 'filter_not_found', 'filter not found'));
      return () => {};
    }
    filter.usedAt = this.#clock.now();
    this.#filters.set(id, filter);
    const params = Buffer.concat([Buffer.from('['), filter.upstreamId, Buffer.from(']')]);
    const sticky = derivedCall(call.chain, call.method, params, {
      clientId: call.clientId,
      deadline: call.deadline,
      steering: { useProvider: filter.provider },
    });
    return this.#route(sticky, answer => {
      if (call.method === 'eth_uninstallFilter' && answer.outcome === 'answered') this.#filters.delete(id);
      done(answer);
    });
  }

  #makeRoom(): void {
    const deadline = this.#clock.now() - this.#idleMs;
    for (const [id, filter] of this.#filters) {
      const isIdle = filter.usedAt < deadline;
      if (!isIdle && this.#filters.size < this.#maxFilters) return;
      this.#filters.delete(id);
      this.#metrics
        .counter(gatewayMetrics.filtersEvicted, { chain: filter.chain, reason: isIdle ? 'idle' : 'limit' })
        .inc();
    }
  }
}

function firstString(params: Buffer | undefined): string | undefined {
  if (params === undefined || params.length > 1_024) return undefined;
  const value: unknown = JSON.parse(params.toString());
  return Array.isArray(value) && typeof value[0] === 'string' ? value[0] : undefined;
}
