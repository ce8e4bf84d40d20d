import type { MethodClass, MethodPolicy } from '../chain-family.ts';

/**
 * What a method says about the slot that it needs beside its commitment and `minContextSlot`: the positions of a slot,
 * or of the first and last slot of a range, among its params; `processed`: the newest, whatever else they say; `none`: it
 * depends on no state of the chain at all.
 */
export type SlotUse = 'state' | 'processed' | 'slot' | 'range' | 'none';

/** A known method: how it may be sent, and which slot it needs. */
export interface SolanaMethod {
  readonly policy: MethodPolicy;
  readonly slot: SlotUse;
}

/** The method, or `undefined` when it is not in the table. */
export function solanaMethod(name: string): SolanaMethod | undefined {
  return methods.get(name);
}

interface MethodGroup {
  readonly class: MethodClass;
  /** @default 'none' */
  readonly slot?: SlotUse;
  /** @default true for the classes that are read from any provider */
  readonly hedge?: boolean;
  /** @default true */
  readonly nullIsFinal?: boolean;
  /** Names, separated by white space. */
  readonly methods: string;
}

/** All of https://solana.com/docs/rpc, and what nodes still know of those that were taken out. */
const groups: readonly MethodGroup[] = [
  { class: 'immutable', methods: 'getGenesisHash' },
  {
    class: 'tx_lookup',
    slot: 'state',
    nullIsFinal: false,
    methods: 'getTransaction getConfirmedTransaction',
  },
  { class: 'tx_lookup', slot: 'processed', nullIsFinal: false, methods: 'getSignatureStatuses' },
  {
    // A node that has pruned the slot, or has not seen it yet, says so with an error; null: nothing is known of it here.
    class: 'pinned',
    slot: 'slot',
    nullIsFinal: false,
    methods: 'getBlock getBlockTime getConfirmedBlock',
  },
  { class: 'pinned', slot: 'slot', methods: 'getBlockCommitment' },
  { class: 'pinned', slot: 'range', methods: 'getBlocks getConfirmedBlocks' },
  { class: 'pinned', slot: 'slot', methods: 'getBlocksWithLimit getConfirmedBlocksWithLimit getSlotLeaders' },
  {
    class: 'tag',
    slot: 'state',
    methods: `
      getAccountInfo getMultipleAccounts getBalance getTokenAccountBalance getTokenSupply getStakeActivation
      getLatestBlockhash getMinimumBalanceForRentExemption getStakeMinimumDelegation
      getSlot getBlockHeight getEpochInfo getSlotLeader getTransactionCount getSignaturesForAddress
      getConfirmedSignaturesForAddress2 getInflationGovernor getInflationRate getInflationReward getRecentPrioritizationFees
      getRecentPerformanceSamples getVoteAccounts getBlockProduction getLeaderSchedule getRecentBlockhash
      getFees getFeeCalculatorForBlockhash getFeeRateGovernor getSnapshotSlot`,
  },
  {
    // A provider that is behind does not know the blockhash that another one gave out.
    class: 'tag',
    slot: 'state',
    nullIsFinal: false,
    methods: 'isBlockhashValid getFeeForMessage simulateTransaction',
  },
  {
    // A scan of all accounts is dear: never twice at once.
    class: 'tag',
    slot: 'state',
    hedge: false,
    methods: `
      getProgramAccounts getTokenAccountsByOwner getTokenAccountsByDelegate getTokenLargestAccounts getLargestAccounts
      getSupply`,
  },
  { class: 'tag', methods: 'getHealth getEpochSchedule getVersion getClusterNodes' },
  {
    // What one node holds; two nodes differ, so a race would be won by chance.
    class: 'tag',
    hedge: false,
    methods: `
      getIdentity minimumLedgerSlot getFirstAvailableBlock getMaxRetransmitSlot getMaxShredInsertSlot
      getHighestSnapshotSlot`,
  },
  { class: 'raw_write', slot: 'state', methods: 'sendTransaction' },
  { class: 'upstream_signed', methods: 'requestAirdrop' },
  {
    class: 'subscription',
    methods: `
      accountSubscribe accountUnsubscribe blockSubscribe blockUnsubscribe logsSubscribe logsUnsubscribe
      programSubscribe programUnsubscribe rootSubscribe rootUnsubscribe signatureSubscribe signatureUnsubscribe
      slotSubscribe slotUnsubscribe slotsUpdatesSubscribe slotsUpdatesUnsubscribe voteSubscribe voteUnsubscribe`,
  },
];

const readFromAny: ReadonlySet<MethodClass> = new Set<MethodClass>([
  'immutable',
  'tx_lookup',
  'pinned',
  'tag',
]);

const methods: ReadonlyMap<string, SolanaMethod> = new Map(
  groups.flatMap(group =>
    group.methods
      .trim()
      .split(/\s+/)
      .map((method): [string, SolanaMethod] => [method, describe(method, group)]),
  ),
);

function describe(method: string, group: MethodGroup): SolanaMethod {
  const isRead = readFromAny.has(group.class);
  return {
    policy: Object.freeze({
      method,
      class: group.class,
      dispatch: isRead ? 'failover' : group.class === 'raw_write' ? 'raw_write' : 'once',
      hedge: isRead && (group.hedge ?? true),
      nullIsFinal: group.nullIsFinal ?? true,
      label: method,
    }),
    slot: group.slot ?? 'none',
  };
}
