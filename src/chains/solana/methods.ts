import type { MethodGroup } from '../method-rules.ts';

/**
 * What a method says about the slot that it needs beside its commitment and `minContextSlot`: the positions of a slot,
 * or of the first and last slot of a range, among its params; `processed`: the newest, whatever else they say.
 * Without one it depends on no state of the chain at all.
 */
export type SlotUse = 'state' | 'processed' | 'slot' | 'range';

/** All of https://solana.com/docs/rpc, and what nodes still know of those that were taken out. */
export const solanaMethods: readonly MethodGroup<SlotUse>[] = [
  { class: 'immutable', methods: 'getGenesisHash' },
  {
    class: 'tx_lookup',
    need: 'state',
    nullIsFinal: false,
    methods: 'getTransaction getConfirmedTransaction',
  },
  { class: 'tx_lookup', need: 'processed', nullIsFinal: false, methods: 'getSignatureStatuses' },
  {
    // A node that has pruned the slot, or has not seen it yet, says so with an error; null: nothing is known of it here.
    class: 'pinned',
    need: 'slot',
    nullIsFinal: false,
    methods: 'getBlock getBlockTime getConfirmedBlock',
  },
  { class: 'pinned', need: 'slot', methods: 'getBlockCommitment' },
  { class: 'pinned', need: 'range', methods: 'getBlocks getConfirmedBlocks' },
  { class: 'pinned', need: 'slot', methods: 'getBlocksWithLimit getConfirmedBlocksWithLimit getSlotLeaders' },
  {
    class: 'tag',
    need: 'state',
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
    need: 'state',
    nullIsFinal: false,
    methods: 'isBlockhashValid getFeeForMessage simulateTransaction',
  },
  {
    // A scan of all accounts is dear: never twice at once.
    class: 'tag',
    need: 'state',
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
  { class: 'raw_write', need: 'state', methods: 'sendTransaction' },
  { class: 'upstream_signed', methods: 'requestAirdrop' },
  {
    class: 'subscription',
    methods: `
      accountSubscribe accountUnsubscribe blockSubscribe blockUnsubscribe logsSubscribe logsUnsubscribe
      programSubscribe programUnsubscribe rootSubscribe rootUnsubscribe signatureSubscribe signatureUnsubscribe
      slotSubscribe slotUnsubscribe slotsUpdatesSubscribe slotsUpdatesUnsubscribe voteSubscribe voteUnsubscribe`,
  },
];
