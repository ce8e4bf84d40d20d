import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FaultProxy } from '../../../src/devnet/fault-proxy.ts';
import { type Cleanup, startDevnet } from '../../support/devnet.ts';
import { eventually } from '../../support/eventually.ts';
import { httpClient, rpcBody, wsClient } from './provider-client.ts';

const [alice, bob] = [
  '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266',
  '0x70997970c51812dc3a010c7d01b50e0d17dc79c8',
];
/** Emits a log with one topic and returns nothing: PUSH1 1, PUSH1 0, PUSH1 0, LOG1. */
const logContract = '0x600160006000a1';
const logAddress = '0x00000000000000000000000000000000000000aa';

async function setUp(cleanup: Cleanup) {
  const devnet = await startDevnet(cleanup, { providers: 1 });
  const provider: FaultProxy = devnet.provider(1);
  const http = httpClient(cleanup, provider.url);
  const ws = await wsClient(cleanup, provider.wsUrl);
  await http.call('eth_chainId');
  const anvil = httpClient(cleanup, devnet.node.url);
  const result = async (method: string, ...params: unknown[]) => (await http.call(method, params)).result;
  return { devnet, provider, http, ws, anvil, result };
}

const transfer = { from: alice, to: bob, value: '0xde0b6b3a7640000' };

test('lag answers as a node whose head is so many blocks back', async t => {
  const { provider, http, ws, anvil, result } = await setUp(t);
  await anvil.call('anvil_mine', ['0x14']);
  await anvil.call('anvil_setCode', [logAddress, logContract]);
  const hash = (await anvil.call('eth_sendTransaction', [transfer])).result;
  await anvil.call('eth_sendTransaction', [{ from: alice, to: logAddress }]);
  const balance = (await anvil.call('eth_getBalance', [bob, 'latest'])).result;
  const query = { address: logAddress, fromBlock: '0x0' };
  assert.equal(((await result('eth_getLogs', query)) as unknown[]).length, 1);
  await provider.fault('lag');

  assert.equal(await result('eth_blockNumber'), '0xc');
  assert.equal((await ws.call('eth_blockNumber')).result, '0xc');
  assert.equal(((await result('eth_getBlockByNumber', 'latest', false)) as { number: string }).number, '0xc');
  assert.equal(
    ((await ws.call('eth_getBlockByNumber', ['latest', false])).result as { number: string }).number,
    '0xc',
  );
  assert.equal(await result('eth_getBlockByNumber', '0xd', false), null);
  assert.notEqual(await result('eth_getBalance', bob, 'latest'), balance);
  assert.notEqual(await result('eth_getBalance', bob), balance);
  assert.match(JSON.stringify((await http.call('eth_getBalance', [bob, '0x16'])).error), /header not found/);
  assert.equal(await result('eth_getTransactionReceipt', hash), null);
  assert.equal(await result('eth_getTransactionByHash', hash), null);
  assert.deepEqual(await result('eth_getLogs', query), []);
  assert.equal(await result('eth_chainId'), '0x7a69');

  await anvil.call('anvil_mine', ['0xa']);
  assert.notEqual(await result('eth_getTransactionReceipt', hash), null);
  assert.equal(((await result('eth_getLogs', query)) as unknown[]).length, 1);
  await provider.heal();
  assert.equal(await result('eth_blockNumber'), '0x20');
});

test('lag at the beginning of the chain stays at block 0', async t => {
  const { provider, result } = await setUp(t);
  await provider.fault('lag', { blocks: 5 });
  assert.equal(await result('eth_blockNumber'), '0x0');
  assert.equal(((await result('eth_getBlockByNumber', 'latest', false)) as { number: string }).number, '0x0');
});

test('lag holds heads back until so many more have come, and sends the rest when healed', async t => {
  const { provider, ws, anvil } = await setUp(t);
  await ws.call('eth_subscribe', ['newHeads']);
  await provider.fault('lag', { blocks: 3 });
  for (let i = 0; i < 5; i++) await anvil.call('evm_mine');
  await eventually(() => ws.events().length === 2, 'two heads');
  assert.deepEqual(
    ws.events().map(({ number }) => number),
    ['0x1', '0x2'],
  );
  await provider.heal();
  await eventually(() => ws.events().length === 5, 'the others');
  assert.deepEqual(
    ws.events().map(({ number }) => number),
    ['0x1', '0x2', '0x3', '0x4', '0x5'],
  );
});

test('lag holds logs back by the age of their block, seen without heads', async t => {
  const { provider, ws, anvil } = await setUp(t);
  await anvil.call('anvil_setCode', [logAddress, logContract]);
  await ws.call('eth_subscribe', ['logs', { address: logAddress }]);
  await provider.fault('lag', { blocks: 2 });
  await anvil.call('eth_sendTransaction', [{ from: alice, to: logAddress }]);
  await anvil.call('evm_mine');
  assert.equal((await ws.call('eth_chainId')).result, '0x7a69');
  assert.equal(ws.events().length, 0);
  await anvil.call('evm_mine');
  await eventually(() => ws.events().length === 1, 'the log');
});

test('wrong-chain claims another chain id, in both forms', async t => {
  const { provider, ws, result } = await setUp(t);
  await provider.fault('wrong-chain');
  assert.deepEqual([await result('eth_chainId'), await result('net_version')], ['0x7a6a', '31338']);
  assert.equal((await ws.call('eth_chainId')).result, '0x7a6a');
  await provider.fault('wrong-chain', { chain_id: 1 });
  assert.deepEqual([await result('eth_chainId'), await result('net_version')], ['0x1', '1']);
  assert.equal(await result('eth_blockNumber'), '0x0');
});

test('syncing says so, and serves', async t => {
  const { provider, ws, result } = await setUp(t);
  assert.equal(await result('eth_syncing'), false);
  await provider.fault('syncing');
  assert.match(JSON.stringify(await result('eth_syncing')), /highestBlock/);
  assert.match(JSON.stringify((await ws.call('eth_syncing')).result), /highestBlock/);
  assert.equal(await result('eth_blockNumber'), '0x0');
});

test('null-tx does not know a mined transaction', async t => {
  const { provider, ws, anvil, result } = await setUp(t);
  const hash = (await anvil.call('eth_sendTransaction', [transfer])).result;
  assert.notEqual(await result('eth_getTransactionByHash', hash), null);
  await provider.fault('null-tx');
  for (const method of ['eth_getTransactionByHash', 'eth_getTransactionReceipt']) {
    assert.equal(await result(method, hash), null);
    assert.equal((await ws.call(method, [hash])).result, null);
  }
});

test('wrong-id answers with another id, null or none', async t => {
  const { provider, http, ws } = await setUp(t);
  await provider.fault('wrong-id');
  assert.equal((await http.post(rpcBody('eth_chainId', [], 5))).json.id, 6);
  assert.equal((await http.post(rpcBody('eth_chainId', [], 'x'))).json.id, 'x-other');
  ws.socket.send(rpcBody('eth_chainId', [], 70));
  await eventually(() => ws.messages.some(text => text.includes('"id":71')), 'the answer');
  await provider.fault('wrong-id', { as: 'null' });
  assert.equal((await http.post(rpcBody('eth_chainId'))).json.id, null);
  await provider.fault('wrong-id', { as: 'missing' });
  assert.equal('id' in (await http.post(rpcBody('eth_chainId'))).json, false);
});

for (const [value, number] of [
  ['zero', '0x0'],
  ['huge', '0xffffffffffffffff'],
  ['billion', '0x3b9aca00'],
] as const) {
  test(`head claims ${value} in the block number, the latest block and heads`, async t => {
    const { provider, ws, anvil, result } = await setUp(t);
    await anvil.call('evm_mine');
    await ws.call('eth_subscribe', ['newHeads']);
    await provider.fault('head', { value });
    assert.equal(await result('eth_blockNumber'), number);
    assert.equal(
      ((await result('eth_getBlockByNumber', 'latest', false)) as { number: string }).number,
      number,
    );
    assert.equal(((await result('eth_getBlockByNumber', '0x1', false)) as { number: string }).number, '0x1');
    await anvil.call('evm_mine');
    await eventually(() => ws.events().length === 1, 'the head');
    assert.equal(ws.events()[0]?.number, number);
    assert.match(String(ws.events()[0]?.hash), /^0x[0-9a-f]{64}$/);
  });
}
