import { EventChunk } from './event-chunk.ts';
import type { EventStore } from './event-store.ts';
import { LogKeys, numberOfKey, stateKey } from './log-keys.ts';
import { decodeLogState, encodeLogState, type LogState, newEpoch } from './log-state.ts';

/** Why a history was begun anew. */
export type ResetReason = 'new' | 'state_damaged' | 'history_incomplete';

/** A history that was begun anew. */
export interface HistoryReset {
  readonly reason: ResetReason;
  /** The epoch of the one before, where it is known. */
  readonly previousEpoch?: string;
}

/** The history as it was found, or a new one. */
export interface OpenedHistory {
  /** The state as it is in the store. */
  readonly stored: LogState;
  /** The state, with the history beginning where it does. */
  readonly state: LogState;
  readonly keys: LogKeys;
  readonly notes: Map<string, Buffer>;
  /** The newest chunk; undefined: there is none. */
  readonly last: EventChunk | undefined;
  /** Undefined: the history goes on. */
  readonly reset: HistoryReset | undefined;
}

const notePage = { maxEntries: 100, maxBytes: 2 ** 20 };
const one = { maxEntries: 1, maxBytes: 2 ** 20 };

/**
 * Finds the history in the store, or begins one.
 * @throws StorageError when the store cannot answer
 */
export async function openHistory(store: EventStore, random: () => number): Promise<OpenedHistory> {
  const record = await intact(store.get(stateKey));
  const state = record === undefined || record === damaged ? undefined : decodeLogState(record);
  if (state === undefined) return begin(store, random, record === undefined ? 'new' : 'state_damaged');
  const keys = new LogKeys(state.epoch);
  const last = await newestChunk(store, keys, state);
  if (last === damaged) return begin(store, random, 'history_incomplete', state.epoch);
  const notes = await readNotes(store, keys);
  if (notes === damaged) return begin(store, random, 'state_damaged', state.epoch);
  return {
    stored: state,
    state: await withoutRemoved(store, keys, state),
    keys,
    notes,
    last,
    reset: undefined,
  };
}

async function begin(
  store: EventStore,
  random: () => number,
  reason: ResetReason,
  previousEpoch?: string,
): Promise<OpenedHistory> {
  const state: LogState = { epoch: newEpoch(random), earliest: 1, head: 0, bytes: 0, revision: 0 };
  await store.write([{ key: stateKey, value: encodeLogState(state) }]);
  const reset = previousEpoch === undefined ? { reason } : { reason, previousEpoch };
  return { stored: state, state, keys: new LogKeys(state.epoch), notes: new Map(), last: undefined, reset };
}

/** The newest chunk; undefined: the history is empty, as it should be. */
async function newestChunk(
  store: EventStore,
  keys: LogKeys,
  { earliest, head }: LogState,
): Promise<EventChunk | typeof damaged | undefined> {
  const [from, to] = keys.chunks;
  const records = await intact(store.last(from, to, one));
  if (records === damaged) return damaged;
  const value = records[0]?.value;
  if (earliest > head) return value === undefined ? undefined : damaged;
  const last = value === undefined ? undefined : EventChunk.open(value);
  return last?.lastOffset === head ? last : damaged;
}

/** The state with the history beginning where it does: a full store gives up its oldest chunks by themselves. */
async function withoutRemoved(store: EventStore, keys: LogKeys, state: LogState): Promise<LogState> {
  const [from, to] = keys.chunks;
  const [key] = await store.keys(from, to, 1);
  const first = key === undefined ? state.earliest : numberOfKey(key);
  if (first <= state.earliest) return state;
  const share = (state.head + 1 - first) / (state.head + 1 - state.earliest);
  return { ...state, earliest: first, bytes: Math.round(state.bytes * share) };
}

async function readNotes(store: EventStore, keys: LogKeys): Promise<Map<string, Buffer> | typeof damaged> {
  const notes = new Map<string, Buffer>();
  const [first, to] = keys.notes;
  for (let from = first; ; ) {
    const page = await intact(store.range(from, to, notePage));
    if (page === damaged) return damaged;
    for (const { key, value } of page) notes.set(keys.noteNameOf(key), value);
    const last = page.at(-1);
    if (last === undefined) return notes;
    from = Buffer.concat([last.key, Buffer.of(0)]);
  }
}

const damaged = Symbol('damaged');

async function intact<T>(reading: Promise<T>): Promise<T | typeof damaged> {
  try {
    return await reading;
  } catch (error) {
    if ((error as { readonly code?: string }).code === 'corrupt_record') return damaged;
    throw error;
  }
}
