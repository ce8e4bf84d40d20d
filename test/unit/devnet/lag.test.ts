import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blockOfEvent, isLagged, lagCall } from '../../../src/devnet/lag.ts';
import type { JsonValue } from '../../../src/devnet/lossless-json.ts';
import type { RpcMessage } from '../../../src/devnet/rpc-message.ts';

const head = 100;
const call = (method: string, ...params: JsonValue[]): RpcMessage => ({
  jsonrpc: '2.0',
  id: 7,
  method,
  params,
});

/** The params that go to the upstream, or the result or error that is answered at once. */
function outcome(method: string, ...params: JsonValue[]): unknown {
  const verdict = lagCall(call(method, ...params), head);
  if ('call' in verdict) return verdict.call.params;
  return verdict.answer.error ?? { result: verdict.answer.result };
}

test('answers its own head as the number of the newest block', () => {
  assert.deepEqual(outcome('eth_blockNumber'), { result: '0x64' });
});

test('evaluates head tags, and a tag left out, at its own head', () => {
  assert.deepEqual(outcome('eth_getBlockByNumber', 'latest', false), ['0x64', false]);
  assert.deepEqual(outcome('eth_call', { to: '0x1' }, 'pending'), [{ to: '0x1' }, '0x64']);
  assert.deepEqual(outcome('eth_call', { to: '0x1' }, 'latest', { a: 1 }), [{ to: '0x1' }, '0x64', { a: 1 }]);
  assert.deepEqual(outcome('eth_estimateGas', { to: '0x1' }), [{ to: '0x1' }, '0x64']);
  assert.deepEqual(outcome('eth_getStorageAt', '0x1', '0x0', null), ['0x1', '0x0', '0x64']);
});

test('leaves older blocks, other tags and other methods as they are', () => {
  for (const [method, ...params] of [
    ['eth_getBlockByNumber', '0x64', false],
    ['eth_getBlockByNumber', 'finalized', false],
    ['eth_call', {}, { blockHash: '0x1' }],
    ['eth_getStorageAt', '0x1'],
    ['eth_sendRawTransaction', '0x1'],
  ] as const) {
    const request = call(method, ...params);
    const verdict = lagCall(request, head);
    assert.ok('call' in verdict && verdict.call === request, method);
  }
});

test('does not know a block that is newer than its head', () => {
  assert.deepEqual(outcome('eth_getBlockByNumber', '0x65', false), { result: null });
  assert.deepEqual(outcome('eth_getBalance', '0x1', '0x65'), { code: -32000, message: 'header not found' });
});

test('has no logs beyond its head and does not say so, as a node that is behind', () => {
  assert.deepEqual(outcome('eth_getLogs', { fromBlock: '0x1', toBlock: 'latest', address: '0x2' }), [
    { fromBlock: '0x1', toBlock: '0x64', address: '0x2' },
  ]);
  assert.deepEqual(outcome('eth_getLogs', {}), [{ fromBlock: '0x64', toBlock: '0x64' }]);
  assert.deepEqual(outcome('eth_getLogs', { fromBlock: 'earliest', toBlock: '0x70' }), [
    { fromBlock: 'earliest', toBlock: '0x64' },
  ]);
  assert.deepEqual(outcome('eth_getLogs', { fromBlock: '0x65', toBlock: '0x70' }), { result: [] });
  assert.deepEqual(outcome('eth_getLogs', { blockHash: '0x1' }), [{ blockHash: '0x1' }]);
});

test('hides what lookups by hash find in newer blocks', () => {
  for (const [method, result, isHidden] of [
    ['eth_getTransactionReceipt', { blockNumber: '0x65' }, true],
    ['eth_getTransactionReceipt', { blockNumber: '0x64' }, false],
    ['eth_getTransactionByHash', { blockNumber: null }, false],
    ['eth_getBlockByHash', { number: '0x65' }, true],
    ['eth_getBlockReceipts', [{ blockNumber: '0x65' }], true],
    ['eth_getBlockReceipts', [], false],
  ] as const) {
    const verdict = lagCall(call(method, `0x${'1'.repeat(64)}`), head);
    assert.ok('call' in verdict && verdict.after !== undefined);
    assert.deepEqual(
      verdict.after({ id: 7, result }).result,
      isHidden ? null : result,
      `${method} ${JSON.stringify(result)}`,
    );
  }
});

test('knows which methods depend on the head', () => {
  for (const method of ['eth_blockNumber', 'eth_call', 'eth_getLogs', 'eth_getTransactionReceipt'])
    assert.ok(isLagged(method));
  for (const method of ['eth_chainId', 'eth_sendRawTransaction', 'constructor', 'toString'])
    assert.equal(isLagged(method), false);
});

test('reads the block of heads and logs, and none from a transaction hash', () => {
  assert.equal(blockOfEvent({ number: '0x5', parentHash: '0x1' }), 5);
  assert.equal(blockOfEvent({ blockNumber: '0x6', logIndex: '0x0' }), 6);
  assert.equal(blockOfEvent('0xabc'), undefined);
});
