import type { StoreCommand } from '../../storage/client/store-command.ts';
import { storeCommands } from '../../storage/client/store-commands.ts';
import type { TypedStore } from '../../storage/client/typed-store.ts';
import type { EventStore, RangeLimits, StoreChange, StoreGuard, StoreRecord } from './event-store.ts';

/** Keys that one removal takes out at most. */
const maxRemoved = 10_000;

/** An `EventStore` in a store of the storage runtime. */
export class TypedEventStore implements EventStore {
  readonly #store: TypedStore;

  constructor(store: TypedStore) {
    this.#store = store;
  }

  async get(key: Buffer): Promise<Buffer | undefined> {
    return (await this.#store.get(key)) ?? undefined;
  }

  async range(from: Buffer, to: Buffer, { isFloor, ...limits }: RangeLimits): Promise<StoreRecord[]> {
    const options = isFloor === true ? { ...limits, mode: 'floor' as const } : limits;
    return this.#store.run(storeCommands.range(from, to, options));
  }

  last(from: Buffer, to: Buffer, limits: Omit<RangeLimits, 'isFloor'>): Promise<StoreRecord[]> {
    return this.#store.run(storeCommands.range(from, to, { ...limits, mode: 'reverse' }));
  }

  keys(from: Buffer, to: Buffer, maxEntries: number): Promise<Buffer[]> {
    return this.#store.run(storeCommands.rangeKeys(from, to, maxEntries));
  }

  async write(changes: readonly StoreChange[], guard?: StoreGuard): Promise<void> {
    const commands: StoreCommand<unknown>[] = [];
    if (guard !== undefined) commands.push(storeCommands.expect(guard.key, guard.values));
    for (const change of changes) {
      if ('from' in change) commands.push(storeCommands.delRange(change.from, change.to, maxRemoved));
      else if (change.value === undefined) commands.push(storeCommands.del(change.key));
      else commands.push(storeCommands.set(change.key, change.value));
    }
    await this.#store.batch(commands);
  }

  removeRange(from: Buffer, to: Buffer, maxEntries: number): Promise<number> {
    return this.#store.delRange(from, to, maxEntries);
  }
}
