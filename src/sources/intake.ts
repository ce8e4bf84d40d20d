import type { Commitment } from '../chains/solana/commitment.ts';
import type { SlotUpdate, SolanaUpdate } from '../chains/solana/updates.ts';
import type { CounterCell, MetricRegistry } from '../telemetry/metrics.ts';
import { matches } from './matches.ts';
import { sourceMetrics } from './metrics.ts';
import type { Coverage } from './slots/coverage.ts';
import { HeldUpdates } from './slots/held-updates.ts';
import { SlotLedger } from './slots/slot-ledger.ts';
import { ToldSlots } from './slots/told-slots.ts';
import { keptBehind, ToldUpdates } from './slots/told-updates.ts';
import type { SourceGap, SourceListener, SourceSubscription } from './source.ts';

export interface IntakeOptions {
  readonly chain: string;
  /** The label of that name. */
  readonly source: string;
  readonly commitment: Commitment;
  /** The commitment of what comes in. @default commitment */
  readonly content?: Commitment;
  /** Keys of updates of unsettled slots that are kept. @default 250000 */
  readonly maxKeys?: number;
  /** Slots that are kept. @default 8192 */
  readonly maxSlots?: number;
  /** Updates behind a hole that wait until it is filled; at the limit connections wait, too. @default 10000 */
  readonly maxHeld?: number;
}

interface Place {
  /** Another one each time that it is served anew. */
  subscription: SourceSubscription;
  /** What is told of slots up to here it has heard already, or did not ask for. */
  floor: number;
  /** It was told to wait: what it has heard of slots above its floor. */
  paused: ReadonlyMap<number, readonly string[]> | undefined;
  /** What it was told of slots; undefined: it does not ask for slots. */
  readonly slots: ToldSlots | undefined;
}

type Content = Exclude<SolanaUpdate, SlotUpdate>;

/**
 * Where everything that a source learns comes in, by streams or by calls: tells each subscriber each update once, and
 * keeps the ledger of what is settled.
 */
export class Intake {
  readonly ledger: SlotLedger;
  readonly #listener: SourceListener;
  readonly #told: ToldUpdates;
  readonly #held: HeldUpdates<Content>;
  /** Statuses that readers of slots are told once the slots settle, so that those come in their order. */
  #heldSlots: SlotUpdate[] = [];
  /** All, those that are paused among them. */
  readonly #places = new Map<string, Place>();
  /** Those that are not paused. */
  #served: ReadonlyMap<string, Place> = new Map();
  /** What the listener was told of slots. */
  readonly #toldSlots = new ToldSlots();
  readonly #updates: Readonly<Record<SolanaUpdate['kind'], CounterCell>>;
  readonly #cells: { readonly duplicates: CounterCell; readonly backfilled: CounterCell };
  readonly #countGap: (gap: SourceGap) => void;
  /** No subscriber's floor is above. */
  #highestFloor = -1;
  #slotReaders: readonly Place[] = [];
  /** The first slot that was settled. */
  #origin: number | undefined;
  /** The highest settled slot that the listener was told. */
  #toldSettled = -1;
  /** The oldest slot of which something was told while no slot was settled. */
  #firstTold: number | undefined;
  #gaps = 0;
  /** Those that wait for the end of a backfill. */
  #waiting: (() => void)[] = [];

  constructor(
    {
      chain,
      source,
      commitment,
      content = commitment,
      maxKeys = 250_000,
      maxSlots = 8192,
      maxHeld = 10_000,
    }: IntakeOptions,
    { listener, metrics }: { readonly listener: SourceListener; readonly metrics: MetricRegistry },
  ) {
    const labels = { chain, source, commitment };
    this.#listener = listener;
    const evicted = metrics.counter(sourceMetrics.evicted, labels);
    this.#told = new ToldUpdates({ maxKeys, onEvicted: keys => evicted.inc(keys) });
    this.ledger = new SlotLedger(
      { commitment: content, maxSlots },
      {
        onSlot: update => this.#onSlot(update),
        onRevived: slot => this.#told.forget(slot),
        onProven: () => this.#tellReady(),
        onSettled: slot => this.#onSettled(slot),
      },
    );
    this.#held = new HeldUpdates(maxHeld);
    const count = (kind: string) => metrics.counter(sourceMetrics.updates, { ...labels, kind });
    this.#updates = {
      slot: count('slot'),
      block_meta: count('block_meta'),
      block: count('block'),
      transaction: count('transaction'),
      account: count('account'),
    };
    this.#cells = {
      duplicates: metrics.counter(sourceMetrics.duplicates, labels),
      backfilled: metrics.counter(sourceMetrics.backfilled, labels),
    };
    this.#countGap = ({ reason, recovered }) =>
      metrics.counter(sourceMetrics.gaps, { ...labels, reason, recovered }).inc();
    metrics.gauge(sourceMetrics.slot, labels, () => this.ledger.newest);
    metrics.gauge(sourceMetrics.lag, labels, () => Math.max(0, this.ledger.newest - this.settled));
    metrics.gauge(sourceMetrics.unsettledKeys, labels, () => this.#told.size);
  }

  /** Those that are to be told something. */
  get subscriptions(): readonly SourceSubscription[] {
    return [...this.#served.values()].map(place => place.subscription);
  }

  /** 0: nothing is settled yet. */
  get settled(): number {
    return this.ledger.settled ?? 0;
  }

  get gaps(): number {
    return this.#gaps;
  }

  /** Whether more may come in: the listener has room, and what waits for a backfill is not too much. */
  get hasRoom(): boolean {
    return this.#listener.hasRoom && !this.isFull;
  }

  /** A backfill has to end before more may come in. */
  get isFull(): boolean {
    const isFull = this.ledger.isFull || this.#told.isFull || this.#held.isFull;
    return isFull && this.ledger.missing() !== undefined;
  }

  /** From where a new connection has to replay; undefined: from now. */
  get resumeFrom(): number | undefined {
    return this.ledger.settled === undefined ? this.#firstTold : this.ledger.settled + 1;
  }

  /** Calls `listener` once, as soon as there may be room again. */
  whenRoom(listener: () => void): void {
    if (this.#listener.hasRoom) this.#waiting.push(listener);
    else this.#listener.whenRoom(listener);
  }

  /**
   * Replaces the subscriptions.
   * @returns whether one of them has to be told what went by already: all connections have to be opened anew
   */
  subscribe(subscriptions: readonly SourceSubscription[]): boolean {
    const before = new Map(this.#places);
    const served = this.#served;
    const { settled } = this.ledger;
    this.#places.clear();
    const late: Place[] = [];
    for (const subscription of subscriptions) {
      const { id, filter, since, isPaused = false } = subscription;
      const known = before.get(id);
      if (known !== undefined && JSON.stringify(known.subscription.filter) === JSON.stringify(filter)) {
        before.delete(id);
        this.#places.set(id, known);
        if (isPaused) this.#pause(known);
        else if (known.paused !== undefined) {
          known.subscription = subscription;
          if (this.#resume(known, known.paused)) late.push(known);
        }
        continue;
      }
      const place: Place = {
        subscription,
        floor: since ?? settled ?? -1,
        paused: isPaused ? new Map() : undefined,
        slots: filter.kind === 'slot' ? new ToldSlots() : undefined,
      };
      this.#places.set(id, place);
      if (since !== undefined && !isPaused) late.push(place);
    }
    for (const id of before.keys()) this.#told.takeOut(id);
    const places = [...this.#places.values()].filter(({ paused }) => paused === undefined);
    this.#served = new Map(places.map(place => [place.subscription.id, place]));
    this.#slotReaders = places.filter(({ slots }) => slots !== undefined);
    if (late.length > 0) this.#goBack(late, served);
    this.#highestFloor = places.reduce((highest, { floor }) => Math.max(highest, floor), -1);
    return late.length > 0;
  }

  /** Nothing that connections told of what is not settled counts any more: all of them have to be opened anew. */
  distrust(): void {
    this.#held.takeAll();
    this.#heldSlots = [];
    this.ledger.distrust();
  }

  /** Something came on a connection for these filters. */
  take(update: Content, ids: readonly string[], coverage: Coverage): void {
    if (!coverage.isLive || this.ledger.isDead(update.slot)) return;
    if (this.ledger.settled === undefined)
      this.#firstTold = Math.min(this.#firstTold ?? update.slot, update.slot);
    this.ledger.sawContent(update.slot, coverage);
    const { settled } = this.ledger;
    // Of writes to accounts nothing is fetched: there is no order to keep.
    if (settled === undefined || update.kind === 'account' || coverage.continues(settled)) {
      this.#tell(update, ids);
      return;
    }
    // Where nobody is about to fill the hole, nothing waits for it.
    if (this.#held.isFull) this.#tellHeld(this.#held.takeAll());
    this.#held.add(update, ids, coverage);
  }

  /**
   * Something was fetched: it goes to those whose filters it passes.
   * @param among for whom it was fetched, as `owed` said: who came later has yet to be told what was fetched before it. @default all
   */
  takeFetched(update: Content, among?: ReadonlySet<SourceSubscription>): void {
    const ids: string[] = [];
    for (const { subscription } of this.#served.values()) {
      if (among?.has(subscription) === false) continue;
      if (matches(subscription.filter, update)) ids.push(subscription.id);
    }
    if (ids.length === 0) return;
    this.ledger.sawContent(update.slot, undefined);
    if (this.#tell(update, ids)) this.#cells.backfilled.inc();
  }

  /** Whether all of these who are owed the slot know a transaction of it already. */
  hasTold(slot: number, signature: Uint8Array, among: readonly SourceSubscription[]): boolean {
    const ids = this.#owedAmong(
      among.map(({ id }) => id),
      slot,
    );
    return ids.length === 0 || this.#told.hasTransaction(slot, signature, ids);
  }

  /** Resolves when the listener has room, or the signal is aborted. */
  room(signal: AbortSignal): Promise<void> {
    return new Promise(resolve => {
      const look = () => {
        if (this.#listener.hasRoom || signal.aborted) {
          signal.removeEventListener('abort', look);
          resolve();
        } else this.#listener.whenRoom(look);
      };
      signal.addEventListener('abort', look);
      look();
    });
  }

  /** Subscriptions that are owed something of slots up to this one: the same objects as long as they were served all the time. */
  owed(toSlot: number): ReadonlySet<SourceSubscription> {
    const places = [...this.#served.values()].filter(({ floor }) => floor < toSlot);
    return new Set(places.map(place => place.subscription));
  }

  gap(gap: SourceGap, subscribers: readonly string[]): void {
    if (subscribers.length === 0) return;
    this.#gaps++;
    this.#countGap(gap);
    this.#listener.onGap(gap, subscribers);
  }

  #tell(update: Content, ids: readonly string[]): boolean {
    const owed = this.#owedAmong(ids, update.slot);
    if (owed.length === 0) return false;
    // So old that whether it was told is forgotten: it was, for its slot is settled.
    if (update.slot < this.settled - keptBehind) {
      this.#cells.duplicates.inc();
      return false;
    }
    const fresh = this.#told.admit(update, owed);
    if (fresh.length === 0) {
      this.#cells.duplicates.inc();
      return false;
    }
    this.#updates[update.kind].inc();
    this.#listener.onUpdate(update, fresh);
    return true;
  }

  /** Those that are still subscribed and have not heard all of the slot before. */
  #owedAmong(ids: readonly string[], slot: number): readonly string[] {
    const isOwed = (id: string) => {
      const place = this.#served.get(id);
      return place !== undefined && slot > place.floor;
    };
    if (slot > this.#highestFloor && ids.every(id => this.#served.has(id))) return ids;
    return ids.filter(isOwed);
  }

  /** Up to its floor it has heard everything; what it has heard beyond is kept, for it comes again. */
  #pause(place: Place): void {
    if (place.paused !== undefined) return;
    place.floor = Math.max(place.floor, this.#heardUpTo);
    place.paused = this.#told.takeOut(place.subscription.id);
  }

  /** @returns whether it has to be told what went by */
  #resume(place: Place, paused: ReadonlyMap<number, readonly string[]>): boolean {
    place.paused = undefined;
    // Where nothing was settled when it was paused, it wants what came since the beginning.
    if (place.floor < 0) place.floor = this.#origin ?? -1;
    this.#told.putBack(place.subscription.id, paused);
    return place.floor >= 0;
  }

  /** Has everything brought again that those who are late miss; the others know it. */
  #goBack(late: readonly Place[], others: ReadonlyMap<string, Place>): void {
    const heard = this.#heardUpTo;
    const restart = Math.min(...late.map(({ floor }) => floor));
    for (const place of others.values()) {
      if (!late.includes(place)) place.floor = Math.max(place.floor, heard);
    }
    const { settled } = this.ledger;
    // It comes again.
    this.#held.takeAll();
    this.ledger.restartAt(Math.min(restart, settled ?? restart));
    for (const { subscription, floor, slots } of late) {
      if (slots === undefined) continue;
      for (const update of this.ledger.toldAfter(floor))
        if (slots.admit(update)) this.#listener.onUpdate(update, [subscription.id]);
    }
  }

  /** Of slots up to here all that are not late have heard everything. */
  get #heardUpTo(): number {
    return Math.min(this.#toldSettled, this.ledger.settled ?? -1);
  }

  #onSlot(update: SlotUpdate): void {
    this.#updates.slot.inc();
    if (this.#toldSlots.admit(update)) this.#listener.onSlot(update);
    if (this.#slotReaders.length === 0) return;
    const isEarly = update.status !== 'processed' && update.status !== 'dead' && update.slot > this.settled;
    if (isEarly) this.#heldSlots.push(update);
    else this.#tellSlot(update);
  }

  #tellSlot(update: SlotUpdate): void {
    const readers = this.#slotReaders.filter(({ slots }) => slots!.admit(update));
    if (readers.length === 0) return;
    const ids = readers.map(({ subscription }) => subscription.id);
    this.#listener.onUpdate(update, ids);
  }

  /** Tells what follows the settled slot by now. */
  #tellReady(): void {
    const { settled } = this.ledger;
    if (settled !== undefined) this.#tellHeld(this.#held.takeReady(settled));
  }

  #tellHeld(held: ReturnType<HeldUpdates<Content>['takeAll']>): void {
    for (const { update, ids } of held) if (!this.ledger.isDead(update.slot)) this.#tell(update, ids);
  }

  #tellHeldSlots(settled: number): void {
    if (this.#heldSlots.length === 0) return;
    const due = this.#heldSlots.filter(({ slot }) => slot <= settled);
    if (due.length === 0) return;
    this.#heldSlots = this.#heldSlots.filter(({ slot }) => slot > settled);
    for (const update of due.sort((a, b) => a.slot - b.slot)) this.#tellSlot(update);
  }

  #onSettled(slot: number): void {
    // While it is known what was told of the slot: what was fetched as well is not told again.
    this.#tellHeld(this.#held.takeSettled(slot));
    this.#told.settle(slot);
    this.#toldSlots.settle(slot);
    this.#origin ??= slot;
    this.#tellHeldSlots(slot);
    for (const { slots } of this.#slotReaders) slots!.settle(slot);
    if (this.#waiting.length > 0 && !this.isFull) for (const wake of this.#waiting.splice(0)) wake();
    if (slot > this.#toldSettled) {
      this.#toldSettled = slot;
      this.#listener.onSettled(slot);
    }
    this.#tellReady();
  }
}
