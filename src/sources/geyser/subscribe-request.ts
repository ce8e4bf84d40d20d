import { type Commitment, commitments } from '../../chains/solana/commitment.ts';
import type {
  AccountsFilter,
  BlocksFilter,
  SubscribeRequest,
  TransactionsFilter,
  WireCommitment,
  Written,
} from '../../protocol/geyser/geyser-messages.ts';
import type { SourceSubscription } from '../source.ts';
import type { UpdateFilter } from '../update-filter.ts';
import { joinFilters } from './joined-filters.ts';

/** The name of the filter that every stream has: all slots, at all commitments. */
const slotsFilter = 'trunkline.slots';

/**
 * The request that asks for what all subscriptions want, each under its id or joined with others.
 *
 * @param fromSlot from where to replay; only in the first request of a stream
 */
export function subscribeRequest(
  subscriptions: readonly SourceSubscription[],
  commitment: Commitment,
  fromSlot?: number,
): Written<SubscribeRequest> {
  const accounts: Record<string, Written<AccountsFilter>> = {};
  const transactions: Record<string, Written<TransactionsFilter>> = {};
  const blocks: Record<string, Written<BlocksFilter>> = {};
  const blocksMeta: Record<string, object> = {};
  for (const { name, filter } of joinFilters(subscriptions)) {
    const { kind } = filter;
    if (kind === 'account') accounts[name] = accountsFilter(filter);
    else if (kind === 'block') blocks[name] = { accountInclude: included(filter), includeTransactions: true };
    else if (kind === 'block_meta') blocksMeta[name] = {};
    else if (kind !== 'slot') transactions[name] = transactionsFilter(filter);
  }
  return {
    accounts,
    slots: { [slotsFilter]: { filterByCommitment: false } },
    transactions,
    blocks,
    blocksMeta,
    commitment: commitments.indexOf(commitment) as WireCommitment,
    ...(fromSlot === undefined ? {} : { fromSlot }),
  };
}

function transactionsFilter(filter: UpdateFilter): Written<TransactionsFilter> {
  return {
    ...(filter.votes ? {} : { vote: false }),
    ...(filter.failed ? {} : { failed: false }),
    accountInclude: included(filter),
    accountExclude: filter.excluded,
    accountRequired: filter.required,
  };
}

function accountsFilter({ accounts, owners, memcmp, dataSize }: UpdateFilter): Written<AccountsFilter> {
  return {
    account: accounts,
    owner: owners,
    filters: [
      ...memcmp.map(({ offset, bytes }) => ({ memcmp: { offset, base58: bytes } })),
      ...(dataSize === undefined ? [] : [{ datasize: dataSize }]),
    ],
  };
}

function included({ programs, accounts }: UpdateFilter): readonly string[] {
  return [...new Set([...programs, ...accounts])];
}
