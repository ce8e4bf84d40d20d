import { encode } from '../../../chains/solana/base58.ts';
import { type Commitment, commitments } from '../../../chains/solana/commitment.ts';
import type { SlotUpdate } from '../../../chains/solana/updates.ts';
import { subscribeUpdateCodec } from '../../../protocol/geyser/geyser-codec.ts';
import {
  type SubscribeRequest,
  type SubscribeUpdate,
  type Written,
  wireSlotStatus,
} from '../../../protocol/geyser/geyser-messages.ts';
import type { BankBlock, BankTransaction } from '../bank/bank-events.ts';
import { type AccountTest, accountTest, dataSlicer } from './account-filter.ts';
import { accountInfo, blockMeta, slotMessage, transactionInfo, transactionStatus } from './bank-messages.ts';
import { type BlockTest, blockTest } from './block-filter.ts';
import { checkNames, invalidFilter } from './filter-limits.ts';
import { type TransactionTest, transactionTest } from './transaction-filter.ts';

type Named<Test> = readonly (readonly [name: string, test: Test])[];

/** What one stream asked for: turns what happens in the bank into the messages that it wants, ready to be sent. */
export class StreamFilters {
  readonly commitment: Commitment;
  readonly #accounts: Named<AccountTest>;
  readonly #transactions: Named<TransactionTest>;
  readonly #statuses: Named<TransactionTest>;
  readonly #blocks: Named<BlockTest>;
  readonly #metas: readonly string[];
  readonly #slots: Named<{ readonly byCommitment: boolean; readonly interslot: boolean }>;
  readonly #slice: ReturnType<typeof dataSlicer>;

  /** @throws InvalidFilter */
  constructor(request: SubscribeRequest) {
    const commitment = commitments[request.commitment ?? 0];
    if (commitment === undefined) throw invalidFilter(`${request.commitment} is no commitment`);
    if (Object.keys(request.entry).length > 0) throw invalidFilter('this chain has no entries');
    this.commitment = commitment;
    this.#accounts = named(request.accounts, accountTest);
    this.#transactions = named(request.transactions, transactionTest);
    this.#statuses = named(request.transactionsStatus, transactionTest);
    this.#blocks = named(request.blocks, blockTest);
    this.#metas = named(request.blocksMeta, () => true).map(([name]) => name);
    this.#slots = named(request.slots, ({ filterByCommitment, interslotUpdates }) => ({
      byCommitment: filterByCommitment ?? false,
      interslot: interslotUpdates ?? false,
    }));
    this.#slice = dataSlicer(request.accountsDataSlice);
  }

  /** The accounts that a transaction wrote, the transaction, its status. */
  *ofTransaction(transaction: BankTransaction): Iterable<Buffer> {
    const { slot } = transaction;
    for (const write of this.#accounts.length === 0 ? [] : transaction.writes) {
      const filters = this.#accounts.filter(([, test]) => test(write)).map(([name]) => name);
      const account = () => accountInfo(write, this.#slice?.(write.data));
      if (filters.length > 0) yield message({ filters, account: { slot, account: account() } });
    }
    if (this.#transactions.length === 0 && this.#statuses.length === 0) return;
    const names = namesOf(transaction);
    const wanting = (tests: Named<TransactionTest>) =>
      tests.filter(([, test]) => test(transaction, names)).map(([name]) => name);
    const filters = wanting(this.#transactions);
    if (filters.length > 0) {
      yield message({ filters, transaction: { slot, transaction: transactionInfo(transaction) } });
    }
    const statusFilters = wanting(this.#statuses);
    if (statusFilters.length > 0) {
      yield message({ filters: statusFilters, transactionStatus: transactionStatus(transaction) });
    }
  }

  /** The block, once for each filter as each has its own parts, then the block without what is in it. */
  *ofBlock(block: BankBlock): Iterable<Buffer> {
    for (const [name, contentOf] of this.#blocks) {
      const { transactions, accounts, updatedAccounts } = contentOf(block);
      yield message({
        filters: [name],
        block: {
          ...blockMeta(block),
          transactions: transactions.map(transactionInfo),
          updatedAccountCount: updatedAccounts,
          accounts: accounts.map(write => accountInfo(write, this.#slice?.(write.data))),
        },
      });
    }
    if (this.#metas.length > 0) yield message({ filters: this.#metas, blockMeta: blockMeta(block) });
  }

  /** The status of a slot; `completed` and `dead` only for those who asked for what is between the commitments. */
  *ofSlot(update: SlotUpdate, status: 'completed' | SlotUpdate['status'] = update.status): Iterable<Buffer> {
    const isCommitment = status !== 'completed' && status !== 'dead';
    const filters = this.#slots
      .filter(([, { byCommitment, interslot }]) => {
        return (!byCommitment || status === this.commitment) && (isCommitment || interslot);
      })
      .map(([name]) => name);
    if (filters.length > 0) yield message({ filters, slot: slotMessage(update, wireSlotStatus[status]) });
  }
}

/** @throws InvalidFilter */
function named<Filter, Test>(
  filters: Readonly<Record<string, Filter>>,
  compile: (filter: Filter) => Test,
): Named<Test> {
  checkNames(Object.keys(filters));
  return Object.entries(filters).map(([name, filter]) => [name, compile(filter)] as const);
}

function namesOf(transaction: BankTransaction): ReadonlySet<string> {
  return new Set(transaction.accountKeys.map(encode));
}

function message(update: Written<SubscribeUpdate>): Buffer {
  return subscribeUpdateCodec.serialize(update);
}
