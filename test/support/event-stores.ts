import type { EventStore } from '../../src/feed/log/event-store.ts';
import { MemoryEventStore } from '../../src/feed/log/memory-event-store.ts';
import { TypedEventStore } from '../../src/feed/log/typed-event-store.ts';
import { RunningStorage } from './storage-runtime.ts';

/** One kind of store that events can be kept in. */
export interface EventStoreKind {
  /** An empty store. */
  make(): Promise<EventStore>;
  end(): Promise<void>;
}

/** Every kind of store that events can be kept in, by its name. */
export const eventStores: Readonly<Record<string, () => Promise<EventStoreKind>>> = {
  async MemoryEventStore() {
    return { make: async () => new MemoryEventStore({ maxBytes: 2 ** 26 }), end: async () => {} };
  },
  async TypedEventStore() {
    const storage = new RunningStorage();
    await storage.start();
    const store = storage.client.store('kv');
    return {
      make: async () => {
        await store.flushAll();
        return new TypedEventStore(store);
      },
      end: async () => {
        await storage.stop();
        await storage.remove();
      },
    };
  },
};
