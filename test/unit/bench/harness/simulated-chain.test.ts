import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimulatedChain } from '../../../../bench/harness/simulated-chain.ts';
import { stampIn } from '../../../../bench/harness/stamp.ts';
import { bloomOf } from '../../../../src/chains/evm/logs-bloom.ts';

type Block = { number: string; hash: string; parentHash: string; logsBloom: string };
type RpcLog = {
  address: string;
  topics: string[];
  blockHash: string;
  logIndex: string;
  transactionHash: string;
};

const parse = <T>(text: string) => JSON.parse(text) as T;

test('a block names the one before it, whatever either holds', () => {
  const chain = new SimulatedChain(100);
  const first = parse<Block>(chain.header(chain.mine(3)));
  const second = parse<Block>(chain.header(chain.mine()));
  assert.equal(Number(first.number), 101);
  assert.equal(second.parentHash, first.hash);
  assert.deepEqual(parse<Block>(chain.answer('eth_getBlockByHash', [first.hash, false])), first);
});

test('the logs of a block are those that its bloom tells, contiguous and each of its own transaction', () => {
  const chain = new SimulatedChain(100);
  for (const count of [3, 0, 2]) {
    const block = parse<Block>(chain.header(chain.mine(count)));
    const logs = parse<RpcLog[]>(chain.answer('eth_getLogs', [{ blockHash: block.hash }]));
    assert.equal(block.logsBloom, `0x${Buffer.from(bloomOf(logs)).toString('hex')}`);
    assert.deepEqual(
      logs.map(({ logIndex }) => Number(logIndex)),
      Array.from({ length: count }, (_, index) => index),
    );
    assert.equal(new Set(logs.map(({ transactionHash }) => transactionHash)).size, count);
    assert.ok(logs.every(({ blockHash }) => blockHash === block.hash));
  }
});

test('heads and logs tell when their block was made', () => {
  const chain = new SimulatedChain(100);
  const block = chain.mine(1, 123_456.789);
  for (const text of [chain.header(block), ...chain.logs(block)]) {
    const bytes = Buffer.from(text);
    assert.equal(stampIn(bytes, 0, bytes.length), 123_456.789);
  }
});

test('a block that is not there yet is null, and the newest is the one by tag', () => {
  const chain = new SimulatedChain(100);
  assert.equal(chain.answer('eth_getBlockByNumber', ['0x65', false]), 'null');
  assert.equal(Number(parse<Block>(chain.answer('eth_getBlockByNumber', ['latest', false])).number), 100);
});
