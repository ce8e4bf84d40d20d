import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chainReads } from '../../../src/exchange/chain-reads.ts';
import { CallPipeline } from '../../../src/gateway/call-pipeline.ts';
import { silentMetrics } from '../../../src/telemetry/metrics.ts';
import { eventually } from '../../support/eventually.ts';
import { FakeChain } from '../gateway/routing/fake-chain.ts';

const range = { filter: '{"topics":["0x01"]}', fromBlock: 16, toBlock: 31, providerId: 'p2' };

function setUp() {
  const fake = new FakeChain(3);
  for (const provider of fake.providers) provider.head = 31;
  const pipeline = new CallPipeline(
    { maxConcurrent: 10 },
    { clock: fake.clock, metrics: silentMetrics, random: () => 0.5 },
  );
  let way: CallPipeline | undefined = pipeline;
  return {
    fake,
    reads: chainReads(fake.chain, () => way, fake.clock),
    closeGateway: () => {
      way = undefined;
    },
  };
}

describe('chainReads', () => {
  it('reads a block by its number, as the provider wrote it', async () => {
    const { fake, reads } = setUp();
    const block = reads.fetchBlock(255);
    assert.match(fake.last.payload, /"eth_getBlockByNumber","params":\["0xff",false\]/);
    fake.last.answer('{"number": "0xff"}');
    assert.equal(String(await block), '{"number": "0xff"}');
  });

  it('reads the logs of a range by the filter of the stream, from the provider that is to be asked first', async () => {
    const { fake, reads } = setUp();
    const logs = reads.fetchLogs(range);
    assert.equal(fake.last.provider, 'p2');
    assert.match(fake.last.payload, /\[\{"topics":\["0x01"\],"fromBlock":"0x10","toBlock":"0x1f"\}\]/);
    fake.last.answer('[]');
    assert.equal(String(await logs), '[]');
  });

  it('asks no provider for logs of blocks that it has not come to, and the others in turn', async () => {
    const { fake, reads } = setUp();
    fake.providers[1]!.head = 30;
    const logs = reads.fetchLogs(range);
    assert.equal(fake.last.provider, 'p1');
    fake.last.fail('failure');
    await eventually(() => fake.attempts.length === 2, 'another one asked');
    assert.equal(fake.last.provider, 'p3');
    fake.last.answer('[1]');
    assert.equal(String(await logs), '[1]');
    for (const provider of fake.providers) provider.head = 30;
    await assert.rejects(reads.fetchLogs(range), /no provider gave the logs of blocks 16 to 31/);
    assert.equal(fake.attempts.length, 2);
  });

  it('has nothing to give when no provider answers in time', async () => {
    const { fake, reads } = setUp();
    const block = reads.fetchBlock(1);
    for (let i = 0; i < 3; i++) fake.last.fail('failure');
    assert.equal(await block, undefined);
    const logs = reads.fetchLogs(range);
    let isOver = false;
    logs.catch(() => {
      isOver = true;
    });
    await eventually(async () => {
      await fake.clock.advanceAndSettle(500);
      return isOver;
    }, 'given up');
    await assert.rejects(logs, /no provider gave the logs/);
  });

  it('has nothing to give while the gateway is down', async () => {
    const { reads, closeGateway } = setUp();
    closeGateway();
    assert.equal(await reads.fetchBlock(1), undefined);
    await assert.rejects(reads.fetchLogs(range));
  });
});
