import type { TestContext } from 'node:test';
import { systemClock } from '../../../src/clock/system-clock.ts';
import { serverSection } from '../../../src/config/sections/server.ts';
import { Feed, type FeedOptions } from '../../../src/feed/delivery/feed.ts';
import { eventKinds, type NewEvent } from '../../../src/feed/events/feed-event.ts';
import { EventLog } from '../../../src/feed/log/event-log.ts';
import { MemoryEventStore } from '../../../src/feed/log/memory-event-store.ts';
import { AdminRoutes } from '../../../src/gateway/admin-routes.ts';
import { ChainDirectory } from '../../../src/gateway/chain-directory.ts';
import type { FeedService } from '../../../src/gateway/feed/feed-service.ts';
import { Gateway, type GatewayDependencies } from '../../../src/gateway/gateway.ts';
import { StatusRoutes } from '../../../src/gateway/status-routes.ts';
import { HealthRegistry } from '../../../src/telemetry/health-registry.ts';
import { silentLog } from '../../../src/telemetry/log.ts';
import { silentMetrics } from '../../../src/telemetry/metrics.ts';
import { FakeChain } from '../../unit/gateway/routing/fake-chain.ts';

/** The chain that `startServedFeed` has. */
export const chainName = new FakeChain().chain.name;

export interface ServedFeed {
  readonly gateway: Gateway;
  readonly log: EventLog;
  readonly feed: Feed;
  readonly url: string;
  readonly wsUrl: string;
  readonly port: number;
  /** Appends heads with the data `{"n":<number>}`; returns when they are committed. */
  heads(...numbers: number[]): Promise<void>;
  /** Appends events; returns when they are committed. */
  append(...events: NewEvent[]): Promise<void>;
  /** The cursor behind the event of that offset. */
  cursor(offset: number): string;
  /** Drains the gateway and starts another one on its port, as a restart of Trunkline does. */
  restart(): Promise<void>;
}

export interface ServedFeedOptions {
  readonly server?: Record<string, unknown>;
  readonly feed?: FeedOptions;
  readonly log?: Partial<ConstructorParameters<typeof EventLog>[0]>;
  /** Takes the place of the feed; undefined: there is none. */
  readonly service?: (service: FeedService) => FeedService | undefined;
}

/** A gateway that serves a feed over a log in memory, on a port of its own; no chain follows anything. */
export async function startServedFeed(t: TestContext, options: ServedFeedOptions = {}): Promise<ServedFeed> {
  const shared = { clock: systemClock, log: silentLog, metrics: silentMetrics };
  const log = new EventLog(
    {
      retentionMs: 3_600_000,
      retentionBytes: 256 * 2 ** 20,
      memoryBytes: 2 ** 20,
      maxBacklogBytes: 64 * 2 ** 20,
      shedAt: 0.5,
      ...options.log,
    },
    { ...shared, store: new MemoryEventStore({ maxBytes: 2 ** 30 }) },
  );
  await log.open();
  const chains = new ChainDirectory();
  chains.put(new FakeChain().chain);
  const feed = new Feed(options.feed ?? {}, {
    ...shared,
    source: log,
    demand: () => undefined,
    chains: () => chains.names,
  });
  const service: FeedService = { feed, source: log, keepMs: 0, familyInHistory: () => undefined };
  const served = options.service === undefined ? service : options.service(service);
  const config = serverSection.parse({ port: 0, drain_timeout: 3_000, ...options.server });
  const dependencies: GatewayDependencies = {
    ...shared,
    chains,
    status: new StatusRoutes({
      health: new HealthRegistry(),
      metrics: silentMetrics,
      stats: () => ({}),
      isDraining: () => false,
    }),
    admin: new AdminRoutes('token', [], { log: silentLog }),
    ...(served === undefined ? {} : { feed: served }),
    random: Math.random,
  };
  let gateway = new Gateway(config, dependencies);
  await gateway.listen();
  const { port } = gateway;
  t.after(async () => {
    gateway.close();
    feed.stop();
    await log.close();
  });
  const append = (...events: NewEvent[]) => {
    const first = log.append(events);
    return log.whenCommitted(first + events.length - 1);
  };
  return {
    get gateway() {
      return gateway;
    },
    log,
    feed,
    port,
    url: `http://127.0.0.1:${port}`,
    wsUrl: `ws://127.0.0.1:${port}`,
    restart: async () => {
      await gateway.drain();
      gateway = new Gateway({ ...config, port }, dependencies);
      await gateway.listen();
    },
    append,
    heads: (...numbers) => append(...numbers.map(headEvent)),
    cursor: offset => `${log.epoch}:${offset}`,
  };
}

export function headEvent(number: number): NewEvent {
  return {
    kind: eventKinds.head,
    chain: chainName,
    topic: `${chainName}.heads`,
    data: Buffer.from(`{"n":${number}}`),
  };
}
