import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RecordingSink } from '../../../support/recording-sink.ts';
import { settle, setUpFollower } from './setup.ts';

describe('a follower that missed blocks', () => {
  it('goes on after a restart where the record ends', async () => {
    const { chain, sink, start, announce, restart } = setUpFollower();
    await start();
    const blocks = chain.grow(undefined, 60);
    await announce('p', ...blocks.slice(0, 10));
    await restart();
    await announce('p', blocks[59]!);
    assert.deepEqual(
      sink.events,
      blocks.map(({ hash }) => `+${hash.slice(2)}`),
    );
    assert.equal(sink.opened, 2);
  });

  it('says which blocks are left out after a long outage, and hands over the newest', async () => {
    const { chain, sink, start, announce, restart, metric } = setUpFollower({ maxBackfillBlocks: 50 });
    await start();
    const blocks = chain.grow(undefined, 200);
    await announce('p', ...blocks.slice(0, 10));
    await restart();
    await announce('p', blocks[199]!);
    assert.deepEqual(sink.events.slice(10), [
      'skip outage 110-249',
      ...blocks.slice(150).map(({ hash }) => `+${hash.slice(2)}`),
    ]);
    assert.equal(await metric('trunkline_canonical_gap_blocks_total', 'outage'), 140);
  });

  it('leaves nothing out at the word of the one provider that answers first, where time does not account for it', async () => {
    const { chain, sink, heads, start, announce, restart } = setUpFollower();
    await start();
    const blocks = chain.grow(undefined, 12);
    await announce('p', ...blocks.slice(0, 10));
    await restart();
    const absurd = { ...blocks[10]!, number: 1_000_000_000, hash: '0xabsurd' };
    await announce('liar', absurd);
    assert.equal(sink.events.length, 10);
    heads.head = providerId => (providerId === 'liar' ? undefined : 1);
    await announce('p', blocks[10]!, blocks[11]!);
    assert.deepEqual(
      sink.events,
      blocks.map(({ hash }) => `+${hash.slice(2)}`),
    );
  });

  it('believes it once it has said so long enough with nobody to contradict it', async () => {
    const { chain, sink, clock, start, announce, restart } = setUpFollower({
      maxBackfillBlocks: 50,
      blockTimeMs: 3_600_000,
      resetAfterMs: 20_000,
    });
    await start();
    const blocks = chain.grow(undefined, 200);
    await announce('p', ...blocks.slice(0, 10));
    await restart();
    for (const [at, isLeftOut] of [
      [197, false],
      [198, false],
      [199, true],
    ] as const) {
      await announce('p', blocks[at]!);
      assert.equal(sink.events[10] === 'skip outage 110-249', isLeftOut);
      await clock.advanceAndSettle(10_000);
    }
  });

  it('takes back what was orphaned during a long outage', async () => {
    const { chain, sink, start, announce, restart } = setUpFollower({ maxBackfillBlocks: 50 });
    await start();
    const blocks = chain.grow(undefined, 10);
    await announce('p', ...blocks);
    await restart();
    const branch = chain.grow(blocks[6], 200, 'b');
    await announce('p', branch[199]!);
    assert.deepEqual(sink.events.slice(10, 13), ['reorg 3 to 106a', 'skip outage 107-256', '+257b']);
    assert.deepEqual(sink.tip, branch[199]);
  });

  it('begins anew when the chain did', async () => {
    const { chain, sink, start, announce } = setUpFollower({ maxReorgDepth: 20 });
    await start();
    await announce('p', ...chain.grow(undefined, 50));
    const fresh = chain.grow(undefined, 150, 'n', 0);
    await announce('p', fresh[140]!);
    assert.deepEqual(sink.events.slice(50), ['skip chain_reset 129-139', '+140n']);
    await announce('p', fresh[141]!);
    assert.deepEqual(sink.tip, fresh[141]);
  });

  it('does not begin anew for one provider on another chain', async () => {
    const { chain, sink, start, announce } = setUpFollower({ maxReorgDepth: 20 });
    await start();
    const blocks = chain.grow(undefined, 50);
    await announce('p', ...blocks);
    await announce('q', chain.grow(undefined, 160, 'n', 0)[155]!);
    assert.deepEqual(sink.tip, blocks[49]);
    assert.equal(sink.events.length, 50);
  });

  it('begins anew at a low number when nothing higher is heard of for a minute', async () => {
    const { chain, clock, sink, start, announce } = setUpFollower({ resetAfterMs: 60_000 });
    await start();
    await announce('p', ...chain.grow(undefined, 200));
    const fresh = chain.grow(undefined, 20, 'n', 0);
    for (const block of fresh.slice(1, 6)) {
      await announce('p', block);
      assert.equal(sink.events.length, 200);
      await clock.advanceAndSettle(12_000);
    }
    await announce('p', fresh[6]!);
    assert.deepEqual(sink.events.slice(200), ['skip chain_reset 0-5', '+6n']);
  });

  it('takes a chain with another genesis block for another chain, though both are children of the same nothing', async () => {
    const { chain, follower, sink, start, announce } = setUpFollower();
    await start();
    const old = chain.grow(undefined, 8, 'a', 0);
    await announce('p', ...old);
    follower.chainRestarted();
    const fresh = chain.grow(undefined, 12, 'n', 0);
    assert.equal(fresh[0]!.parentHash, old[0]!.parentHash);
    await announce('p', ...fresh);
    assert.deepEqual(sink.tip, fresh.at(-1));
    assert.match(sink.events[8]!, /^skip chain_reset 0-/);
  });

  it('begins anew when it is told so, though the chain has the genesis block of the one before', async () => {
    const { chain, follower, sink, start, announce } = setUpFollower();
    await start();
    const old = chain.grow(undefined, 20, 'a', 0);
    await announce('p', ...old);
    follower.chainRestarted();
    await announce('p', old[0]!);
    const fresh = chain.grow(old[0], 3, 'n');
    await announce('p', ...fresh);
    assert.deepEqual(sink.tip, fresh.at(-1));
    assert.match(sink.events[20]!, /^skip chain_reset 0-/);
  });

  it('begins anew at once when it is told that the chain did', async () => {
    const { chain, follower, sink, start, announce } = setUpFollower();
    await start();
    await announce('p', ...chain.grow(undefined, 50));
    follower.chainRestarted();
    const fresh = chain.grow(undefined, 3, 'n', 0);
    await announce('p', ...fresh);
    assert.deepEqual(sink.events.slice(50), ['skip chain_reset 0-1', '+2n']);
  });

  it('fetches the headers of heads that are polled, and the blocks between', async () => {
    const { chain, sink, start, tell } = setUpFollower();
    await start();
    const blocks = chain.grow(undefined, 12);
    for (const at of [0, 1, 4, 11]) {
      tell('p', blocks[at]!, 'polled');
      await settle();
    }
    assert.deepEqual(
      sink.events,
      blocks.map(({ hash }) => `+${hash.slice(2)}`),
    );
  });

  it('waits with everything after a block that cannot be had, and goes on when it can', async () => {
    const { chain, clock, reads, sink, start, announce, metric } = setUpFollower();
    await start();
    const blocks = chain.grow(undefined, 10);
    await announce('p', blocks[0]!);
    reads.withheld.add(blocks[4]!.hash);
    await announce('p', blocks[9]!);
    await clock.advanceAndSettle(20_000, 20);
    assert.equal(sink.events.length, 1);
    assert.ok((await metric('trunkline_canonical_failed_fetches_total', 'header')) > 2);
    reads.withheld.clear();
    await clock.advanceAndSettle(20_000, 4);
    assert.equal(sink.events.length, 10);
  });

  it('asks others when the provider that announced a block has gone', async () => {
    const { chain, clock, reads, sink, start, announce } = setUpFollower();
    await start();
    const blocks = chain.grow(undefined, 10);
    await announce('p', blocks[0]!);
    reads.isDown = true;
    await announce('p', blocks[9]!);
    reads.isDown = false;
    reads.heads.delete('p');
    reads.heads.set('q', blocks[9]!);
    await clock.advanceAndSettle(1000, 4);
    assert.equal(sink.events.length, 10);
  });

  it('goes on after the end of its process in the middle of a reorganisation', async () => {
    const sink = new RecordingSink();
    const { chain, failures, start, announce, restart } = setUpFollower({}, sink);
    await start();
    const blocks = chain.grow(undefined, 10);
    await announce('p', ...blocks);
    const branch = chain.grow(blocks[5], 6, 'b');
    const { adopt } = sink;
    let left = 2;
    sink.adopt = block => (left-- > 0 ? adopt.call(sink, block) : Promise.reject(new Error('no')));
    await announce('p', branch[5]!);
    assert.equal(failures.length, 1);
    sink.adopt = adopt;
    assert.deepEqual(sink.events.slice(10), ['reorg 4 to 105a', '+106b', '+107b']);
    await restart();
    await announce('p', branch[5]!);
    assert.deepEqual(sink.events.slice(13), ['+108b', '+109b', '+110b', '+111b']);
  });
});
