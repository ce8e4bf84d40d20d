import { systemClock } from '../../src/clock/system-clock.ts';
import { feedSection } from '../../src/config/sections/feed.ts';
import { serverSection } from '../../src/config/sections/server.ts';
import { Feed } from '../../src/feed/delivery/feed.ts';
import { eventKinds } from '../../src/feed/events/feed-event.ts';
import { EventLog } from '../../src/feed/log/event-log.ts';
import type { EventStore } from '../../src/feed/log/event-store.ts';
import { MemoryEventStore } from '../../src/feed/log/memory-event-store.ts';
import { AdminRoutes } from '../../src/gateway/admin-routes.ts';
import { ChainDirectory } from '../../src/gateway/chain-directory.ts';
import { Gateway } from '../../src/gateway/gateway.ts';
import { StatusRoutes } from '../../src/gateway/status-routes.ts';
import { HealthRegistry } from '../../src/telemetry/health-registry.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { PromMetricRegistry } from '../../src/telemetry/prom-metric-registry.ts';
import { benchTopic } from '../feed/targets.ts';
import { BenchStorage } from '../harness/bench-storage.ts';
import { EventPublisher } from '../harness/event-publisher.ts';
import type { ServerCommand, ServerReply } from '../harness/feed-target.ts';
import { memoryNow } from '../harness/memory.ts';
import { stampedEvent } from '../harness/stamp.ts';

/**
 * Trunkline's event log, its feed and its gateway, wired as they are in a whole Trunkline at its defaults, without
 * chains: events are appended by command.
 *
 * Argument: the directory of the storage; without it the log is in memory.
 */
const [directory] = process.argv.slice(2);
const config = feedSection.parse({});
const shared = { clock: systemClock, log: silentLog, metrics: new PromMetricRegistry() };
const storage = directory === undefined ? undefined : await BenchStorage.start(directory, '');
const store: EventStore = storage?.eventStore ?? new MemoryEventStore({ maxBytes: 2 * config.memory });
const eventLog = new EventLog(
  {
    retentionMs: config.retention.age,
    retentionBytes: directory === undefined ? config.memory : config.retention.bytes,
    memoryBytes: config.memory,
    maxBacklogBytes: config.backlog.max_bytes,
    shedAt: config.backlog.shed_at,
  },
  { ...shared, store },
);
await eventLog.open();
const chains = new ChainDirectory();
const feed = new Feed(
  {
    maxBufferedBytes: config.max_buffered_bytes,
    pageEvents: config.replay.page_events,
    pageBytes: config.replay.page_bytes,
    maxReads: config.replay.concurrency,
    keepEvents: config.drop_oldest_keeps,
  },
  {
    ...shared,
    source: eventLog,
    demand: () => undefined,
    chains: () => chains.names,
    tail: () => eventLog.nextOffset - 1,
  },
);
const gateway = new Gateway(serverSection.parse({ port: 0 }), {
  ...shared,
  chains,
  status: new StatusRoutes({
    health: new HealthRegistry(),
    metrics: shared.metrics,
    stats: () => ({}),
    isDraining: () => false,
  }),
  admin: new AdminRoutes('token', [], shared),
  feed: { feed, source: eventLog, keepMs: config.keep_gathering, familyInHistory: () => undefined },
  random: Math.random,
});
await gateway.listen();

function append(events: readonly Buffer[]): number {
  return eventLog.append(
    events.map(data => ({ kind: eventKinds.system, chain: '', topic: benchTopic, data })),
  );
}

const publisher = new EventPublisher(append, () => eventLog.hasRoom);
const batchEvents = 500;

async function fill(events: number, bytes: number): Promise<void> {
  for (let made = 0; made < events; ) {
    const some: Buffer[] = [];
    while (some.length < batchEvents && made < events) some.push(stampedEvent(bytes, ++made));
    append(some);
    await eventLog.whenRoom();
  }
  await eventLog.whenCommitted(eventLog.nextOffset - 1);
}

process.on('disconnect', () => process.exit());
process.on('SIGTERM', () => process.exit());
process.on('message', async (command: ServerCommand) => {
  if (command.kind === 'memory') reply({ kind: 'memory', memory: memoryNow() });
  else if (command.kind === 'fill') {
    await fill(command.events, command.bytes);
    reply({ kind: 'fill' });
  } else {
    publisher.command(command);
    if (command.kind === 'stop') reply({ kind: 'stop', sent: publisher.sent });
  }
});
reply({ kind: 'ready', port: gateway.port });

function reply(message: ServerReply): void {
  process.send?.(message);
}
