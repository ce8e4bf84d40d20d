import { encode } from '../../../chains/solana/base58.ts';
import { type Commitment, commitments } from '../../../chains/solana/commitment.ts';
import { type Bank, maxLag } from '../bank/bank.ts';
import type { BankBlock, BankTransaction } from '../bank/bank-events.ts';
import type { AccountState } from '../bank/svm.ts';

/** A bank as one provider shows it, which may be some slots behind. */
export class BankView {
  readonly bank: Bank;
  readonly #lag: () => number;

  /** `lag`: slots; read at each question. */
  constructor(bank: Bank, lag: () => number = () => 0) {
    this.bank = bank;
    this.#lag = lag;
  }

  get lag(): number {
    return Math.min(this.#lag(), maxLag);
  }

  slotAt(commitment: Commitment): number {
    return this.blockAt(commitment).slot;
  }

  blockAt(commitment: Commitment): BankBlock {
    const newest = this.bank.blockAt(commitment);
    if (this.lag === 0) return newest;
    const { history } = this.bank.ledger;
    return history.newestUpTo(newest.slot - this.lag) ?? history.blocks[0] ?? newest;
  }

  block(slot: number): BankBlock | undefined {
    return slot > this.slotAt('processed') ? undefined : this.bank.block(slot);
  }

  /** An account, by base58 key, as of the newest slot of a commitment. */
  account(name: string, commitment: Commitment): AccountState | undefined {
    return this.bank.account(name, this.slotAt(commitment));
  }

  /** Accounts of an owner as of the newest slot of a commitment. */
  *accountsOf(
    owner: string,
    commitment: Commitment,
  ): Iterable<{ readonly name: string; readonly state: AccountState }> {
    for (const name of this.bank.candidates(owner)) {
      const state = this.account(name, commitment);
      if (state !== undefined && encode(state.owner) === owner) yield { name, state };
    }
  }

  /** A transaction of a closed block that has reached a commitment. */
  transaction(signature: Uint8Array, commitment: Commitment): BankTransaction | undefined {
    const found = this.bank.ledger.history.transaction(signature);
    return found === undefined || found.slot > this.slotAt(commitment) ? undefined : found;
  }

  /** How sure a slot of the canonical chain is. */
  commitmentOf(slot: number): Commitment {
    return commitments.toReversed().find(commitment => slot <= this.slotAt(commitment)) ?? 'processed';
  }
}
