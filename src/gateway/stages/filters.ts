import { randomBytes } from 'node:crypto';
import type { Clock, TimerHandle } from '../../clock/clock.ts';
import { TrunklineError } from '../../errors/trunkline-error.ts';
import type { MetricRegistry } from '../../telemetry/metrics.ts';
import type { CallAnswer, CallHandler, Cancel, GatewayCall } from '../call.ts';
import { derivedCall } from '../calls.ts';
import type { ChainRuntime } from '../chain-directory.ts';
import type { EventFeed } from '../event-feed.ts';
import { firstTextParam } from '../first-text-param.ts';
import { gatewayMetrics } from '../metrics.ts';
import { ownError, ownResult } from '../own-answer.ts';
import { FeedFilter } from './feed-filter.ts';
import { type FilterPlan, planFilter } from './filter-plan.ts';

interface Installed {
  readonly chain: ChainRuntime;
  readonly filter: FeedFilter;
  readonly plan: FilterPlan;
  usedAt: number;
}

export interface FilterStageOptions {
  /** Filters kept over all chains; at the limit the one unused for longest is forgotten. @default 10000 */
  readonly maxFilters?: number;
  /** Bytes of what filters ask for, over all of them; the same happens at this limit. @default 33554432 */
  readonly maxCriteriaBytes?: number;
  /** Milliseconds after which an unused filter is forgotten, as nodes do. @default 300000 */
  readonly idleMs?: number;
  /** Events in one answer; the rest comes with the next poll. @default 10000 */
  readonly maxResults?: number;
}

/** Logs and transactions are gathered on for this long when their filter has ended, for the next one of its kind. */
const keepMs = 5_000;

type Done = (answer: CallAnswer) => void;
const noCancel: Cancel = () => {};

/**
 * `eth_newFilter` and its kin, read from the event feed: nothing of a filter is at a provider, so none is lost with one.
 * A filter begins when it is made, whatever its `fromBlock`, as with go-ethereum; `eth_getFilterLogs` asks `eth_getLogs`
 * for the whole range.
 *
 * When blocks were missed that the feed could not fill in (an outage beyond its bound, a chain that began anew), or
 * events have expired before they were polled, there is no answer that could say so. The filter is unknown from then on,
 * as one is to a node that was restarted: clients make a new one then and read again what they need.
 */
export class FilterStage {
  readonly #route: CallHandler;
  readonly #feed: EventFeed;
  readonly #clock: Clock;
  readonly #metrics: MetricRegistry;
  readonly #options: Required<FilterStageOptions>;
  /** In order of last use. */
  readonly #filters = new Map<string, Installed>();
  #criteriaBytes = 0;
  #timer: TimerHandle | undefined;

  constructor(
    route: CallHandler,
    options: FilterStageOptions,
    {
      feed,
      clock,
      metrics,
    }: { readonly feed: EventFeed; readonly clock: Clock; readonly metrics: MetricRegistry },
  ) {
    this.#route = route;
    this.#feed = feed;
    this.#clock = clock;
    this.#metrics = metrics;
    this.#options = {
      maxFilters: 10_000,
      maxCriteriaBytes: 33_554_432,
      idleMs: 300_000,
      maxResults: 10_000,
      ...options,
    };
  }

  readonly handle: CallHandler = (call, done) => {
    if (call.policy.class === 'filter_create') {
      done(this.#create(call));
      return noCancel;
    }
    return this.#use(call, done);
  };

  countOf(chain: string): number {
    let count = 0;
    for (const installed of this.#filters.values()) if (installed.chain.name === chain) count++;
    return count;
  }

  /** Forgets the filters of a chain that is no more. */
  forget(chain: ChainRuntime): void {
    for (const [id, installed] of this.#filters) if (installed.chain === chain) this.#remove(id);
  }

  close(): void {
    for (const id of [...this.#filters.keys()]) this.#remove(id);
  }

  #create(call: GatewayCall): CallAnswer {
    const { chain, clientId } = call;
    if (call.isNotification)
      return ownError(clientId, 'criteria_invalid', 'a filter needs a request with an id');
    if (chain.unavailable !== undefined) return ownError(clientId, 'chain_unavailable', chain.unavailable);
    let plan: FilterPlan;
    let filter: FeedFilter;
    try {
      plan = planFilter(call);
      filter = new FeedFilter(this.#feed.reader(plan.selector, keepMs), {
        ...plan,
        maxResults: this.#options.maxResults,
      });
    } catch (error) {
      return refuse(clientId, error);
    }
    this.#makeRoom(plan.criteriaBytes);
    const id = `0x${randomBytes(16).toString('hex')}`;
    this.#filters.set(id, { chain, filter, plan, usedAt: this.#clock.now() });
    this.#criteriaBytes += plan.criteriaBytes;
    this.#timer ??= this.#clock.setInterval(() => this.#evictIdle(), this.#options.idleMs / 5);
    const { name } = chain;
    this.#metrics.gauge(gatewayMetrics.filters, { chain: name }, () => this.countOf(name));
    return ownResult(clientId, `"${id}"`);
  }

  #use(call: GatewayCall, done: Done): Cancel {
    const id = firstTextParam(call.params);
    const installed = id === undefined ? undefined : this.#filters.get(id);
    const isUninstall = call.method === 'eth_uninstallFilter';
    if (id === undefined || installed === undefined || installed.chain !== call.chain) {
      done(isUninstall ? ownResult(call.clientId, 'false') : notFound(call));
      return noCancel;
    }
    if (isUninstall) {
      this.#remove(id);
      done(ownResult(call.clientId, 'true'));
      return noCancel;
    }
    installed.usedAt = this.#clock.now();
    this.#filters.delete(id);
    this.#filters.set(id, installed);
    return call.method === 'eth_getFilterLogs'
      ? this.#readLogs(call, installed, done)
      : this.#poll(call, id, installed, done);
  }

  /** All logs that meet the filter's criteria, told before or not. Only a filter of logs has them. */
  #readLogs(call: GatewayCall, { plan }: Installed, done: Done): Cancel {
    if (plan.logParams === undefined) {
      done(notFound(call));
      return noCancel;
    }
    const { clientId, deadline, steering } = call;
    return this.#route(
      derivedCall(call.chain, 'eth_getLogs', plan.logParams, { clientId, deadline, steering }),
      done,
    );
  }

  #poll(call: GatewayCall, id: string, { filter }: Installed, done: Done): Cancel {
    let isOpen = true;
    const finish = (answer: CallAnswer) => {
      if (!isOpen) return;
      close();
      done(answer);
    };
    const close = () => {
      isOpen = false;
      this.#clock.clearTimeout(timer);
    };
    const timer = this.#clock.setTimeout(
      () => finish(ownError(call.clientId, 'deadline_exceeded', 'the events could not be read in time')),
      call.deadline - this.#clock.now(),
    );
    filter
      .poll(() => isOpen)
      .then(
        results => finish(results === undefined ? notFound(call) : ownResult(call.clientId, array(results))),
        (error: unknown) => {
          if (error instanceof TrunklineError && error.code === 'events_expired') {
            filter.end();
            finish(notFound(call));
          } else finish(refuse(call.clientId, error));
        },
      )
      .finally(() => {
        if (filter.isOver && this.#filters.get(id)?.filter === filter) this.#remove(id);
      });
    return close;
  }

  #remove(id: string): void {
    const installed = this.#filters.get(id);
    if (installed === undefined) return;
    this.#filters.delete(id);
    this.#criteriaBytes -= installed.plan.criteriaBytes;
    installed.filter.end();
    if (this.#filters.size > 0) return;
    this.#clock.clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #makeRoom(criteriaBytes: number): void {
    const { maxFilters, maxCriteriaBytes } = this.#options;
    this.#evictIdle();
    for (const [id, installed] of this.#filters) {
      if (this.#filters.size < maxFilters && this.#criteriaBytes + criteriaBytes <= maxCriteriaBytes) return;
      this.#evict(id, installed, 'limit');
    }
  }

  #evictIdle(): void {
    const deadline = this.#clock.now() - this.#options.idleMs;
    for (const [id, installed] of this.#filters) {
      if (installed.usedAt >= deadline) return;
      this.#evict(id, installed, 'idle');
    }
  }

  #evict(id: string, { chain }: Installed, reason: 'idle' | 'limit'): void {
    this.#remove(id);
    this.#metrics.counter(gatewayMetrics.filtersEvicted, { chain: chain.name, reason }).inc();
  }
}

function notFound(call: GatewayCall): CallAnswer {
  return ownError(call.clientId, 'filter_not_found', 'filter not found');
}

/** @throws what is no error of the house */
function refuse(clientId: Buffer, error: unknown): CallAnswer {
  if (!(error instanceof TrunklineError)) throw error;
  return ownError(
    clientId,
    error.code === 'criteria_invalid' ? error.code : 'filter_unavailable',
    error.message,
  );
}

function array(items: readonly Buffer[]): Buffer {
  const parts: Buffer[] = [open];
  items.forEach((item, index) => {
    if (index > 0) parts.push(comma);
    parts.push(item);
  });
  parts.push(close);
  return Buffer.concat(parts);
}

const open = Buffer.from('[');
const comma = Buffer.from(',');
const close = Buffer.from(']');
