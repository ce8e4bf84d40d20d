import { EventChunk } from './event-chunk.ts';
import type { EventStore, StoreChange } from './event-store.ts';
import { type LogKeys, numberOfKey } from './log-keys.ts';
import type { LogState } from './log-state.ts';
import type { Trim } from './pending-batch.ts';

/** What one step looks at. */
const step = { maxEntries: 64, maxBytes: 1024 * 1024 };

export interface RetentionDependencies {
  readonly store: EventStore;
  readonly keys: LogKeys;
  readonly state: () => LogState;
}

/** Finds what has to leave the history: whole chunks from its beginning. */
export class Retention {
  readonly #dependencies: RetentionDependencies;

  constructor(dependencies: RetentionDependencies) {
    this.#dependencies = dependencies;
  }

  /**
   * The next part to remove of what is older than `before` (wall clock) or makes the history larger than `maxBytes`;
   * undefined: nothing.
   * @throws StorageError when the store cannot be read
   */
  async next(before: number, maxBytes: number): Promise<Trim | undefined> {
    const { store, keys, state } = this.#dependencies;
    const { earliest, head, bytes } = state();
    if (earliest > head) return undefined;
    const changes: StoreChange[] = [];
    let removed = 0;
    let first = earliest;
    const from = keys.chunk(earliest);
    const to = keys.chunk(head + 1);
    const mayStay = (chunk: EventChunk) => chunk.lastTime >= before && bytes - removed <= maxBytes;
    // Mostly the first one stays, and the others need not be read.
    const [oldest] = await store.range(from, to, { ...step, maxEntries: 1 });
    const opened = oldest === undefined ? undefined : EventChunk.open(oldest.value);
    if (opened === undefined || mayStay(opened)) return undefined;
    const records = await store.range(from, to, step);
    for (const { key, value } of records) {
      const chunk = EventChunk.open(value);
      if (chunk === undefined || chunk.firstOffset !== first) break;
      if (mayStay(chunk)) break;
      changes.push({ key, value: undefined });
      removed += value.length;
      first = chunk.lastOffset + 1;
    }
    return changes.length === 0 ? undefined : { earliest: first, bytes: removed, changes };
  }

  /** Everything up to the chunk behind the one that should hold `offset`. */
  async behind(offset: number): Promise<Omit<Trim, 'changes'>> {
    const { store, keys, state } = this.#dependencies;
    const { earliest, head, bytes } = state();
    const [key] = await store.keys(keys.chunk(offset + 1), keys.chunk(head + 1), 1);
    const first = key === undefined ? head + 1 : numberOfKey(key);
    // What the damaged ones took is not known: their share.
    const share = (first - earliest) / (head + 1 - earliest);
    return { earliest: first, bytes: Math.round(bytes * share) };
  }
}
