import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { FailureClass } from '../../../../src/chains/chain-family.ts';
import { classifyError, isUnknownError } from '../../../../src/chains/solana/classify-error.ts';

const cases: Record<FailureClass, [code: number, message: string, method?: string][]> = {
  answer: [
    [-32002, 'Transaction simulation failed: Error processing Instruction 0: custom program error: 0x1'],
    [
      -32002,
      'Transaction simulation failed: Attempt to debit an account but found no record of a prior credit.',
    ],
    [-32002, 'Transaction simulation failed: This transaction has already been processed'],
    [-32002, 'Transaction simulation failed: Blockhash not found', 'simulateTransaction'],
    [-32003, 'Transaction signature verification failure'],
    [-32006, 'Transaction precompile verification failure InvalidInstructionDataSize'],
    [-32013, 'Transaction signature length mismatch'],
    [-32015, 'Transaction version (0) is not supported by the requesting client.'],
    [-32017, 'Epoch rewards period still active at slot 5'],
    [-32602, 'Invalid param: WrongSize'],
    [-32602, 'invalid params: rate limit'],
    [-32600, 'Invalid request'],
    [-32099, 'a new kind of error'],
  ],
  elsewhere: [
    [-32002, 'Transaction simulation failed: Blockhash not found'],
    [-32001, 'Block 5 cleaned up, does not exist on node. First available block: 9'],
    [-32004, 'Block not available for slot 7'],
    [-32005, 'Node is behind by 42 slots'],
    [-32005, 'Node is unhealthy'],
    [-32007, 'Slot 7 was skipped, or missing due to ledger jump to recent snapshot'],
    [-32009, 'Slot 7 was skipped, or missing in long-term storage'],
    [-32010, 'xyz excluded from account secondary indexes; this RPC method unavailable for key'],
    [-32012, 'accumulated scan results exceeded the limit'],
    [-32014, 'Block status not yet available for slot 7'],
    [-32016, 'Minimum context slot has not been reached'],
    [-32018, 'Rewards cannot be found because slot 5 is not the epoch boundary.'],
    [-32019, 'Failed to query long-term storage; please try again'],
    [-32603, 'thread panicked while scanning'],
    [-32700, 'Parse error'],
    [410, 'The RPC call or parameters have been disabled.'],
  ],
  unsupported: [
    [-32601, 'Method not found'],
    [-32011, 'Transaction history is not available from this node'],
    [403, 'getProgramAccounts is not available on the free tier'],
  ],
  rate_limited: [
    [429, 'Too many requests for a specific RPC call'],
    [-32429, 'rate limited'],
    [-32005, 'Too many requests, retry later'],
    [-32007, '50/second request limit reached - reduce calls per second or upgrade your account'],
    [-32003, 'daily request limit reached - upgrade your account at https://example.invalid'],
    [-32000, 'max usage reached'],
  ],
  failure: [
    [-32603, 'Internal error'],
    [401, 'Unauthorized'],
    [403, 'Access forbidden, contact your app developer'],
    [503, 'whatever'],
  ],
  too_large: [],
};

describe('classifyError of Solana', () => {
  for (const [failure, errors] of Object.entries(cases))
    for (const [code, message, method = 'sendTransaction'] of errors)
      it(`${code} ${message} → ${failure}`, () =>
        assert.equal(classifyError({ code, message }, method), failure));

  it('knows a blockhash that was not found by the data, too', () => {
    const error = { code: -32002, message: 'preflight', dataHead: '{"err":"BlockhashNotFound","logs":[]}' };
    assert.equal(classifyError(error, 'sendTransaction'), 'elsewhere');
  });

  it('takes nothing that stands behind a failed simulation for trouble of the provider', () => {
    const message = 'Transaction simulation failed: rate limit, too many requests, internal server error';
    assert.equal(classifyError({ code: -32002, message }, 'sendTransaction'), 'answer');
  });

  it('calls only what no rule knows unknown', () => {
    assert.equal(isUnknownError({ code: -32099, message: 'a new kind of error' }, 'getSlot'), true);
    assert.equal(isUnknownError({ code: -32602, message: 'Invalid param' }, 'getSlot'), false);
    assert.equal(isUnknownError({ code: -32016, message: '' }, 'getSlot'), false);
  });
});
