import type { Commitment } from '../../chains/solana/commitment.ts';
import { TrunklineError } from '../../errors/trunkline-error.ts';
import type { Intake } from '../intake.ts';
import type { MissingRange } from '../slots/slot-ledger.ts';
import type { SourceGap, SourceSubscription } from '../source.ts';
import { AccountsNow } from './accounts-now.ts';
import type { PatientCalls } from './patient-calls.ts';
import { RangeTransactions } from './range-transactions.ts';

export interface RangeBackfillOptions {
  readonly commitment: Commitment;
  /** Slots that may be fetched at once; of a longer range the newest are. @default 1000 */
  readonly maxSlots?: number;
  /** Up to so many blocks are read whole: that is fewer calls than to list and to read their transactions. @default 8 */
  readonly wholeBlocks?: number;
  /** Fetching ranges is how the source works: no gap is told of what was fetched, and accounts are left out. @default false */
  readonly isRoutine?: boolean;
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

  constructor(
    { commitment, maxSlots = 1000, wholeBlocks = 8, isRoutine = false }: RangeBackfillOptions,
    { intake, calls }: { readonly intake: Intake; readonly calls: PatientCalls },
  ) {
    this.#intake = intake;
    this.#calls = calls;
    this.#commitment = commitment === 'finalized' ? 'finalized' : 'confirmed';
    this.#maxSlots = maxSlots;
    this.#isRoutine = isRoutine;
    this.#transactions = new RangeTransactions(
      { commitment: this.#commitment, wholeBlocks },
      { intake, calls },
    );
    this.#accounts = new AccountsNow(this.#commitment, { intake, calls });
  }

  /**
   * Fetches a range, as long as that takes, and has the ledger go past it.
   * @throws the signal's reason, when it is aborted
   */
  async run({ from, to, isAnchored }: MissingRange, signal: AbortSignal): Promise<void> {
    const start = Math.max(from, to - this.#maxSlots + 1);
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
    const first = await this.#firstKept(signal);
    if (first > to) {
      this.#lose('not_recoverable', from, to, 'no provider keeps blocks that old');
      return;
    }
    const start = Math.max(from, first);
    if (start > from) this.#lose('not_recoverable', from, start - 1, 'no provider keeps blocks that old');
    const slots = await this.#slotsIn(start, to, isAnchored, signal);
    const owed = this.#intake.owed(to);
    await this.#transactions.fetch({ from: start, to, slots }, owed, signal);
    const accountIds = idsOf(owed.filter(isOfAccounts));
    if (!this.#isRoutine && accountIds.length > 0) {
      await this.#accounts.fetch(owed, signal);
      this.#intake.gap(
        gapOf(
          'not_recoverable',
          start,
          to,
          'none',
          'account writes are not kept; what the accounts are now was read',
        ),
        accountIds,
      );
    }
    if (!this.#isRoutine) this.#tellFetched(start, to, owed);
    if ((ledger.settled ?? to) + 1 >= start) ledger.fill(to, slots);
  }

  #tellFetched(start: number, to: number, owed: readonly SourceSubscription[]): void {
    const others = idsOf(owed.filter(subscription => !isOfAccounts(subscription)));
    const message = 'the streams did not bring these slots; their transactions were fetched';
    this.#intake.gap(gapOf('expired', start, to, 'transactions', message), others);
  }

  #lose(reason: SourceGap['reason'], from: number, to: number, message: string): void {
    const { ledger } = this.#intake;
    this.#intake.gap(gapOf(reason, from, to, 'none', message), idsOf(this.#intake.owed(to)));
    // Otherwise the subscriptions changed meanwhile, and the range is another.
    if ((ledger.settled ?? to) + 1 >= from) ledger.skip(to);
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

  /** The slots of a range that have a block. */
  #slotsIn(from: number, to: number, isAnchored: boolean, signal: AbortSignal): Promise<readonly number[]> {
    const read = (result: unknown) => {
      const slots = readNumbers(result);
      // A provider that is behind does not know the range's end.
      return isAnchored && slots?.at(-1) !== to ? undefined : slots;
    };
    return this.#calls.call('getBlocks', [from, to, { commitment: this.#commitment }], read, signal);
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
  return typeof result === 'number' ? result : undefined;
}

function readNumbers(result: unknown): readonly number[] | undefined {
  return Array.isArray(result) && result.every(slot => typeof slot === 'number') ? result : undefined;
}
