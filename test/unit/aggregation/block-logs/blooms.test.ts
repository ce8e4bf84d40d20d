import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { GatheredLog } from '../../../../src/aggregation/canonical/canonical-sink.ts';
import { arrayOf, blockOf, failure, nothing, type TrueBlock, truth } from './fake-reads.ts';
import { setUp } from './setup.ts';

const made = [
  { address: 'aa', topics: ['01'] },
  { address: 'bb', topics: ['02'] },
];
const emptyBloom = `0x${'00'.repeat(256)}`;
const blocks = Array.from({ length: 12 }, (_, index) => blockOf(20 + index, made));
const [block, second] = blocks as [TrueBlock, TrueBlock];
const strings = (logs: readonly GatheredLog[] | 'waiting') =>
  logs === 'waiting' ? logs : logs.map(({ bytes }) => String(bytes));
const all = block.logs.map(String);
const patterns = [{ address: `0x${'aa'.repeat(20)}` }];

describe('BlockLogs of a chain whose blooms do not tell', () => {
  it('notices blooms that are always empty, and fetches every block from then on', async () => {
    const { blockLogs, reads, settled, metric } = setUp(blocks, { p1: truth, p2: truth }, { patterns });
    reads.blooms.set('p1', emptyBloom).set('p2', emptyBloom);
    for (const one of blocks) {
      const gathered = strings(await settled(blockLogs.gather({ ...one, bloom: emptyBloom }, 'p1')));
      assert.deepEqual(gathered, [String(one.logs[0])]);
    }
    assert.equal(await metric('trunkline_block_logs_bloom_unreliable'), 1);
  });

  it('does so with one provider as well', async () => {
    const { blockLogs, reads, settled } = setUp(blocks, { p1: truth });
    reads.blooms.set('p1', emptyBloom);
    const gathered = await settled(blockLogs.gather({ ...block, bloom: emptyBloom }, 'p1'));
    assert.deepEqual(strings(gathered), all);
  });

  for (const [what, bloom] of [
    ['no bloom', undefined],
    ['a bloom of all ones', `0x${'ff'.repeat(256)}`],
  ] as const) {
    it(`believes two providers that say the same of a block with ${what}`, async () => {
      const partly = () => arrayOf(block.logs.slice(0, 1));
      const { blockLogs, reads, settled } = setUp([block], { p1: partly, p2: truth, p3: truth });
      assert.deepEqual(strings(await settled(blockLogs.gather({ ...block, bloom }, 'p1'))), all);
      assert.deepEqual(reads.asked, ['p1:20', 'p2:20', 'p3:20']);
    });

    it(`believes the only provider that says anything of a block with ${what}`, async () => {
      const { blockLogs, settled } = setUp([block], { p1: truth, p2: failure });
      assert.deepEqual(strings(await settled(blockLogs.gather({ ...block, bloom }, 'p1'))), all);
    });

    it(`asks the only provider twice that says that a block with ${what} has no logs`, async () => {
      let calls = 0;
      const { blockLogs, settled } = setUp([block], {
        p1: one => (calls++ === 0 ? nothing(one) : truth(one)),
      });
      assert.deepEqual(strings(await settled(blockLogs.gather({ ...block, bloom }, 'p1'))), all);
    });
  }

  it('doubts the blooms of a new chain only after everybody has given fewer logs for long', async () => {
    const { blockLogs, reads, settled, metric, clock } = setUp(
      blocks,
      { p1: truth, p2: truth },
      { doubtMs: 10_000 },
    );
    const wider = blockOf(1, [...made, { address: 'cc' }]).bloom;
    for (const id of ['p1', 'p2']) reads.blooms.set(id, wider);
    const gathering = blockLogs.gather({ ...block, bloom: wider }, 'p1');
    assert.equal(await settled(gathering, 9_000), 'waiting');
    assert.deepEqual(strings(await settled(gathering, 5_000)), all);
    assert.equal(await metric('trunkline_block_logs_bloom_unreliable'), 1);
    const before = clock.now();
    assert.notEqual(await settled(blockLogs.gather({ ...second, bloom: wider }, 'p1')), 'waiting');
    assert.ok(clock.now() - before < 1_000, 'the next block is not waited for');
    // It was a mistake: they do tell.
    for (const one of blocks.slice(2)) await settled(blockLogs.gather(one, 'p1'));
    assert.equal(await metric('trunkline_block_logs_bloom_unreliable'), 0);
  });

  it('never doubts blooms that have told logs before: it waits', async () => {
    const { blockLogs, settled, prove, metric } = setUp([block], { p1: nothing, p2: nothing });
    await prove();
    assert.equal(await settled(blockLogs.gather(block, 'p1'), 60_000), 'waiting');
    assert.equal(await metric('trunkline_block_logs_bloom_unreliable'), 0);
  });

  it('is not led astray by one provider that announced a wrong header', async () => {
    const { blockLogs, reads, settled, prove, metric } = setUp([block], { liar: truth, p2: truth });
    await prove();
    for (const bloom of [
      blockOf(1, [{ address: 'dd' }]).bloom,
      blockOf(1, [...made, { address: 'dd' }]).bloom,
    ]) {
      reads.blooms.set('liar', bloom);
      const gathered = await settled(blockLogs.gather({ ...block, hash: block.hash, bloom }, 'liar'));
      assert.deepEqual(strings(gathered), all);
    }
    assert.equal(await metric('trunkline_block_logs_bloom_unreliable'), 0);
  });
});
