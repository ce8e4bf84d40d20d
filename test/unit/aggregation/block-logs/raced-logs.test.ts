import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { GatheredLog } from '../../../../src/aggregation/canonical/canonical-sink.ts';
import type { StreamSubscriber } from '../../../../src/aggregation/stream-hub.ts';
import { arrayOf, blockOf, failure, logJson, truth } from './fake-reads.ts';
import { setUp } from './setup.ts';

const made = ['aa', 'bb', 'cc', 'dd'].map(address => ({ address, topics: ['01'] }));
const block = blockOf(7, made);
const all = block.logs.map(String);

/** A hub whose stream of logs the test feeds. */
function fakeHub() {
  const hub = {
    subscribers: new Set<StreamSubscriber>(),
    params: [] as string[],
    isRefusing: false,
    subscribe: (params: string, subscriber: StreamSubscriber) => {
      hub.params.push(params);
      if (hub.isRefusing) return Promise.reject(new Error('nobody there'));
      hub.subscribers.add(subscriber);
      return Promise.resolve({ cancel: () => hub.subscribers.delete(subscriber) });
    },
    emit: (...logs: readonly Buffer[]) => {
      for (const log of logs) for (const subscriber of hub.subscribers) subscriber.onEvent(log);
    },
    end: () => {
      const ended = [...hub.subscribers];
      hub.subscribers.clear();
      for (const subscriber of ended) subscriber.onEnd('gone');
    },
  };
  return hub;
}

async function racing(more: Parameters<typeof setUp>[2] = {}, blocks = [block]) {
  const hub = fakeHub();
  const made = setUp(blocks, { p1: truth, p2: truth }, { source: 'race', hub, ...more });
  await made.clock.advanceAndSettle(0);
  await made.prove();
  const strings = async (gathering: Promise<readonly GatheredLog[]>) => {
    const logs = await made.settled(gathering);
    return logs === 'waiting' ? logs : logs.map(({ bytes }) => String(bytes));
  };
  return { ...made, hub, strings };
}

describe('BlockLogs with raced subscriptions', () => {
  it('makes no call for a block whose logs all came, in any order, before or after they are asked for', async () => {
    const { hub, blockLogs, reads, strings, metric } = await racing();
    hub.emit(block.logs[2]!, block.logs[0]!);
    const gathering = blockLogs.gather(block, 'p1');
    hub.emit(block.logs[3]!, block.logs[1]!, block.logs[0]!);
    assert.deepEqual(await strings(gathering), all);
    assert.deepEqual(reads.asked, []);
    assert.deepEqual(hub.params, ['["logs",{}]']);
    assert.equal(await metric('trunkline_block_logs_blocks_total', 'source="raced"'), 1);
  });

  it('fetches a block when the stream broke off inside of its logs', async () => {
    const { hub, blockLogs, reads, strings } = await racing();
    hub.emit(...block.logs.slice(0, 2));
    const gathering = blockLogs.gather(block, 'p1');
    hub.end();
    assert.deepEqual(await strings(gathering), all);
    assert.deepEqual(reads.asked, ['p1:7']);
  });

  it('fetches a block of which some logs never come', async () => {
    for (const index of [0, 1, 3]) {
      const { hub, blockLogs, reads, strings } = await racing();
      hub.emit(...block.logs.filter((_, at) => at !== index));
      assert.deepEqual(await strings(blockLogs.gather(block, 'p1')), all);
      assert.deepEqual(reads.asked, ['p1:7']);
    }
  });

  it('waits for the last logs, of which the bloom does not tell', async () => {
    const twins = blockOf(9, [{ address: 'aa' }, { address: 'aa' }, { address: 'aa' }]);
    const { hub, blockLogs, reads, clock, settled } = await racing({ settleMs: 50 }, [twins]);
    hub.emit(twins.logs[0]!);
    const gathering = blockLogs.gather(twins, 'p1');
    await clock.advanceAndSettle(40);
    hub.emit(twins.logs[1]!);
    await clock.advanceAndSettle(40);
    hub.emit(twins.logs[2]!);
    assert.deepEqual((await settled(gathering)).length, 3);
    assert.deepEqual(reads.asked, []);
  });

  it('takes no log for one of the block that was taken back', async () => {
    const { hub, blockLogs, reads, strings } = await racing();
    hub.emit(...made.map((one, index) => logJson(one, index, block.hash, true)));
    assert.deepEqual(await strings(blockLogs.gather(block, 'p1')), all);
    assert.deepEqual(reads.asked, ['p1:7']);
  });

  it('makes no call for a block without logs', async () => {
    const empty = blockOf(8, []);
    const { blockLogs, reads, strings } = await racing({}, [empty]);
    assert.deepEqual(await strings(blockLogs.gather(empty, 'p1')), []);
    assert.deepEqual(reads.asked, []);
  });

  it('keeps no more than it may of blocks that nobody asks for', async () => {
    const blocks = Array.from({ length: 10 }, (_, index) => blockOf(100 + index, made));
    const { hub, metric, blockLogs, reads, strings } = await racing({ maxKeptBlocks: 4 }, blocks);
    for (const one of blocks) hub.emit(...one.logs);
    const bytes = arrayOf(block.logs).length;
    assert.ok((await metric('trunkline_block_logs_kept_bytes')) <= 4 * bytes);
    assert.ok((await metric('trunkline_block_logs_evicted_total')) >= 6);
    assert.deepEqual(await strings(blockLogs.gather(blocks[0]!, 'p1')), blocks[0]!.logs.map(String));
    assert.deepEqual(reads.asked, ['p1:100']);
    const tight = await racing({ maxKeptBytes: bytes }, blocks);
    for (const one of blocks) tight.hub.emit(...one.logs);
    assert.ok((await tight.metric('trunkline_block_logs_kept_bytes')) <= bytes);
  });

  it('subscribes while somebody asks for logs, and again when the stream ends or is refused', async () => {
    const { hub, demand, clock, blockLogs, reads, strings } = await racing({ patterns: [] });
    assert.equal(hub.subscribers.size, 0);
    const claim = demand.claimLogs({}, { since: 0, keepMs: 0 });
    await clock.advanceAndSettle(0);
    assert.equal(hub.subscribers.size, 1);
    hub.isRefusing = true;
    hub.end();
    await clock.advanceAndSettle(2_000, 8);
    assert.deepEqual(await strings(blockLogs.gather(block, 'p1')), all);
    assert.deepEqual(reads.asked, ['p1:7'], 'fetched at once while there is no stream');
    hub.isRefusing = false;
    await clock.advanceAndSettle(10_000, 8);
    assert.equal(hub.subscribers.size, 1);
    claim.release();
    await clock.advanceAndSettle(2_000);
    assert.equal(hub.subscribers.size, 0);
  });

  it('leaves the stream when it is stopped', async () => {
    const { hub, blockLogs, reads } = await racing();
    reads.says.set('p1', failure);
    blockLogs.stop();
    assert.equal(hub.subscribers.size, 0);
  });
});
