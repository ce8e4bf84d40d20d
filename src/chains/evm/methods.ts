import type { MethodGroup } from '../method-rules.ts';

/**
 * What a method says about the block that it needs: the position of a block parameter (`latest` when it is left out),
 * a filter object with `fromBlock` and `toBlock` in the first position, always `latest`, or always a hash.
 */
export type BlockUse = number | 'filter' | 'latest' | 'hash';

/** All methods that clients and nodes of the EVM know, those of development nodes included. */
export const evmMethods: readonly MethodGroup<BlockUse>[] = [
  {
    class: 'immutable',
    methods: 'eth_chainId eth_networkId net_version web3_sha3 anvil_getGenesisTime debug_chainConfig',
  },
  {
    // A provider that is behind answers null for a block that another one has.
    class: 'immutable',
    need: 'hash',
    nullIsFinal: false,
    methods: `
      eth_getBlockByHash eth_getHeaderByHash eth_getBlockTransactionCountByHash eth_getUncleCountByBlockHash
      eth_getUncleByBlockHashAndIndex eth_getTransactionByBlockHashAndIndex eth_getRawTransactionByBlockHashAndIndex
      eth_getBlockAccessListByBlockHash erigon_getHeaderByHash erigon_getBlockReceiptsByBlockHash erigon_getLogsByHash
      ots_getBlockDetailsByHash`,
  },
  {
    class: 'tx_lookup',
    nullIsFinal: false,
    methods: `
      eth_getTransactionByHash eth_getTransactionReceipt eth_getRawTransactionByHash debug_getRawTransaction
      eth_getUserOperationByHash eth_getUserOperationReceipt anvil_getBlobsByTransactionHash anvil_getBlobByHash`,
  },
  {
    // Tracing is dear: never twice at once.
    class: 'tx_lookup',
    hedge: false,
    nullIsFinal: false,
    methods: `
      debug_traceTransaction trace_transaction trace_replayTransaction trace_transactionOpcodeGas trace_get
      ots_traceTransaction ots_getTransactionError ots_getInternalOperations ots_getContractCreator
      ots_getTransactionBySenderAndNonce eth_getTransactionBySenderAndNonce`,
  },
  {
    class: 'pinned',
    need: 0,
    methods: `
      eth_getBlockByNumber eth_getHeaderByNumber eth_getBlockReceipts eth_getBlockTransactionCountByNumber
      eth_getUncleCountByBlockNumber eth_getUncleByBlockNumberAndIndex eth_getTransactionByBlockNumberAndIndex
      eth_getRawTransactionByBlockNumberAndIndex eth_getBlockAccessList eth_getBlockAccessListByBlockNumber
      eth_getBlockAccessListRaw debug_getRawBlock debug_getRawHeader debug_getRawReceipts debug_getRawTransactions
      debug_getRawBlockAccessList erigon_getHeaderByNumber ots_getBlockDetails ots_getBlockTransactions`,
  },
  {
    class: 'pinned',
    need: 1,
    methods: `
      eth_call eth_estimateGas eth_createAccessList eth_simulateV1 eth_getBalance eth_getCode eth_getTransactionCount
      eth_feeHistory eth_getAccount eth_getAccountInfo eth_getStorageValues eth_callMany ots_hasCode`,
  },
  { class: 'pinned', need: 2, methods: 'eth_getStorageAt eth_getProof' },
  { class: 'pinned', need: 'filter', methods: 'eth_getLogs erigon_getLogs erigon_getLatestLogs' },
  {
    class: 'pinned',
    need: 0,
    hedge: false,
    methods: `
      debug_traceBlockByNumber debug_executionWitness debug_accountRange debug_dumpBlock debug_printBlock
      debug_getModifiedAccountsByNumber trace_block trace_blockOpcodeGas trace_replayBlockTransactions`,
  },
  {
    class: 'pinned',
    need: 'hash',
    hedge: false,
    methods: `
      debug_traceBlockByHash debug_executionWitnessByBlockHash debug_storageRangeAt debug_accountAt
      debug_accountInfoAt debug_intermediateRoots debug_getModifiedAccountsByHash`,
  },
  { class: 'pinned', need: 1, hedge: false, methods: 'debug_traceCall debug_traceCallMany trace_callMany' },
  { class: 'pinned', need: 2, hedge: false, methods: 'trace_call' },
  { class: 'pinned', need: 'filter', hedge: false, methods: 'trace_filter' },
  {
    class: 'pinned',
    hedge: false,
    methods: `
      debug_traceBlock trace_rawTransaction eth_callBundle ots_searchTransactionsBefore ots_searchTransactionsAfter`,
  },
  {
    class: 'tag',
    need: 'latest',
    methods: `
      eth_blockNumber eth_gasPrice eth_maxPriorityFeePerGas eth_baseFee eth_blobBaseFee eth_config eth_fillTransaction
      bor_getCurrentValidators bor_getCurrentProposer`,
  },
  {
    class: 'tag',
    methods: `
      eth_syncing eth_protocolVersion eth_capabilities eth_accounts eth_requestAccounts eth_coinbase eth_mining
      eth_hashrate net_listening net_peerCount web3_clientVersion rpc_modules ots_getApiLevel`,
  },
  {
    // What one node holds; two nodes differ, so a race would be won by chance.
    class: 'tag',
    hedge: false,
    methods: `
      txpool_status txpool_inspect txpool_content txpool_contentFrom txpool_besuPendingTransactions
      txpool_besuStatistics txpool_besuTransactions eth_pendingTransactions anvil_nodeInfo anvil_metadata
      hardhat_metadata anvil_getAutomine hardhat_getAutomine anvil_getIntervalMining anvil_getLastBlockWallTime
      anvil_classifyTransaction debug_getBadBlocks debug_codeByHash debug_preimage debug_dbGet debug_dbAncient
      debug_dbAncients debug_getAccessibleState debug_chaindbProperty debug_metrics debug_memStats debug_gcStats`,
  },
  { class: 'raw_write', methods: 'eth_sendRawTransaction eth_sendRawTransactionConditional' },
  {
    // The first two wait for the receipt, and private ones must not become public at another provider.
    class: 'upstream_signed',
    methods: `
      eth_sendRawTransactionSync eth_sendTransactionSync eth_sendPrivateTransaction eth_sendPrivateRawTransaction
      eth_cancelPrivateTransaction eth_sendBundle eth_cancelBundle mev_sendBundle mev_simBundle
      eth_sendUserOperation eth_estimateUserOperationGas`,
  },
  {
    class: 'upstream_signed',
    methods: `
      eth_sendTransaction eth_sendUnsignedTransaction eth_submitTransaction eth_resend eth_sign eth_signTransaction
      eth_signRawTransaction eth_signTypedData eth_signTypedData_v3 eth_signTypedData_v4 eth_getWork eth_submitWork
      eth_submitHashrate personal_sign personal_ecRecover personal_sendTransaction personal_signTransaction
      personal_unlockAccount personal_lockAccount personal_newAccount personal_importRawKey personal_listAccounts
      personal_listWallets personal_openWallet personal_deriveAccount`,
  },
  {
    class: 'upstream_signed',
    methods: `
      evm_mine evm_mine_detailed evm_snapshot evm_revert evm_increaseTime evm_setTime evm_setAutomine
      evm_setIntervalMining evm_setNextBlockTimestamp evm_setBlockGasLimit evm_setAccountNonce
      anvil_mine anvil_mine_detailed anvil_snapshot anvil_revert anvil_reset anvil_reorg anvil_rollback
      anvil_setAutomine anvil_setIntervalMining anvil_impersonateAccount anvil_stopImpersonatingAccount
      anvil_autoImpersonateAccount anvil_impersonateSignature anvil_dropTransaction anvil_dropAllTransactions
      anvil_removePoolTransactions anvil_setRpcUrl anvil_setBalance anvil_addBalance anvil_dealERC20
      anvil_setERC20Balance anvil_setERC20Allowance anvil_setCode anvil_setNonce anvil_setStorageAt anvil_setCoinbase
      anvil_setChainId anvil_setLoggingEnabled anvil_setMinGasPrice anvil_setNextBlockBaseFeePerGas
      anvil_setNextBlockPrevRandao anvil_setPrevRandao anvil_setTime anvil_increaseTime anvil_setNextBlockTimestamp
      anvil_setBlockGasLimit anvil_setBlockTimestampInterval anvil_removeBlockTimestampInterval anvil_dumpState
      anvil_loadState anvil_enableTraces
      hardhat_mine hardhat_reset hardhat_impersonateAccount hardhat_stopImpersonatingAccount
      hardhat_autoImpersonateAccount hardhat_dropTransaction hardhat_dropAllTransactions hardhat_setBalance
      hardhat_addBalance hardhat_dealERC20 hardhat_setCode hardhat_setNonce hardhat_setStorageAt hardhat_setCoinbase
      hardhat_setLoggingEnabled hardhat_setMinGasPrice hardhat_setNextBlockBaseFeePerGas hardhat_setPrevRandao
      hardhat_dumpState hardhat_loadState tenderly_setBalance tenderly_addBalance tenderly_setStorageAt`,
  },
  {
    class: 'upstream_signed',
    methods: `
      engine_exchangeCapabilities engine_exchangeTransitionConfigurationV1 engine_getClientVersionV1
      engine_forkchoiceUpdatedV1 engine_forkchoiceUpdatedV2 engine_forkchoiceUpdatedV3 engine_forkchoiceUpdatedV4
      engine_forkchoiceUpdatedV5 engine_getPayloadV1 engine_getPayloadV2 engine_getPayloadV3 engine_getPayloadV4
      engine_getPayloadV5 engine_getPayloadV6 engine_newPayloadV1 engine_newPayloadV2 engine_newPayloadV3
      engine_newPayloadV4 engine_newPayloadV5 engine_newPayloadV6 engine_getPayloadBodiesByHashV1
      engine_getPayloadBodiesByHashV2 engine_getPayloadBodiesByRangeV1 engine_getPayloadBodiesByRangeV2
      engine_getBlobsV1 engine_getBlobsV2 engine_getBlobsV3 engine_getBlobsV4 engine_getInclusionListV1
      testing_buildBlockV1 testing_commitBlockV1`,
  },
  {
    class: 'upstream_signed',
    methods: `
      admin_addPeer admin_removePeer admin_addTrustedPeer admin_removeTrustedPeer admin_nodeInfo admin_peers
      admin_datadir admin_exportChain admin_importChain admin_startHTTP admin_stopHTTP admin_startWS admin_stopWS
      admin_changeLogLevel miner_start miner_stop miner_setExtra miner_setEtherbase miner_setGasPrice
      miner_setGasLimit debug_setHead debug_clearTxpool debug_freeOSMemory debug_chaindbCompact debug_setGCPercent
      debug_verbosity debug_vmodule debug_batchSendRawTransaction clique_propose clique_discard`,
  },
  { class: 'filter_create', methods: 'eth_newFilter eth_newBlockFilter eth_newPendingTransactionFilter' },
  { class: 'filter_consume', methods: 'eth_getFilterChanges eth_uninstallFilter' },
  { class: 'filter_read', methods: 'eth_getFilterLogs' },
  { class: 'subscription', methods: 'eth_subscribe eth_unsubscribe' },
];
