/**
 * Whether a request may be sent a second time when nobody knows what became of the first: plain reads. Anything that
 * writes, consumes (`eth_getFilterChanges`) or is not known is sent once.
 */
export function mayRepeat(method: string): boolean {
  return reads.test(method) && method !== 'eth_getFilterChanges';
}

const reads =
  /^(?:eth_(?:get\w+|call|callMany|estimateGas|blockNumber|chainId|gasPrice|maxPriorityFeePerGas|feeHistory|blobBaseFee|baseFee|syncing|accounts|coinbase|protocolVersion|createAccessList|simulateV1)|net_\w+|web3_\w+|debug_(?:trace\w+|get\w+)|trace_(?:call|callMany|block|transaction|filter|get)|erigon_get\w+|ots_\w+)$/;
