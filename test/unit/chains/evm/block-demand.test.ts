import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { BlockDemand } from '../../../../src/chains/chain-family.ts';
import { evmFamily } from '../../../../src/chains/evm/evm-family.ts';

function demand(method: string, params?: string): BlockDemand {
  const source = Buffer.from(`{"params":${params ?? ''}}`);
  const policy = evmFamily.policy(method);
  return params === undefined
    ? evmFamily.demand(policy, source, -1, -1)
    : evmFamily.demand(policy, source, 10, source.length - 1);
}

const hash = `0x${'ab'.repeat(32)}`;
const latest = { kind: 'tag', tag: 'latest' } as const;

const cases: [method: string, params: string | undefined, expected: BlockDemand][] = [
  // A parameter in each position, given and left out.
  ['eth_getBlockByNumber', '["0x10",false]', { kind: 'number', number: 16 }],
  ['eth_getBlockByNumber', '[ "latest" , true ]', latest],
  ['eth_getBlockByNumber', '["safe",false]', { kind: 'tag', tag: 'safe' }],
  ['eth_getBlockByNumber', '["finalized",false]', { kind: 'tag', tag: 'finalized' }],
  ['eth_getBlockByNumber', '["pending",false]', { kind: 'tag', tag: 'pending' }],
  ['eth_getBlockByNumber', '["earliest",false]', { kind: 'tag', tag: 'earliest' }],
  ['eth_getBlockByNumber', '["\\u006catest",false]', latest],
  ['eth_getBlockByNumber', '["0x0",false]', { kind: 'number', number: 0 }],
  ['eth_getBlockByNumber', '["0x1fffffffffffff",false]', { kind: 'number', number: Number.MAX_SAFE_INTEGER }],
  ['eth_call', '[{"to":"0x1","data":"0x"},"0x121eac0"]', { kind: 'number', number: 19_000_000 }],
  ['eth_call', '[{"to":"0x1","data":"0x\\"]"} , "finalized" ,{}]', { kind: 'tag', tag: 'finalized' }],
  ['eth_call', '[{"to":"0x1"}]', latest],
  ['eth_call', '[{"to":"0x1"},null]', latest],
  ['eth_call', '[]', latest],
  ['eth_call', undefined, latest],
  ['eth_call', '{"to":"0x1"}', latest],
  ['eth_estimateGas', '[{"to":"0x1"}]', latest],
  ['eth_getBalance', `["${hash.slice(0, 42)}","0x2"]`, { kind: 'number', number: 2 }],
  ['eth_getTransactionCount', `["${hash.slice(0, 42)}","pending"]`, { kind: 'tag', tag: 'pending' }],
  ['eth_getStorageAt', '["0x1","0x0","0x3"]', { kind: 'number', number: 3 }],
  ['eth_getStorageAt', '["0x1","0x0"]', latest],
  ['eth_getProof', '["0x1",["0x0","0x1"],"0x3"]', { kind: 'number', number: 3 }],
  ['eth_feeHistory', '["0x5","0x64",[25,75]]', { kind: 'number', number: 100 }],
  ['debug_traceCall', '[{"to":"0x1"},"0x3",{"tracer":"callTracer"}]', { kind: 'number', number: 3 }],
  ['trace_call', '[{"to":"0x1"},["trace"],"0x3"]', { kind: 'number', number: 3 }],
  ['debug_traceBlockByNumber', '["0x3"]', { kind: 'number', number: 3 }],
  // Blocks as EIP-1898 has them.
  ['eth_call', `[{},{"blockHash":"${hash}","requireCanonical":true}]`, { kind: 'hash' }],
  ['eth_call', '[{},{"blockNumber":"0x10"}]', { kind: 'number', number: 16 }],
  ['eth_call', '[{},{"blockNumber":"latest"}]', latest],
  ['eth_call', '[{},{"blockNumber":"0x10","blockHash":null}]', { kind: 'number', number: 16 }],
  ['eth_call', '[{},{}]', latest],
  ['eth_call', '[{},{"blockNumber":"0x10","blockNumber":"0x11"}]', { kind: 'number', number: 17 }],
  ['eth_call', `[{},"${hash}"]`, { kind: 'hash' }],
  ['eth_getBlockReceipts', `["${hash}"]`, { kind: 'hash' }],
  [
    'eth_callMany',
    '[[{"transactions":[]}],{"blockNumber":"0x10","transactionIndex":-1}]',
    { kind: 'number', number: 16 },
  ],
  ['eth_getBlockByNumber', '[17,false]', { kind: 'number', number: 17 }],
  // What no node takes demands nothing: the node says what is wrong.
  ['eth_call', '[{},"lastest"]', { kind: 'none' }],
  ['eth_call', '[{},"LATEST"]', { kind: 'none' }],
  ['eth_call', '[{},"0x"]', { kind: 'none' }],
  ['eth_call', '[{},"0xzz"]', { kind: 'none' }],
  ['eth_call', '[{},"0xffffffffffffffffffff"]', { kind: 'none' }],
  ['eth_call', '[{},-1]', { kind: 'none' }],
  ['eth_call', '[{},true]', { kind: 'none' }],
  ['eth_call', '[{},["latest"]]', { kind: 'none' }],
  ['eth_call', '[{},"__proto__"]', { kind: 'none' }],
  // By hash, at the latest block, or of no block.
  ['eth_getBlockByHash', `["${hash}",false]`, { kind: 'hash' }],
  ['eth_getTransactionReceipt', `["${hash}"]`, { kind: 'none' }],
  ['eth_blockNumber', '[]', latest],
  ['eth_blockNumber', undefined, latest],
  ['eth_gasPrice', undefined, latest],
  ['eth_chainId', '[]', { kind: 'none' }],
  ['eth_sendRawTransaction', '["0x02"]', { kind: 'none' }],
  ['some_unknownMethod', '["0x10"]', { kind: 'none' }],
  // Ranges.
  [
    'eth_getLogs',
    '[{"fromBlock":"0x10","toBlock":"0x20","address":"0x1"}]',
    { kind: 'number', number: 32, from: 16 },
  ],
  ['eth_getLogs', '[{"toBlock":"0x20","fromBlock":"0x10"}]', { kind: 'number', number: 32, from: 16 }],
  ['eth_getLogs', '[{"fromBlock":"0x20","toBlock":"0x10"}]', { kind: 'number', number: 32, from: 16 }],
  ['eth_getLogs', '[{"fromBlock":"0x10"}]', { kind: 'tag', tag: 'latest', from: 16 }],
  ['eth_getLogs', '[{"fromBlock":"0x10","toBlock":"latest"}]', { kind: 'tag', tag: 'latest', from: 16 }],
  [
    'eth_getLogs',
    '[{"fromBlock":"0x10","toBlock":"finalized"}]',
    { kind: 'tag', tag: 'finalized', from: 16 },
  ],
  ['eth_getLogs', '[{"fromBlock":"earliest","toBlock":"0x20"}]', { kind: 'number', number: 32, from: 0 }],
  ['eth_getLogs', '[{"fromBlock":"earliest","toBlock":"latest"}]', { kind: 'tag', tag: 'latest', from: 0 }],
  ['eth_getLogs', '[{"fromBlock":"earliest","toBlock":"earliest"}]', { kind: 'number', number: 0, from: 0 }],
  ['eth_getLogs', '[{"fromBlock":"latest","toBlock":"0x20"}]', latest],
  ['eth_getLogs', '[{"fromBlock":null,"toBlock":null}]', latest],
  ['eth_getLogs', '[{"address":"0x1"}]', latest],
  ['eth_getLogs', `[{"blockHash":"${hash}"}]`, { kind: 'hash' }],
  [
    'eth_getLogs',
    '[{"blockHash":null,"fromBlock":"0x10","toBlock":"0x10"}]',
    { kind: 'number', number: 16, from: 16 },
  ],
  ['eth_getLogs', '[{"fromBlock":"x","toBlock":"0x10"}]', { kind: 'none' }],
  [
    'eth_getLogs',
    '[{"topics":[{"fromBlock":"0x99"}],"fromBlock":"0x1","toBlock":"0x2"}]',
    { kind: 'number', number: 2, from: 1 },
  ],
  ['eth_getLogs', '["x"]', latest],
  ['eth_getLogs', '[]', latest],
  ['eth_getLogs', undefined, latest],
  ['trace_filter', '[{"fromBlock":"0x1","toBlock":"0x2"}]', { kind: 'number', number: 2, from: 1 }],
];

describe('evm demand', () => {
  for (const [method, params, expected] of cases) {
    it(`reads ${method} ${params?.slice(0, 70) ?? 'without params'} as ${JSON.stringify(expected)}`, () => {
      assert.deepEqual(demand(method, params), expected);
    });
  }

  it('takes any params without throwing', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('eth_call', 'eth_getLogs', 'eth_getProof', 'eth_getBlockByNumber'),
        fc.array(fc.jsonValue()),
        (method, params) => {
          assert.ok(demand(method, JSON.stringify(params)).kind);
        },
      ),
    );
  });

  it('reads any number, whatever its spelling', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.boolean(), (number, isUpper) => {
        const digits = number.toString(16);
        assert.deepEqual(demand('eth_call', `[{},"0x${isUpper ? digits.toUpperCase() : digits}"]`), {
          kind: 'number',
          number,
        });
        assert.deepEqual(demand('eth_call', `[{},${number}]`), { kind: 'number', number });
      }),
    );
  });
});
