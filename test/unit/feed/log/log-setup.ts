import type { NewEvent } from '../../../../src/feed/events/feed-event.ts';
import { eventKinds, type FeedEvent } from '../../../../src/feed/events/feed-event.ts';
import { EventLog } from '../../../../src/feed/log/event-log.ts';
import type { EventLogOptions } from '../../../../src/feed/log/event-log-options.ts';
import type {
  EventStore,
  StoreChange,
  StoreGuard,
  StoreRecord,
} from '../../../../src/feed/log/event-store.ts';
import { MemoryEventStore } from '../../../../src/feed/log/memory-event-store.ts';
import { StorageError, type StorageErrorCode } from '../../../../src/storage/errors.ts';
import { silentLog } from '../../../../src/telemetry/log.ts';
import { silentMetrics } from '../../../../src/telemetry/metrics.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

/** A store in memory that can be made to refuse, to lose answers, or to be gone. */
export class UnreliableStore extends MemoryEventStore {
  /** Asked at each write: a code refuses it; `lost` applies it and answers with an unknown outcome. */
  onWrite: (changes: readonly StoreChange[]) => StorageErrorCode | 'lost' | undefined = () => undefined;
  writes = 0;

  constructor(maxBytes = 64 * 2 ** 20) {
    super({ maxBytes });
  }

  override async write(changes: readonly StoreChange[], guard?: StoreGuard): Promise<void> {
    this.writes++;
    const outcome = this.onWrite(changes);
    if (outcome !== undefined && outcome !== 'lost') throw new StorageError(outcome);
    await super.write(changes, guard);
    if (outcome === 'lost') throw new StorageError('storage_outcome_unknown');
  }
}

/** A store some of whose records cannot be read. */
export class DamagedStore extends UnreliableStore {
  readonly damaged = new Set<string>();

  override async get(key: Buffer): Promise<Buffer | undefined> {
    this.#check([{ key }]);
    return super.get(key);
  }

  override async range(...args: Parameters<UnreliableStore['range']>): Promise<StoreRecord[]> {
    return this.#check(await super.range(...args));
  }

  override async last(...args: Parameters<UnreliableStore['last']>): Promise<StoreRecord[]> {
    return this.#check(await super.last(...args));
  }

  #check<Found extends readonly { readonly key: Buffer }[]>(found: Found): Found {
    if (found.some(({ key }) => this.damaged.has(key.toString('latin1')))) {
      throw new StorageError('corrupt_record');
    }
    return found;
  }
}

export const usualOptions: EventLogOptions = {
  retentionMs: 24 * 3_600_000,
  retentionBytes: 2 ** 24,
  memoryBytes: 2 ** 20,
  maxBacklogBytes: 2 ** 20,
  shedAt: 0.5,
  closeWaitMs: 1_000,
};

/** A log with what its listener was told. */
export class LogUnderTest {
  readonly clock: ManualClock;
  readonly log: EventLog;
  readonly told: FeedEvent[] = [];

  constructor(store: EventStore, options: Partial<EventLogOptions> = {}, clock = new ManualClock()) {
    this.clock = clock;
    this.log = new EventLog(
      { ...usualOptions, ...options },
      { store, clock, log: silentLog, metrics: silentMetrics, random: Math.random },
    );
    this.log.onCommitted(events => this.told.push(...events));
  }

  get offsets(): number[] {
    return this.told.map(({ offset }) => offset);
  }
}

/** A log that is open. */
export async function openLog(
  store: EventStore = new UnreliableStore(),
  options: Partial<EventLogOptions> = {},
  clock?: ManualClock,
): Promise<LogUnderTest> {
  const setUp = new LogUnderTest(store, options, clock);
  await setUp.log.open();
  return setUp;
}

/** An event of the chain `devnet`. */
export function event(data: string | Buffer = '{}', topic = 'devnet.heads'): NewEvent {
  return { kind: eventKinds.head, chain: 'devnet', topic, data: Buffer.from(data) };
}

/** Lets immediates and promises settle. */
export async function settle(turns = 5): Promise<void> {
  for (let i = 0; i < turns; i++) await new Promise(resolve => setImmediate(resolve));
}

export const noLimits = { maxEvents: 1_000_000, maxBytes: 2 ** 30 };
