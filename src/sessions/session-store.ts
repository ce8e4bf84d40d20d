import type { StateChange, StateStore } from '../pipelines/state/state-store.ts';
import {
  decodeRecord,
  encodeRecord,
  type SessionRecord,
  type SessionWork,
  workOf,
} from './session-record.ts';

/** Accounts and events since the store was made; they outlive the process. */
export interface SessionTotals {
  readonly created: number;
  readonly existing: number;
  readonly rejected: number;
  readonly failed: number;
  /** Events of all kinds that were dealt with. */
  readonly events: number;
}

const noTotals: SessionTotals = { created: 0, existing: 0, rejected: 0, failed: 0, events: 0 };
const queues = { create: 'queue/create/', check: 'queue/check/' } as const;
const donePrefix = 'done/';
const totalsKey = 'totals';
const page = 1_000;

/** What came of an event, as it goes into the totals. */
export type SessionResult = 'created' | 'existing' | 'rejected' | 'failed' | 'noted';

/** An event that is dealt with. */
export interface FinishedRecord {
  readonly record: SessionRecord;
  readonly result: SessionResult;
}

/**
 * The events on their way and the newest that are dealt with, in the storage. Each event is in it once, whatever happens:
 * one record under its key, which moves from the queue to those that are dealt with in one step.
 */
export class SessionStore {
  readonly #state: StateStore;
  readonly #maxDone: number;
  /** Writes that decide by what was read before: one after another. */
  #tail: Promise<unknown> = Promise.resolve();
  #totals = noTotals;
  #waiting = 0;
  #done = 0;
  /** Whether the counts are those of the storage: after a write that failed nobody knows whether it did. */
  #isKnown = false;

  constructor(state: StateStore, options: { readonly maxDone: number }) {
    this.#state = state;
    this.#maxDone = options.maxDone;
  }

  get totals(): SessionTotals {
    return this.#totals;
  }

  /** Events that are not dealt with. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Reads how much there is. @throws StorageError */
  async open(): Promise<void> {
    this.#isKnown = false;
    await this.#inTurn(() => Promise.resolve());
  }

  /** Stores those that are new; resolves with them once they are stored. @throws StorageError */
  enqueue(records: readonly SessionRecord[]): Promise<readonly SessionRecord[]> {
    return this.#inTurn(async () => {
      const fresh = await this.#unknown(records);
      await this.#state.batch(fresh.map(record => ({ key: queueKey(record), value: encodeRecord(record) })));
      this.#waiting += fresh.length;
      return fresh;
    });
  }

  /** Replaces a record of the queue. @throws StorageError */
  async save(record: SessionRecord): Promise<void> {
    await this.#state.set(queueKey(record), encodeRecord(record));
  }

  /** Moves a record out of the queue, and counts it. False: it was out already. @throws StorageError */
  finish({ record, result }: FinishedRecord): Promise<boolean> {
    return this.#inTurn(async () => {
      const queued = queueKey(record);
      if ((await this.#state.get(queued)) === undefined) return false;
      await this.#settle([{ record, result }], [{ key: queued, value: undefined }]);
      this.#waiting--;
      return true;
    });
  }

  /** Takes out of the queues what arrived before a wall-clock time; how many there were. @throws StorageError */
  async abandon(arrivedBefore: number, reason: string): Promise<number> {
    let count = 0;
    for (const work of ['create', 'check'] as const) {
      for (let after: string | undefined; ; ) {
        const options = { maxEntries: page, ...(after === undefined ? {} : { after }) };
        const records = await this.queued(work, options);
        after = records.at(-1)?.key;
        if (after === undefined) break;
        for (const record of records.filter(({ arrivedAt }) => arrivedAt < arrivedBefore)) {
          await this.finish({ record: { ...record, state: 'failed', reason }, result: 'noted' });
          count++;
        }
      }
    }
    return count;
  }

  /** Stores events with which nothing is to be done; resolves with those that are new. @throws StorageError */
  note(records: readonly SessionRecord[]): Promise<readonly SessionRecord[]> {
    return this.#inTurn(async () => {
      const fresh = await this.#unknown(records);
      await this.#settle(
        fresh.map(record => ({ record, result: 'noted' })),
        [],
      );
      return fresh;
    });
  }

  /** Records of a queue by their slots, from behind `after`. @throws StorageError */
  async queued(
    work: keyof typeof queues,
    options: { readonly after?: string; readonly maxEntries: number },
  ): Promise<readonly SessionRecord[]> {
    const { after, maxEntries } = options;
    const prefix = queues[work];
    const records = await this.#state.under(prefix, {
      maxEntries,
      ...(after === undefined ? {} : { after: prefix + sortable(after) }),
    });
    return records.map(({ value }) => decodeRecord(value));
  }

  /** The stored form of a record of the queue; undefined: it is not there. @throws StorageError */
  async read(record: SessionRecord): Promise<SessionRecord | undefined> {
    const value = await this.#state.get(queueKey(record));
    return value === undefined ? undefined : decodeRecord(value);
  }

  /** Those that are dealt with, of the highest slots first. @throws StorageError */
  async done(maxEntries: number): Promise<readonly SessionRecord[]> {
    const records = await this.#state.under(donePrefix, { maxEntries, isReverse: true });
    return records.map(({ value }) => decodeRecord(value));
  }

  async #settle(finished: readonly FinishedRecord[], changes: readonly StateChange[]): Promise<void> {
    if (finished.length === 0) return;
    const totals = { ...this.#totals };
    for (const { result } of finished) {
      totals.events++;
      if (result !== 'noted') totals[result]++;
    }
    const surplus = Math.min(this.#done + finished.length - this.#maxDone, page);
    const oldest = surplus <= 0 ? [] : await this.#state.under(donePrefix, { maxEntries: surplus });
    await this.#state.batch([
      ...changes,
      ...oldest.map(({ key }) => ({ key, value: undefined })),
      ...finished.map(({ record }) => ({ key: donePrefix + sortable(record.key), value: short(record) })),
      { key: totalsKey, value: JSON.stringify(totals) },
    ]);
    this.#totals = totals;
    this.#done += finished.length - oldest.length;
  }

  /** Those that are in no place yet, each once. A record goes from the queue to `done/`: looking in this order none is missed. */
  async #unknown(records: readonly SessionRecord[]): Promise<readonly SessionRecord[]> {
    const distinct = [...new Map(records.map(record => [record.key, record])).values()];
    const isKnown = await Promise.all(
      distinct.map(async record => {
        const waits =
          workOf(record.kind) !== 'note' && (await this.#state.get(queueKey(record))) !== undefined;
        return waits || (await this.#state.get(donePrefix + sortable(record.key))) !== undefined;
      }),
    );
    return distinct.filter((_record, index) => !isKnown[index]);
  }

  async #count(prefix: string): Promise<number> {
    let count = 0;
    let after: string | undefined;
    for (;;) {
      const records = await this.#state.under(prefix, {
        maxEntries: page,
        ...(after === undefined ? {} : { after }),
      });
      if (records.length === 0) return count;
      count += records.length;
      after = records.at(-1)?.key;
    }
  }

  #inTurn<Result>(step: () => Promise<Result>): Promise<Result> {
    const result = this.#tail.then(async () => {
      if (!this.#isKnown) await this.#load();
      this.#isKnown = false;
      const value = await step();
      this.#isKnown = true;
      return value;
    });
    this.#tail = result.catch(() => {});
    return result;
  }

  async #load(): Promise<void> {
    const totals = await this.#state.get(totalsKey);
    this.#totals =
      totals === undefined ? noTotals : { ...noTotals, ...(JSON.parse(totals.toString()) as SessionTotals) };
    this.#waiting = (await this.#count(queues.create)) + (await this.#count(queues.check));
    this.#done = await this.#count(donePrefix);
  }
}

function queueKey({ kind, key }: SessionRecord): string {
  return queues[workOf(kind) as Exclude<SessionWork, 'note'>] + sortable(key);
}

/** Keys begin with the slot, which has to sort as a number. */
function sortable(key: string): string {
  return key.replace(/^\d+/, slot => slot.padStart(16, '0'));
}

/** What is kept of an event for the list: nothing of it is done again. */
function short(record: SessionRecord): string {
  const { sent, order: _order, sessionId, ...rest } = record;
  return encodeRecord({
    ...rest,
    sessionId: sessionId.slice(0, 128),
    sent: sent === undefined ? undefined : { ...sent, bytes: '' },
    order: undefined,
  });
}
