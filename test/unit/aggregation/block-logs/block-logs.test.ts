import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { GatheredLog } from '../../../../src/aggregation/canonical/canonical-sink.ts';
import { addressOf, arrayOf, blockOf, failure, logJson, nothing, topicOf, truth } from './fake-reads.ts';
import { setUp } from './setup.ts';

const made = [
  { address: 'aa', topics: ['01', '11'] },
  { address: 'bb', topics: ['02'] },
  { address: 'aa', topics: ['03'] },
];
const block = blockOf(7, made);
const strings = (logs: readonly GatheredLog[] | 'waiting') =>
  logs === 'waiting' ? logs : logs.map(({ bytes }) => String(bytes));
const all = block.logs.map(String);

describe('BlockLogs', () => {
  it('gives those logs of a block that are asked for, by index, as the provider wrote them', async () => {
    const patterns = [{ address: addressOf('aa') }];
    const { blockLogs, reads, settled } = setUp([block], { p1: truth, p2: truth }, { patterns });
    assert.deepEqual(strings(await settled(blockLogs.gather(block, 'p2'))), [all[0], all[2]]);
    assert.deepEqual(reads.asked, ['p2:7']);
  });

  it('asks nobody while nobody asks for logs', async () => {
    const { blockLogs, reads, settled, metric } = setUp([block], { p1: truth }, { patterns: [] });
    assert.deepEqual(await settled(blockLogs.gather(block, 'p1')), []);
    assert.deepEqual(reads.asked, []);
    assert.equal(await metric('trunkline_block_logs_blocks_total', 'source="unasked"'), 1);
  });

  it('asks nobody for a block whose bloom excludes what is asked for, once blooms have proven true', async () => {
    const patterns = [{ address: addressOf('aa'), topic0: topicOf('02') }, { address: addressOf('dd') }];
    const other = blockOf(8, [{ address: 'bb', topics: ['02'] }]);
    const { blockLogs, reads, settled, metric } = setUp([block, other], { p1: truth }, { patterns });
    assert.deepEqual(await settled(blockLogs.gather(other, 'p1')), []);
    assert.deepEqual(reads.asked, ['p1:8'], 'not proven yet');
    const excluded = blockOf(9, [{ address: 'bb', topics: ['02'] }]);
    assert.deepEqual(await settled(blockLogs.gather(excluded, 'p1')), []);
    assert.deepEqual(await settled(blockLogs.gather(blockOf(10, []), 'p1')), []);
    assert.deepEqual(reads.asked, ['p1:8']);
    assert.equal(await metric('trunkline_block_logs_blocks_total', 'source="bloom"'), 2);
  });

  it('gathers a block again without a call when more is asked for meanwhile', async () => {
    const { blockLogs, reads, demand, settled } = setUp(
      [block],
      { p1: truth },
      { patterns: [{ address: addressOf('bb') }] },
    );
    const { version } = blockLogs;
    assert.deepEqual(strings(await settled(blockLogs.gather(block, 'p1'))), [all[1]]);
    demand.claimLogs({ address: addressOf('aa') }, { since: 0, keepMs: 0 });
    assert.notEqual(blockLogs.version, version);
    assert.deepEqual(strings(await settled(blockLogs.gather(block, 'p1'))), all);
    assert.deepEqual(reads.asked, ['p1:7']);
  });

  const lies = {
    'that there are none': nothing,
    'without the last': () => arrayOf(block.logs.slice(0, 2)),
    'without the first': () => arrayOf(block.logs.slice(1)),
    'with one twice': () => arrayOf([...block.logs, block.logs[0]!]),
    'with another one': () => arrayOf([...block.logs, logJson({ address: 'cc' }, 3, block.hash)]),
    'of another block': () => arrayOf(blockOf(7, made, 'cd').logs),
    'that are taken back': () => arrayOf(made.map((one, index) => logJson(one, index, block.hash, true))),
    'with a gap in the middle': () =>
      arrayOf([block.logs[0]!, block.logs[1]!, logJson(made[2]!, 3, block.hash)]),
    'that cannot be read': () => Buffer.from('[{"address":"0x'),
    'that are none': () => Buffer.from('{}'),
  };
  for (const [what, lie] of Object.entries(lies)) {
    it(`asks another provider when one gives logs ${what}`, async () => {
      const { blockLogs, reads, settled, prove, metric } = setUp([block], { p1: lie, p2: truth });
      await prove();
      assert.deepEqual(strings(await settled(blockLogs.gather(block, 'p1'))), all);
      assert.deepEqual(reads.asked, ['p1:7', 'p2:7']);
      assert.equal(await metric('trunkline_block_logs_unverified_total', 'provider="p1"'), 1);
    });
  }

  it('believes no answer that does not verify, from whomever, whatever is missing', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.subarray([0, 1, 2], { maxLength: 2 }),
        fc.subarray([0, 1, 2], { maxLength: 2 }),
        async (one, two) => {
          const part = (indexes: readonly number[]) => () =>
            arrayOf(indexes.map(index => block.logs[index]!));
          const { blockLogs, settled, prove, reads } = setUp([block], { p1: part(one), p2: part(two) });
          await prove();
          const gathering = blockLogs.gather(block, 'p1');
          assert.equal(await settled(gathering, 5_000), 'waiting');
          reads.says.set('p2', truth);
          assert.deepEqual(strings(await settled(gathering)), all);
        },
      ),
      { numRuns: 15 },
    );
  });

  it('waits, and says so, while nobody has the logs, and goes on as soon as somebody has', async () => {
    const { blockLogs, reads, settled, prove, warnings, metric } = setUp([block], {
      p1: nothing,
      p2: failure,
    });
    await prove();
    const gathering = blockLogs.gather(block, 'p1');
    assert.equal(await settled(gathering, 60_000), 'waiting');
    assert.ok(warnings.length > 0);
    assert.equal(await metric('trunkline_block_logs_waiting'), 1);
    const before = reads.asked.length;
    assert.ok(before < 150, `${before} calls in a minute`);
    reads.says.set('p2', truth);
    assert.deepEqual(strings(await settled(gathering, 3_000)), all);
    assert.equal(await metric('trunkline_block_logs_waiting'), 0);
  });

  it('is not held up by a provider that has not come to the block: what matched a quiet filter meanwhile is had', async () => {
    const patterns = [{ address: addressOf('bb'), topic0: topicOf('02') }];
    const quiet = [1, 2, 3, 4].map(step => blockOf(100 + step, [{ address: 'cc', topics: ['03'] }]));
    const matching = blockOf(105, [{ address: 'bb', topics: ['02'] }]);
    const { blockLogs, reads, settled, prove } = setUp(
      [...quiet, matching],
      { lost: truth, behind: nothing },
      { patterns },
    );
    await prove();
    for (const one of quiet) assert.deepEqual(await settled(blockLogs.gather(one, 'lost')), []);
    assert.deepEqual(reads.asked, []);
    reads.says.set('lost', failure);
    const gathering = blockLogs.gather(matching, 'lost');
    assert.equal(await settled(gathering, 3_000), 'waiting');
    reads.says.set('behind', truth);
    assert.deepEqual(strings(await settled(gathering)), matching.logs.map(String));
  });

  it('asks a provider last for a while whose answer did not verify', async () => {
    const blocks = [1, 2, 3].map(step => blockOf(10 + step, made));
    const { blockLogs, reads, clock, settled, prove } = setUp(blocks, { p1: nothing, p2: truth });
    await prove();
    for (const one of blocks.slice(0, 2)) await settled(blockLogs.gather(one, 'p1'));
    assert.deepEqual(reads.asked, ['p1:11', 'p2:11', 'p2:12']);
    clock.advance(60_000);
    await settled(blockLogs.gather(blocks[2]!, 'p1'));
    assert.deepEqual(reads.asked.slice(3), ['p1:13', 'p2:13']);
  });

  it('makes few calls at once, however many blocks are wanted', async () => {
    const blocks = Array.from({ length: 20 }, (_, index) => blockOf(100 + index, made));
    let active = 0;
    let most = 0;
    const { blockLogs, clock, settled } = setUp(
      blocks,
      {
        p1: async one => {
          most = Math.max(most, ++active);
          await new Promise<void>(resolve => clock.setTimeout(resolve, 100));
          active--;
          return truth(one);
        },
      },
      { maxParallel: 3 },
    );
    const gathered = await settled(Promise.all(blocks.map(one => blockLogs.gather(one, 'p1'))));
    assert.notEqual(gathered, 'waiting');
    assert.equal(most, 3);
  });

  it('ends when its block is not wanted any more, and when it is stopped', async () => {
    const { blockLogs, settled } = setUp([block], { p1: failure });
    const orphaned = new AbortController();
    const gathering = blockLogs.gather(block, 'p1', orphaned.signal);
    const other = blockLogs.gather(block, 'p1');
    const ends = [assert.rejects(gathering, /orphaned/), assert.rejects(other, { name: 'AbortError' })];
    assert.equal(
      await settled(
        gathering.catch(() => 'ended'),
        1_000,
      ),
      'waiting',
    );
    orphaned.abort(new Error('orphaned'));
    assert.equal(
      await settled(
        gathering.catch(() => 'ended'),
        1_000,
      ),
      'ended',
    );
    blockLogs.stop();
    await settled(Promise.all(ends), 1_000);
    await assert.rejects(blockLogs.gather(block, 'p1'), { name: 'AbortError' });
    await assert.rejects(blockLogs.gather(block, 'p1', orphaned.signal), /orphaned/);
  });
});
