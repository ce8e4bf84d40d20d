import type { FeedParts } from '../../supervisors/feed.ts';
import type { ChainFamily } from '../chains/chain-family.ts';
import type { Clock } from '../clock/clock.ts';
import type { FeedConfig } from '../config/sections/feed.ts';
import { Feed } from '../feed/delivery/feed.ts';
import { eventKinds, type GapData, type NewEvent } from '../feed/events/feed-event.ts';
import { ChainJournal } from '../feed/log/chain-journal.ts';
import { EventLog } from '../feed/log/event-log.ts';
import { eventLogChild } from '../feed/log/event-log-process.ts';
import type { EventStore } from '../feed/log/event-store.ts';
import { MemoryEventStore } from '../feed/log/memory-event-store.ts';
import type { SystemName } from '../feed/topics/system-names.ts';
import type { FeedService } from '../gateway/feed/feed-service.ts';
import type { ProviderStateChange } from '../providers/provider.ts';
import type { Log } from '../telemetry/log.ts';
import type { MetricRegistry } from '../telemetry/metrics.ts';
import type { ChainAssembly } from './chain-assembly.ts';

export interface FeedAssemblyDependencies {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: MetricRegistry;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Where the log is kept; undefined: in memory, for want of storage. */
  readonly store: EventStore | undefined;
  /** The chains that run, by name. */
  readonly chains: ReadonlyMap<string, ChainAssembly>;
}

/** The plain objects of the feed, wired to each other, and the parts of its supervisor. */
export class FeedAssembly {
  readonly eventLog: EventLog;
  readonly feed: Feed;
  readonly service: FeedService;
  readonly parts: FeedParts;
  readonly #deps: FeedAssemblyDependencies;
  /** Of every chain that was there since the start. */
  readonly #families = new Map<string, ChainFamily['name']>();
  /** By chain; one that is restarted goes on with the same, for what it began to write is written. */
  readonly #journals = new Map<string, ChainJournal>();

  /** Puts the feed together; nothing runs yet. */
  constructor(config: FeedConfig, deps: FeedAssemblyDependencies) {
    const { clock, log, metrics, random, store, chains } = deps;
    this.#deps = deps;
    const { retention, memory, backlog, replay } = config;
    const retentionBytes = store === undefined ? Math.min(retention.bytes, memory) : retention.bytes;
    const eventLog = new EventLog(
      {
        retentionMs: retention.age,
        retentionBytes,
        memoryBytes: memory,
        maxBacklogBytes: backlog.max_bytes,
        shedAt: backlog.shed_at,
      },
      {
        store: store ?? new MemoryEventStore({ maxBytes: 1.5 * memory + backlog.max_bytes }),
        clock,
        log,
        metrics,
        random,
      },
    );
    this.eventLog = eventLog;
    this.feed = new Feed(
      {
        maxSubscriptions: config.max_subscriptions,
        maxBufferedBytes: config.max_buffered_bytes,
        pageEvents: replay.page_events,
        pageBytes: replay.page_bytes,
        maxReads: replay.concurrency,
        keepEvents: config.drop_oldest_keeps,
      },
      {
        source: eventLog,
        demand: name => chains.get(name)?.events.demand,
        chains: () => [...chains.keys()],
        tail: () => eventLog.nextOffset - 1,
        clock,
        log,
        metrics,
      },
    );
    this.service = {
      feed: this.feed,
      source: eventLog,
      keepMs: config.keep_gathering,
      familyInHistory: chain => this.#families.get(chain),
    };
    this.parts = {
      eventLog: eventLogChild({
        eventLog,
        // Before any client is served: what was gathered for it must count as gathered.
        onOpened: () => {
          for (const { events } of chains.values()) events.restore();
        },
      }),
    };
  }

  /** A chain of that name may write events from now on. */
  chainAdded(chain: string, family: ChainFamily['name']): void {
    this.#families.set(chain, family);
  }

  /** The way of a chain's blocks into the log. */
  journal(chain: string): ChainJournal {
    let journal = this.#journals.get(chain);
    if (journal === undefined) {
      const { log, metrics } = this.#deps;
      journal = new ChainJournal({ chain }, { eventLog: this.eventLog, log, metrics });
      this.#journals.set(chain, journal);
    }
    return journal;
  }

  /** Writes an event of Trunkline itself, `system.<name>`; none while the log is not open. */
  tell(name: SystemName, data: object): void {
    this.#append({
      kind: eventKinds.system,
      chain: '',
      topic: `system.${name}`,
      data: Buffer.from(JSON.stringify(data)),
    });
  }

  /** Says to those who follow the chain that no more comes. */
  chainRemoved(chain: string): void {
    const message = `${chain} was taken out of the config: its events end here`;
    const data: GapData = { reason: 'chain_removed', message };
    this.#append({
      kind: eventKinds.gap,
      chain,
      topic: `${chain}.gaps`,
      data: Buffer.from(JSON.stringify(data)),
    });
  }

  /** Writes what happened to a chain's provider. */
  providerChanged(chain: string, change: ProviderStateChange): void {
    this.#append({
      kind: eventKinds.provider,
      chain,
      topic: `${chain}.providers`,
      data: Buffer.from(JSON.stringify(change)),
    });
  }

  /** Ends all subscriptions and the log; after the tree was stopped, which has committed what was written. */
  async stop(): Promise<void> {
    this.feed.stop();
    await this.eventLog.close();
  }

  /** What `/stats` says of the feed; null while the log is not open. */
  stats() {
    if (!this.eventLog.isOpen) return null;
    const { epoch, earliest, head, bytes, backlogBytes } = this.eventLog.stats();
    const { live, catchingUp, groups, maxLag } = this.feed.stats();
    const chains = [...this.#deps.chains].map(([name, chain]) => [name, chain.events.stats()]);
    return {
      epoch,
      earliest,
      latest: head,
      bytes,
      backlogBytes,
      subscriptions: { live, catchingUp, maxLag },
      groups,
      chains: Object.fromEntries(chains) as Record<string, object>,
    };
  }

  /** These events are not worth waiting for: they are left out while more waits than may. */
  #append(event: NewEvent): void {
    if (this.eventLog.isOpen && !this.eventLog.isPressed) this.eventLog.append([event]);
  }
}
