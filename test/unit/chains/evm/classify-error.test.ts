import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { FailureClass } from '../../../../src/chains/chain-family.ts';
import { classifyError, isUnknownError } from '../../../../src/chains/evm/classify-error.ts';

/** What nodes and vendors say: code, message, method (`eth_call` when it does not matter). */
const said: Record<FailureClass, readonly (readonly [code: number, message: string, method?: string])[]> = {
  answer: [
    // Verdicts of the EVM.
    [3, 'execution reverted'],
    [3, 'execution reverted: ERC20: transfer amount exceeds balance'],
    [-32000, 'execution reverted'],
    [-32000, 'execution reverted: Dai/insufficient-balance'],
    [-32000, 'historical backend error: execution reverted: Dai/insufficient-balance'],
    [-32015, 'VM execution error.'],
    [-32000, 'VM Exception while processing transaction: revert'],
    [-32000, 'VM Exception while processing transaction: invalid opcode'],
    [-32000, 'invalid opcode: INVALID'],
    [-32000, 'invalid opcode: opcode 0xfe not defined'],
    [-32000, 'out of gas'],
    [-32000, 'gas required exceeds allowance (8000029)'],
    [-32000, 'stack underflow (0 <=> 2)'],
    [-32000, 'invalid jump destination'],
    [-32000, 'Transaction processing could not be completed due to an exception'],
    [-32003, 'EVM error InvalidFEOpcode'],
    [-32000, 'err: max code size exceeded (supplied gas 50000000)'],
    // Of the transaction pool.
    [-32000, 'nonce too low: next nonce 5, tx nonce 4', 'eth_sendRawTransaction'],
    [-32000, 'nonce too low', 'eth_sendRawTransaction'],
    [-32001, 'Nonce too low', 'eth_sendRawTransaction'],
    [-32006, 'Nonce too high', 'eth_sendRawTransaction'],
    [-32003, 'nonce too low', 'eth_sendRawTransaction'],
    [-32000, 'already known', 'eth_sendRawTransaction'],
    [-32000, 'Known transaction', 'eth_sendRawTransaction'],
    [-32003, 'transaction already imported', 'eth_sendRawTransaction'],
    [-32010, 'AlreadyKnown', 'eth_sendRawTransaction'],
    [
      -32000,
      'insufficient funds for gas * price + value: balance 0, tx cost 21000, overshot 21000',
      'eth_sendRawTransaction',
    ],
    [-32003, 'Insufficient funds for gas * price + value', 'eth_sendRawTransaction'],
    [-32000, 'insufficient funds for gas * price + value: address 0x0 have 0 want 1'],
    [-32004, 'Upfront cost exceeds account balance', 'eth_sendRawTransaction'],
    [-32000, 'replacement transaction underpriced', 'eth_sendRawTransaction'],
    [-32000, 'transaction underpriced: gas tip cap 1, minimum needed 2', 'eth_sendRawTransaction'],
    [-32000, 'max fee per gas less than block base fee: address 0x0, maxFeePerGas: 1, baseFee: 7'],
    [-32000, 'intrinsic gas too low', 'eth_sendRawTransaction'],
    [-32003, 'Intrinsic gas exceeds gas limit', 'eth_sendRawTransaction'],
    [-32005, 'Transaction gas limit exceeds block gas limit', 'eth_sendRawTransaction'],
    [-32005, 'Transaction gas limit cap exceeded', 'eth_sendRawTransaction'],
    [-32007, 'Sender account not authorized to send transactions', 'eth_sendRawTransaction'],
    [-32009, 'Gas price below current base fee', 'eth_sendRawTransaction'],
    [-32000, 'exceeds block gas limit', 'eth_sendRawTransaction'],
    [-32000, 'tx fee (2.00 ether) exceeds the configured cap (1.00 ether)', 'eth_sendRawTransaction'],
    [-32000, 'max initcode size exceeded: code size 50000, limit 49152', 'eth_sendRawTransaction'],
    [-32000, 'transaction type not supported', 'eth_sendRawTransaction'],
    [-32000, 'rlp: expected input list for types.LegacyTx', 'eth_sendRawTransaction'],
    [-32000, 'typed transaction too short', 'eth_sendRawTransaction'],
    [-32602, 'Failed to decode transaction', 'eth_sendRawTransaction'],
    [-32002, 'Invalid signature', 'eth_sendRawTransaction'],
    [-32000, 'invalid sender', 'eth_sendRawTransaction'],
    [-32000, 'Wrong chainId', 'eth_sendRawTransaction'],
    [-32000, 'only replay-protected (EIP-155) transactions allowed over RPC', 'eth_sendRawTransaction'],
    [-32000, 'in-flight transaction limit reached for delegated accounts', 'eth_sendRawTransaction'],
    [-32017, 'sender is over rate limit', 'eth_sendRawTransaction'],
    [4, 'Transaction confirmation timeout', 'eth_sendRawTransactionSync'],
    [-38010, 'nonce too low: next nonce 5, tx nonce 4', 'eth_simulateV1'],
    // The client's own mistakes.
    [-32602, 'missing value for required argument 0'],
    [-32602, 'invalid argument 0: hex string without 0x prefix'],
    [-32602, 'Invalid params'],
    [-32602, 'invalid block range params', 'eth_getLogs'],
    [-32600, 'Invalid Request'],
    [-32600, 'invalid request'],
    [-32000, 'filter not found', 'eth_getFilterChanges'],
    [-32000, 'Filter not found', 'eth_getFilterLogs'],
    [-32601, 'no "newHead" subscription in eth namespace', 'eth_subscribe'],
    // In what the client sent, or a contract says, words of limits and failures mean nothing.
    [3, 'execution reverted: too many requests, rate limit exceeded'],
    [-32000, 'execution reverted: internal server error'],
    [-32602, 'invalid type: string "too many requests", expected an address at line 1 column 19'],
    [-32602, 'invalid value: string "method not available", expected a hash'],
    [-32602, 'invalid argument 0: unauthorized'],
    [-32000, "too many requests    in server-side tracer function 'result'", 'debug_traceCall'],
    // Unknown.
    [-32000, 'something nobody has seen before'],
    [-38026, ''],
    [12345, 'whatever'],
  ],
  rate_limited: [
    [-32005, 'limit exceeded'],
    [-32005, 'daily request count exceeded, request rate limited'],
    [-32005, 'project ID request rate exceeded'],
    [-32005, 'exceeded project rate limit'],
    [-32005, 'rate limit exceeded'],
    [-32016, 'over rate limit'],
    [-32012, 'backend is over capacity'],
    [-32012, 'credits limited to 6000/sec'],
    [
      -32007,
      '50/second request limit reached - reduce calls per second or upgrade your account at quicknode.com',
    ],
    [
      429,
      'Your app has exceeded its compute units per second capacity. If you have retries enabled, you can safely ignore this message.',
    ],
    [429, 'The requests per second (RPS) of your requests are higher than your plan allows.'],
    [
      429,
      'Monthly capacity limit exceeded. Visit https://dashboard.alchemyapi.io/settings/billing to upgrade your scaling policy for continued service.',
    ],
    [-32000, 'Too Many Requests'],
    [
      -32000,
      '429 Too Many Requests: {"jsonrpc":"2.0","error":{"code":-32016,"message":"over rate limit"},"id":1}',
    ],
    [-32000, 'This request has been rate limited.'],
    [-32029, 'Too Many Requests'],
    [-32090, 'Too many requests, reason: call rate limit exhausted, retry in 10s'],
    [-31999, 'rate limit exceeded'],
    [-32097, 'Rate limit reached for endpoint'],
    [-32603, 'Exceeded the quota usage'],
    [-32600, 'You have reached the free tier limit'],
    [-32014, 'too many RPC calls in batch request'],
    [-32005, 'compute unit quota exceeded'],
    [-32000, 'rps limit: throttled'],
  ],
  elsewhere: [
    [-32000, 'header not found'],
    [-32000, 'header for hash not found'],
    [
      -32000,
      'missing trie node c6ebfa185e24077a555f06caaf4b78d9e0ae9dcb7a693ec753e856f49f55c85c (path ) state 0xc6eb is not available, not found',
    ],
    [-32000, 'missing trie node 9b4e (path )'],
    [-32603, 'missing trie node abc123 (path )'],
    [-32000, 'unknown block', 'eth_getLogs'],
    [-39001, 'Unknown block'],
    [-32000, 'hash 0xabc is not currently canonical'],
    [-32000, 'block not found'],
    [-32000, 'Block not found'],
    [-32000, 'block not found 11185311', 'eth_getLogs'],
    [-32000, 'block #19000000 not found', 'debug_traceBlockByNumber'],
    [-32001, 'block not found: 0x121eac0'],
    [-32001, 'Resource not found'],
    [-32001, 'Resource not found.', 'eth_getTransactionReceipt'],
    [-32002, 'No state available for block 45615500 (0x3f9e...119e)'],
    [-32000, 'World state unavailable'],
    [-32000, 'required historical state unavailable (reexec=128)', 'debug_traceTransaction'],
    [-32000, 'historical state 0x1f2e is not available'],
    [-32000, 'state at block #4334198 is pruned'],
    [-32000, 'pruned history unavailable'],
    [4444, 'pruned history unavailable: requested 0, earliest available 15537394'],
    [4444, 'Pruned history unavailable'],
    [
      -32000,
      'state transitaion failed: seek with txNum=1962853355 but data before txNum=2662500000 is not available',
      'eth_getLogs',
    ],
    [-32000, 'old data not available due to pruning'],
    [-32000, 'transaction not found', 'debug_traceTransaction'],
    [-32000, 'unknown transaction', 'debug_traceTransaction'],
    [-32000, 'transaction indexing is in progress', 'eth_getTransactionByHash'],
    [-32000, 'safe block not found'],
    [-32000, 'finalized block not found'],
    [-32000, 'pending block is not available'],
    [-32000, 'pending state is not available'],
    [-32602, 'BlockOutOfRangeError: block height is 10 but requested was 20'],
    [-32602, 'block range extends beyond current head block: requested 20, head 10', 'eth_getLogs'],
    [-32602, 'request beyond head block: requested 20, head 10', 'eth_feeHistory'],
    [-32602, 'Invalid block param (block not found)'],
    [-32602, 'distance to target block exceeds maximum proof window', 'eth_getProof'],
    [-32019, 'block is out of range'],
    [-32008, 'Initial sync is still in progress'],
    [-32000, 'node is still syncing'],
    [
      -32002,
      'Transaction pool not enabled. (Either txpool explicitly disabled, or node not yet in sync).',
      'eth_sendRawTransaction',
    ],
    [-32000, 'txpool is full', 'eth_sendRawTransaction'],
    [-32000, 'execution aborted (timeout = 5s)'],
    [-32603, 'method handler crashed'],
    [-32603, 'Required data unavailable'],
    [-32601, 'public endpoint only serves recent blocks, use an archive node'],
    [-32000, 'This request requires an archive node'],
    [-32603, 'something that nobody has seen before'],
    [-32700, 'parse error'],
  ],
  unsupported: [
    [-32601, 'the method trace_transaction does not exist/is not available', 'trace_transaction'],
    [-32601, 'Method not found', 'eth_getBlockReceipts'],
    [-32601, 'notifications not supported', 'eth_subscribe'],
    [-32604, 'Method not enabled', 'debug_traceTransaction'],
    [
      -32604,
      'The method eth_sendTransaction is not supported. Use eth_sendRawTransaction to send a signed transaction to Besu.',
      'eth_sendTransaction',
    ],
    [-32004, 'Method not supported'],
    [-32001, 'rpc method is not whitelisted'],
    [-32000, 'method eth_getProof is not whitelisted', 'eth_getProof'],
    [
      -32600,
      'Unsupported method: debug_traceTransaction. See available methods at https://docs.alchemy.com',
      'debug_traceTransaction',
    ],
    [
      -32600,
      "The method 'debug_traceTransaction' is found but the namespace 'Debug' is disabled for http://0.0.0.0:8545",
      'debug_traceTransaction',
    ],
    [-32000, 'method debug_traceCall is not available on your current plan', 'debug_traceCall'],
    [-32600, 'trace_block is not included in your current plan', 'trace_block'],
    [-32000, 'method not allowed', 'eth_newFilter'],
    [-32603, 'Not implemented', 'eth_getWork'],
  ],
  too_large: [
    [
      -32005,
      'query returned more than 10000 results. Try with this block range [0xBDE5F8, 0x102DBCC].',
      'eth_getLogs',
    ],
    [
      -32602,
      'Log response size exceeded. You can make eth_getLogs requests with up to a 2K block range and no limit on the response size, or you can request any block range with a cap of 10K logs in the response. Based on your parameters and the response size limit, this block range should work: [0x0, 0xd043b8]',
      'eth_getLogs',
    ],
    [
      -32600,
      'You can make eth_getLogs requests with up to a 500 block range. Based on your parameters, this block range should work: [0x7e9b85, 0x7e9d78]',
      'eth_getLogs',
    ],
    [-32602, 'range 1000000 exceeds limit of 10000', 'eth_getLogs'],
    [-32614, 'eth_getLogs is limited to a 10,000 range', 'eth_getLogs'],
    [-32602, 'eth_getLogs and eth_newFilter are limited to a 10,000 blocks range', 'eth_getLogs'],
    [-32602, 'query exceeds max block range 100000', 'eth_getLogs'],
    [-32602, 'query exceeds max results 20000, retry with the range 1-2', 'eth_getLogs'],
    [-32602, 'query block range exceeds server limit, narrow your filter: 5', 'eth_getLogs'],
    [-32005, 'Requested range exceeds maximum RPC range limit', 'eth_getLogs'],
    [-32000, 'exceed maximum block range: 5000', 'eth_getLogs'],
    [-32600, 'block range too high', 'eth_getLogs'],
    [-32012, 'block range is too large', 'eth_getLogs'],
    [-32000, 'block range is too wide', 'eth_getLogs'],
    [-32000, 'requested too many blocks from 1 to 100000, maximum is set to 2048', 'eth_getLogs'],
    [
      -32701,
      'Please specify an address in your request or, to remove restrictions, limit the query to 1000 blocks',
      'eth_getLogs',
    ],
    [-32000, 'maximum [from, to] blocks distance: 2000', 'eth_getLogs'],
    [-32005, 'query timeout exceeded', 'eth_getLogs'],
    [-32000, 'Query timeout exceeded. Consider reducing your block range.', 'eth_getLogs'],
    [-32008, 'Response is too big'],
    [-32003, 'response too large'],
    [-32020, 'backend response too large'],
    [-32602, 'exceed max addresses or topics per search position', 'eth_getLogs'],
    [-32602, 'please specify less number of address in the getLogs query', 'eth_getLogs'],
    [-32602, 'This query contains 5006 filters. The current limit is 5000.', 'eth_getLogs'],
    [-32000, 'Log response size exceeded. Please reduce query block range.', 'eth_getLogs'],
    [-32000, 'eth_getLogs block range limit exceeded, max is 1000', 'eth_getLogs'],
  ],
  failure: [
    [-32603, 'Internal error'],
    [-32603, 'internal error'],
    [-32603, 'Internal JSON-RPC error.'],
    [-32603, 'Internal server error'],
    [-32000, 'Internal server error'],
    [-32000, 'Server error'],
    [-32603, 'Timeout expired'],
    [-32002, 'request timed out'],
    [-32016, 'Request timeout'],
    [-32015, 'gateway timeout'],
    [-32000, 'context deadline exceeded'],
    [-32000, 'upstream connect error or disconnect/reset before headers. reset reason: connection failure'],
    [-32000, 'Post "http://10.0.0.1:8545": dial tcp 10.0.0.1:8545: connect: connection refused'],
    [-32000, 'service unavailable'],
    [-32011, 'no backends available for method'],
    [-32011, 'no backend is currently healthy to serve traffic'],
    [-32013, 'backend returned an invalid response'],
    [-32000, '502 Bad Gateway'],
    [-32603, 'temporary internal error. please retry'],
    [-32000, 'all upstream nodes are unhealthy'],
    [-32000, 'No server available to handle this request, all nodes failed'],
    [-32603, 'Temporary server issue'],
    [-32000, 'unauthorized'],
    [-32016, 'Unauthorized'],
    [-40100, 'Unauthorized'],
    [-32600, 'Must be authenticated!'],
    [-32002, 'invalid project id'],
    [-32000, 'invalid api key provided'],
    [-32000, 'API key is not found'],
    [-32052, 'API key is not allowed to access blockchain'],
    [-32000, 'account suspended'],
    [-32600, 'App is inactive'],
    [403, ''],
    [503, ''],
  ],
};

describe('classifyError', () => {
  for (const [failure, errors] of Object.entries(said)) {
    for (const [code, message, method = 'eth_call'] of errors) {
      it(`takes ${code} ${JSON.stringify(message.slice(0, 90))} of ${method} as ${failure}`, () => {
        assert.equal(classifyError({ code, message }, method), failure);
      });
    }
  }

  it('takes any error whose data is a revert as an answer', () => {
    for (const dataHead of ['"0x08c379a0000000', '0x08c379a0', '"0x4e487b710000', '"Reverted 0x08c379a0']) {
      assert.equal(
        classifyError({ code: -32603, message: 'Internal error', dataHead }, 'eth_call'),
        'answer',
      );
      assert.equal(classifyError({ code: -32015, message: 'rate limit', dataHead }, 'eth_call'), 'answer');
    }
    assert.equal(
      classifyError({ code: -32603, message: 'Internal error', dataHead: '"0x12"' }, 'eth_call'),
      'failure',
    );
  });

  it('says which errors no rule knows', () => {
    const isUnknown = (code: number, message: string) => isUnknownError({ code, message }, 'eth_call');
    assert.equal(isUnknown(-32000, 'something nobody has seen before'), true);
    assert.equal(isUnknown(-32603, 'something nobody has seen before'), true);
    assert.equal(isUnknown(12345, 'whatever'), true);
    assert.equal(isUnknown(-32000, 'header not found'), false);
    assert.equal(isUnknown(-32603, 'Internal error'), false);
    assert.equal(isUnknown(-32000, 'filter not found'), false);
    assert.equal(isUnknown(3, 'anything'), false);
    assert.equal(isUnknown(-32602, 'anything'), false);
  });

  it('never lets what a contract says cool a provider or count against its breaker', () => {
    const words = fc.constantFrom(
      ...Object.values(said)
        .flat()
        .map(([, message]) => message),
    );
    fc.assert(
      fc.property(words, word => {
        assert.equal(
          classifyError({ code: 3, message: `execution reverted: ${word}` }, 'eth_call'),
          'answer',
        );
        assert.equal(
          classifyError({ code: -32000, message: `execution reverted: ${word}` }, 'eth_call'),
          'answer',
        );
        const failure = classifyError({ code: -32602, message: `invalid argument 0: ${word}` }, 'eth_call');
        assert.ok(['answer', 'elsewhere', 'too_large'].includes(failure));
      }),
    );
  });

  it('never throws and takes little time for any text', () => {
    const start = performance.now();
    const texts = [
      'method '.repeat(2_000),
      'state '.repeat(2_000),
      'history '.repeat(2_000),
      'no server '.repeat(2_000),
      'a'.repeat(1_000_000),
      'daily '.repeat(5_000),
    ];
    for (const message of texts) classifyError({ code: -32000, message }, 'eth_call');
    assert.ok(performance.now() - start < 50 * texts.length);
    fc.assert(
      fc.property(
        fc.integer(),
        fc.string(),
        (code, message) => void classifyError({ code, message }, 'eth_call'),
      ),
    );
  });
});
