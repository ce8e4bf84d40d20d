import type { Clock, TimerHandle } from '../../clock/clock.ts';
import type { Log } from '../../telemetry/log.ts';
import type { NewEvent } from '../events/feed-event.ts';
import type { EventStore, StoreChange } from './event-store.ts';
import { type LogKeys, stateKey } from './log-keys.ts';
import { decodeLogState, encodeLogState, type LogState } from './log-state.ts';
import { PendingBatch, type Trim } from './pending-batch.ts';

/** A batch takes no further events once it has so many bytes. */
const batchBytes = 1024 * 1024;
const maxInFlight = 8;
const minDelayMs = 20;
/** Looks in a row after which a state from before is not taken for a late view any more. */
const patience = 8;
const maxDelayMs = 2_000;
/** For so long, failures after the first one are not logged again. */
const quietMs = 30_000;

export interface CommitQueueDependencies {
  readonly store: EventStore;
  readonly keys: LogKeys;
  readonly clock: Clock;
  readonly log: Log;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** A batch is committed, and so are all before it. */
  readonly onCommitted: (batch: PendingBatch, tookMs: number) => void;
  /** A batch will be repeated. */
  readonly onFailure: (code: string) => void;
  /** Somebody else changed the records: what was there counts as lost. Gives all notes, to be written again. */
  readonly onOverwritten: () => ReadonlyMap<string, Buffer>;
}

/**
 * Brings batches into the store, in order, several on their way at once, each repeated until it is there. A batch is
 * guarded by the state that the one before it leads to: the store applies it behind that one or not at all.
 */
export class CommitQueue {
  readonly #dependencies: CommitQueueDependencies;
  /** Handed to the store, not committed. */
  readonly #sent: PendingBatch[] = [];
  /** Not handed to the store yet; the last one takes more. */
  #building: PendingBatch[] = [];
  /** The state behind the last batch of `#sent`. */
  #state: LogState;
  /** The same as that batch writes it. */
  #stored: LogState;
  #committed: LogState;
  #backlogBytes = 0;
  #inFlight = 0;
  #isFlushDue = false;
  #isHalted = false;
  #attempts = 0;
  #olderViews = 0;
  #timer: TimerHandle | undefined;
  #quietUntil = Number.NEGATIVE_INFINITY;
  #isClosed = false;
  #isOverwritten = false;

  /**
   * @param stored The state that is in the store.
   * @param state The same, with what is known of where the history begins.
   */
  constructor(stored: LogState, state: LogState, dependencies: CommitQueueDependencies) {
    this.#state = state;
    this.#stored = stored;
    this.#committed = state;
    this.#dependencies = dependencies;
  }

  /** The state that is committed. */
  get committed(): LogState {
    return this.#committed;
  }

  /** Bytes that are not committed. */
  get backlogBytes(): number {
    return this.#backlogBytes;
  }

  get isEmpty(): boolean {
    return this.#sent.length === 0 && this.#building.length === 0;
  }

  get nextOffset(): number {
    return this.#building.at(-1)?.nextOffset ?? this.#state.head + 1;
  }

  add(events: readonly NewEvent[], time: number, index: readonly StoreChange[]): number {
    const offset = this.nextOffset;
    this.#into(batch => batch.add(events, time, index));
    return offset;
  }

  note(name: string, value: Buffer): void {
    this.#into(batch => batch.note(name, value));
  }

  trim(trim: Trim): void {
    // A batch has one trim at most; the caller waits for the last one.
    this.#into(batch => batch.trim(trim));
  }

  /** The history begins later from now on, though no batch says so; the next ones do. */
  advance(earliest: number, bytes: number): void {
    const advanced = (state: LogState): LogState => ({
      ...state,
      earliest,
      bytes: Math.max(0, state.bytes - bytes),
    });
    this.#committed = advanced(this.#committed);
    this.#state = advanced(this.#state);
  }

  /** Hands over what is there now; happens by itself at the end of the turn. */
  flush(): void {
    this.#isFlushDue = false;
    if (this.#isHalted || this.#isClosed) return;
    while (this.#inFlight < maxInFlight) {
      const batch = this.#building.shift();
      if (batch === undefined) return;
      batch.seal();
      this.#state = this.#stored = batch.prepare(this.#stored, this.#state);
      this.#sent.push(batch);
      this.#send(batch);
    }
  }

  /** Nothing is sent or announced any more. */
  close(): void {
    this.#isClosed = true;
    this.#dependencies.clock.clearTimeout(this.#timer);
  }

  #into(add: (batch: PendingBatch) => void): void {
    let batch = this.#building.at(-1);
    if (batch === undefined || batch.byteLength >= batchBytes) {
      batch = new PendingBatch(this.nextOffset);
      this.#building.push(batch);
    }
    const before = batch.byteLength;
    add(batch);
    this.#backlogBytes += batch.byteLength - before;
    if (this.#isFlushDue) return;
    this.#isFlushDue = true;
    setImmediate(() => this.flush());
  }

  #send(batch: PendingBatch): void {
    const { store, keys, clock } = this.#dependencies;
    batch.sentAt ??= clock.now();
    const own = encodeLogState(batch.state!);
    // Its own state is there when it was applied before and the answer was lost.
    const guard = { key: stateKey, values: [encodeLogState(batch.before!), own] };
    const isUnguarded = this.#isOverwritten;
    this.#isOverwritten = false;
    this.#inFlight++;
    store.write(batch.changes(keys), isUnguarded ? undefined : guard).then(
      () => {
        this.#inFlight--;
        this.#isDone(batch);
      },
      (error: unknown) => {
        this.#inFlight--;
        this.#isRefused(batch, error);
      },
    );
  }

  #isDone(batch: PendingBatch): void {
    if (this.#isClosed) return;
    // The guard says that all before it are there, whatever was answered to those.
    for (const sent of this.#sent) {
      if (sent.state!.revision <= batch.state!.revision) sent.isDone = true;
    }
    this.#attempts = 0;
    this.#olderViews = 0;
    while (this.#sent[0]?.isDone) {
      const first = this.#sent.shift()!;
      this.#backlogBytes -= first.byteLength;
      const earliest = Math.max(this.#committed.earliest, first.state!.earliest);
      this.#committed = { ...first.state!, earliest };
      this.#dependencies.onCommitted(first, this.#dependencies.clock.now() - first.sentAt!);
    }
    this.#goOn();
  }

  #isRefused(batch: PendingBatch, error: unknown): void {
    if (this.#isClosed) return;
    // Behind one that failed, all fail.
    if (!batch.isDone) this.#isHalted = true;
    if (batch === this.#sent[0]) {
      const code = (error as { readonly code?: string }).code ?? 'unknown';
      this.#dependencies.onFailure(code);
      this.#attempts++;
      this.#complain(code, error);
      if (code === 'unexpected_value') {
        void this.#compare(batch);
        return;
      }
    }
    this.#goOn();
  }

  /** The first batch did not find the state that it needs: it was applied, with others behind it, or somebody wrote. */
  async #compare(batch: PendingBatch): Promise<void> {
    this.#inFlight++;
    const { store } = this.#dependencies;
    let found: LogState | undefined;
    let isKnown = true;
    try {
      const record = await store.get(stateKey);
      found = record === undefined ? undefined : decodeLogState(record);
    } catch (error) {
      isKnown = (error as { readonly code?: string }).code === 'corrupt_record';
    }
    this.#inFlight--;
    if (this.#isClosed) return;
    const applied = this.#sent.find(({ state }) => found !== undefined && isSame(state!, found));
    if (applied !== undefined) this.#isDone(applied);
    else if (batch.isDone) this.#goOn();
    else {
      const { before } = batch;
      const isAsNeeded = found !== undefined && isSame(found, before!);
      // A reader may still see a state from before.
      const isOlder = found?.epoch === before!.epoch && found.revision < before!.revision;
      if (isOlder) this.#olderViews++;
      if (isKnown && !isAsNeeded && (!isOlder || this.#olderViews > patience)) this.#startOver(batch);
      this.#goOn();
    }
  }

  #goOn(): void {
    if (this.#isHalted) this.#repeatLater();
    else this.flush();
  }

  #complain(code: string, error: unknown): void {
    const { log, clock } = this.#dependencies;
    if (clock.now() < this.#quietUntil) return;
    this.#quietUntil = clock.now() + quietMs;
    log.warn('the storage did not commit events; they wait and are repeated', {
      code,
      reason: error instanceof Error ? error.message : String(error),
      backlogBytes: this.#backlogBytes,
    });
  }

  /** The records are not as they were left: the history begins anew with this batch, in the same epoch. */
  #startOver(first: PendingBatch): void {
    for (const [name, value] of this.#dependencies.onOverwritten()) first.note(name, value);
    this.#isOverwritten = true;
    const { before } = first;
    this.#state = { ...before!, earliest: first.firstOffset, head: first.firstOffset - 1, bytes: 0 };
    for (const batch of this.#sent) this.#state = batch.prepare(this.#state);
    this.#stored = this.#state;
  }

  #repeatLater(): void {
    if (this.#sent.length === 0) {
      this.#isHalted = false;
      this.flush();
      return;
    }
    if (this.#inFlight > 0 || this.#timer !== undefined) return;
    const { clock, random } = this.#dependencies;
    const delayMs = Math.min(maxDelayMs, minDelayMs * 2 ** Math.min(this.#attempts - 1, 10));
    this.#timer = clock.setTimeout(
      () => {
        this.#timer = undefined;
        this.#isHalted = false;
        for (const batch of this.#sent) if (!batch.isDone) this.#send(batch);
        this.flush();
      },
      Math.max(1, delayMs * (0.8 + 0.4 * random())),
    );
  }
}

const isSame = (one: LogState, other: LogState): boolean =>
  one.epoch === other.epoch && one.revision === other.revision && one.head === other.head;
