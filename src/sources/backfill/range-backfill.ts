import type { Commitment } from '../../chains/solana/commitment.ts';
import { TrunklineError } from '../../errors/trunkline-error.ts';
import type { CounterCell } from '../../telemetry/metrics.ts';
import type { Intake } from '../intake.ts';
import { isSlot } from '../slots/believed-slots.ts';
import type { MissingRange } from '../slots/slot-ledger.ts';
import type { SourceGap, SourceSubscription } from '../source.ts';
import { AccountsNow } from './accounts-now.ts';
import type { PatientCalls } from './patient-calls.ts';
import { isUndecided, RangeTransactions } from './range-transactions.ts';

export interface RangeBackfillOptions {
  readonly commitment: Commitment;
  /** Slots that may be fetched at once; of a longer range the newest are. @default 1000 */
  readonly maxSlots?: number;
  /** Up to so many blocks are read whole: that is fewer calls than to list and to read their transactions. @default 8 */
  readonly wholeBlocks?: number;
  /** Fetching ranges is how the source works: no gap is told of what was fetched, and accounts are left out. @default false */
  readonly isRoutine?: boolean;
  /** Milliseconds for which providers may contradict what streams told before it is doubted. @default 30000 */
  readonly patienceMs?: number;
}

export interface RangeBackfillDeps {
  readonly intake: Intake;
  readonly calls: PatientCalls;
  readonly phantoms: CounterCell;
  /** What was told of a range with this end does not fit what the providers say. */
  readonly onContradiction: (end: number, isSettled: boolean) => void;
}

/** Fetches by calls what the streams did not bring, and says where that is not possible. */
export class RangeBackfill {
  readonly #intake: Intake;
  readonly #calls: PatientCalls;
  /** Calls know nothing of what is only processed. */
  readonly #commitment: 'confirmed' | 'finalized';
  readonly #maxSlots: number;
  readonly #isRoutine: boolean;
  readonly #transactions: RangeTransactions;
  readonly #accounts: AccountsNow;
  readonly #patienceMs: number;
  readonly #onContradiction: RangeBackfillDeps['onContradiction'];

  constructor(
    {
      commitment,
      maxSlots = 1000,
      wholeBlocks = 8,
      isRoutine = false,
      patienceMs = 30_000,
    }: RangeBackfillOptions,
    { intake, calls, phantoms, onContradiction }: RangeBackfillDeps,
  ) {
    this.#patienceMs = patienceMs;
    this.#onContradiction = onContradiction;
    this.#intake = intake;
    this.#calls = calls;
    this.#commitment = commitment === 'finalized' ? 'finalized' : 'confirmed';
    this.#maxSlots = maxSlots;
    this.#isRoutine = isRoutine;
    this.#transactions = new RangeTransactions(
      { commitment: this.#commitment, wholeBlocks, patienceMs },
      { intake, calls, phantoms, onLost: (slot, owed) => this.#tellLost(slot, owed) },
    );
    this.#accounts = new AccountsNow(this.#commitment, { intake, calls });
  }

  /**
   * Fetches a range, as long as that takes, and has the ledger go past it.
   * @throws the signal's reason, when it is aborted
   */
  async run({ from, to, isAnchored }: MissingRange, signal: AbortSignal): Promise<void> {
    const start = Math.max(from, to - this.#maxSlots + 1);
    if (start > from && !(await this.isThere(to, isAnchored, signal))) {
      this.#onContradiction(to, false);
      return;
    }
    if (start > from)
      this.#lose('too_long', from, start - 1, 'more slots are missing than max_backfill allows');
    if (start > to) return;
    try {
      await this.#fetch(start, to, isAnchored, signal);
    } catch (error) {
      if (!(error instanceof TrunklineError) || error.code !== 'backfill_refused') throw error;
      this.#lose('not_recoverable', start, to, error.message);
    }
  }

  async #fetch(from: number, to: number, isAnchored: boolean, signal: AbortSignal): Promise<void> {
    const { ledger } = this.#intake;
    const oldest = await this.#firstKept(signal);
    if (oldest > to) {
      this.#lose('not_recoverable', from, to, 'no provider keeps blocks that old');
      return;
    }
    let start = Math.max(from, oldest);
    if (start > from) this.#lose('not_recoverable', from, start - 1, 'no provider keeps blocks that old');
    let slots = await this.#decide(start, to, isAnchored, signal);
    const served = new Set<SourceSubscription>();
    for (;;) {
      if (slots === undefined) return;
      // Who came meanwhile may be owed what is before it.
      const first = (ledger.settled ?? start) + 1;
      if (first < start) {
        if (first < oldest || to - first >= this.#maxSlots) return;
        start = first;
        slots = await this.#decide(start, to, isAnchored, signal);
        continue;
      }
      // Who came, or came back, is told all of it in a round of its own: nobody else waits for that longer than once.
      const left = new Set([...this.#intake.owed(to)].filter(subscription => !served.has(subscription)));
      if (left.size === 0) break;
      await this.#transactions.fetch({ from: start, to, slots }, left, signal);
      if (!this.#isRoutine) await this.#accounts.fetch(left, signal);
      for (const subscription of left) served.add(subscription);
    }
    if (!this.#isRoutine) this.#tellFetched(start, to);
    ledger.fill(to, slots);
  }

  /** Who was served and is there no more is told nothing; who came back, once. */
  #tellFetched(start: number, to: number): void {
    const served = [...this.#intake.owed(to)];
    const ofAccounts = 'account writes are not kept; what the accounts are now was read';
    this.#intake.gap(
      gapOf('not_recoverable', start, to, 'none', ofAccounts),
      idsOf(served.filter(isOfAccounts)),
    );
    const ofOthers = 'the streams did not bring these slots; their transactions were fetched';
    this.#intake.gap(
      gapOf('expired', start, to, 'transactions', ofOthers),
      idsOf(served.filter(subscription => !isOfAccounts(subscription))),
    );
  }

  #lose(reason: SourceGap['reason'], from: number, to: number, message: string): void {
    const { ledger } = this.#intake;
    // The subscriptions changed meanwhile, and the range is another.
    if ((ledger.settled ?? to) + 1 < from) return;
    this.#intake.gap(gapOf(reason, from, to, 'none', message), idsOf([...this.#intake.owed(to)]));
    ledger.skip(to);
  }

  /** The oldest slot that providers keep blocks of; 0 where they do not say. */
  async #firstKept(signal: AbortSignal): Promise<number> {
    try {
      return await this.#calls.call('getFirstAvailableBlock', [], readNumber, signal);
    } catch (error) {
      if (error instanceof TrunklineError && error.code === 'backfill_refused') return 0;
      throw error;
    }
  }

  #tellLost(slot: number, owed: ReadonlySet<SourceSubscription>): void {
    const message = 'a provider lists a transaction in this slot that no provider has';
    const still = this.#intake.owed(slot);
    const others = [...owed].filter(each => still.has(each) && !isOfAccounts(each));
    this.#intake.gap(gapOf('not_recoverable', slot, slot, 'none', message), idsOf(others));
  }

  /**
   * Whether the providers say, too, that the chain has got to a slot.
   * @param isBlock whether they have to have a block of it
   * @throws the signal's reason, when it is aborted
   */
  async isThere(
    slot: number,
    isBlock: boolean,
    signal: AbortSignal,
    patienceMs = this.#patienceMs,
  ): Promise<boolean> {
    if (!isSlot(slot)) return false;
    const options = { patienceMs };
    const commitment = this.#commitment;
    const readSlot = (result: unknown) => (isSlot(result) && result >= slot ? true : undefined);
    try {
      await this.#calls.call('getSlot', [{ commitment }], readSlot, signal, options);
      if (isBlock) await this.#slotsIn(slot, slot, true, signal, patienceMs);
      return true;
    } catch (error) {
      if (isUndecided(error)) return false;
      // What nobody keeps any more was there.
      if (error instanceof TrunklineError && error.code === 'backfill_refused') return true;
      throw error;
    }
  }

  /** The slots of a range that have a block; undefined: the range is doubted. */
  async #decide(
    from: number,
    to: number,
    isAnchored: boolean,
    signal: AbortSignal,
  ): Promise<readonly number[] | undefined> {
    try {
      return await this.#slotsIn(from, to, isAnchored, signal);
    } catch (error) {
      if (!isUndecided(error)) throw error;
    }
    // Where the providers are past it and know no such block, it is they who are right.
    const isPast = !this.#isRoutine && (await this.isThere(to, false, signal));
    this.#onContradiction(to, isPast);
    return isPast ? this.#slotsIn(from, to, false, signal) : undefined;
  }

  /** The slots of a range that have a block. */
  #slotsIn(
    from: number,
    to: number,
    isAnchored: boolean,
    signal: AbortSignal,
    patienceMs = this.#patienceMs,
  ): Promise<readonly number[]> {
    const read = (result: unknown) => {
      const slots = readNumbers(result);
      // A provider that is behind does not know the range's end.
      return isAnchored && slots?.at(-1) !== to ? undefined : slots;
    };
    const options = isAnchored ? { patienceMs } : {};
    const params = [from, to, { commitment: this.#commitment }];
    return this.#calls.call('getBlocks', params, read, signal, options);
  }
}

function gapOf(
  reason: SourceGap['reason'],
  fromSlot: number,
  toSlot: number,
  recovered: SourceGap['recovered'],
  message: string,
): SourceGap {
  return { fromSlot, toSlot, reason, recovered, message };
}

function isOfAccounts({ filter }: SourceSubscription): boolean {
  return filter.kind === 'account';
}

function idsOf(subscriptions: readonly SourceSubscription[]): readonly string[] {
  return subscriptions.map(({ id }) => id);
}

function readNumber(result: unknown): number | undefined {
  return isSlot(result) ? result : undefined;
}

function readNumbers(result: unknown): readonly number[] | undefined {
  return Array.isArray(result) && result.every(isSlot) ? result : undefined;
}
