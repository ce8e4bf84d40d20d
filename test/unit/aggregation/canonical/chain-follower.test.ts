import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setUpFollower } from './setup.ts';

describe('ChainFollower', () => {
  it('hands over each block once, in order, with its header and its logs', async () => {
    const { chain, sink, start, announce } = setUpFollower();
    await start();
    const blocks = chain.grow(undefined, 3);
    for (const block of blocks) {
      await announce('p', block);
      await announce('q', block);
    }
    assert.deepEqual(sink.events, ['+100a', '+101a', '+102a']);
    assert.deepEqual(
      sink.blocks.map(block => block.logs.map(({ bytes }) => String(bytes))),
      blocks.map(({ hash }) => [`"log of ${hash} at version 0"`]),
    );
  });

  it('fetches what lies between the tip and a head that skips ahead', async () => {
    const { chain, sink, reads, start, announce, metric } = setUpFollower();
    await start();
    const blocks = chain.grow(undefined, 30);
    await announce('p', blocks[0]!);
    await announce('p', blocks[29]!);
    assert.equal(sink.events.length, 30);
    assert.equal(sink.tip?.number, 129);
    assert.equal(reads.calls.filter(call => call !== 'safe' && call !== 'finalized').length, 28);
    assert.equal(await metric('trunkline_canonical_backfilled_blocks_total'), 28);
    assert.equal(await metric('trunkline_canonical_blocks_total'), 30);
  });

  for (const depth of [1, 3, 64]) {
    it(`takes back ${depth} block(s) and hands over the new branch`, async () => {
      const { chain, sink, start, announce, metric } = setUpFollower();
      await start();
      const old = chain.grow(undefined, depth + 5);
      await announce('p', ...old);
      const branch = chain.grow(old[4], depth + 1, 'b');
      await announce('p', branch.at(-1)!);
      assert.deepEqual(sink.events.slice(depth + 5), [
        `reorg ${depth} to 104a`,
        ...branch.map(({ hash }) => `+${hash.slice(2)}`),
      ]);
      assert.deepEqual(sink.reorganizations[0]!.adopted, branch);
      assert.equal(await metric('trunkline_canonical_reorg_depth_blocks_sum'), depth);
    });
  }

  it('follows a provider that announces its new branch block by block', async () => {
    const { chain, sink, start, announce } = setUpFollower();
    await start();
    const old = chain.grow(undefined, 8);
    await announce('p', ...old);
    for (const block of chain.grow(old[4], 5, 'b')) await announce('p', block);
    assert.deepEqual(sink.events.slice(8), ['reorg 3 to 104a', '+105b', '+106b', '+107b', '+108b', '+109b']);
  });
});
