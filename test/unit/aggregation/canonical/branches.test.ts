import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Head } from '../../../../src/chains/chain-family.ts';
import { settle, setUpFollower } from './setup.ts';

describe('a follower whose providers disagree', () => {
  it('stays on one chain while two providers are on two forks', async () => {
    const { chain, sink, start, announce } = setUpFollower();
    await start();
    const shared = chain.grow(undefined, 5);
    await announce('p', ...shared);
    await announce('q', ...shared);
    const left = chain.grow(shared[4], 20, 'a');
    const right = chain.grow(shared[4], 20, 'b');
    for (let i = 0; i < 20; i++) {
      // Each is ahead of the other one at times.
      const order = i % 2 === 0 ? (['p', 'q'] as const) : (['q', 'p'] as const);
      for (const provider of order) await announce(provider, provider === 'p' ? left[i]! : right[i]!);
    }
    assert.equal(sink.reorganizations.length, 0);
    assert.deepEqual(sink.tip, left[19]);
  });

  it('goes over to the branch of more providers', async () => {
    const { chain, sink, start, announce } = setUpFollower();
    await start();
    const shared = chain.grow(undefined, 5);
    const left = chain.grow(shared[4], 3, 'a');
    const right = chain.grow(shared[4], 3, 'b');
    await announce('p', ...shared, ...left);
    await announce('q', ...right);
    assert.deepEqual(sink.tip, left[2]);
    await announce('r', right[2]!);
    assert.deepEqual(sink.tip, right[2]);
    assert.deepEqual(sink.events.slice(8), ['reorg 3 to 104a', '+105b', '+106b', '+107b']);
  });

  it('does not go back to a branch of more providers that does not grow', async () => {
    const { chain, sink, start, announce } = setUpFollower();
    await start();
    const shared = chain.grow(undefined, 5);
    const left = chain.grow(shared[4], 12, 'a');
    const right = chain.grow(shared[4], 1, 'b');
    await announce('p', ...shared);
    await announce('q', right[0]!);
    await announce('r', right[0]!);
    for (const block of left) await announce('p', block);
    // The two are stuck: they are left once they are four blocks behind and have not grown for a while.
    assert.deepEqual(sink.tip, right[0]);
  });

  it('leaves a branch that does not grow for one that is four blocks ahead, and never comes back for its number of providers', async () => {
    const { chain, clock, sink, start, announce } = setUpFollower();
    await start();
    const shared = chain.grow(undefined, 5);
    const left = chain.grow(shared[4], 12, 'a');
    const right = chain.grow(shared[4], 1, 'b');
    await announce('p', ...shared);
    await announce('q', right[0]!);
    await announce('r', right[0]!);
    for (const block of left) {
      clock.advance(12_000);
      await announce('q', right[0]!);
      await announce('r', right[0]!);
      await announce('p', block);
    }
    assert.deepEqual(sink.tip, left[11]);
    assert.equal(sink.reorganizations.length, 1);
  });

  it('is not rewound by a replacement that is behind', async () => {
    const { chain, follower, sink, start, announce } = setUpFollower();
    await start();
    const blocks = chain.grow(undefined, 300);
    await announce('p', ...blocks.slice(0, 298));
    follower.providerGone('p');
    for (const block of [...blocks.slice(3, 6), ...blocks.slice(280)]) await announce('q', block);
    assert.equal(sink.reorganizations.length, 0);
    assert.deepEqual(sink.tip, blocks[299]);
    assert.equal(sink.events.length, 300);
  });

  it('takes a sibling of the tip for a reorg only from a provider that had the tip, when nobody holds it', async () => {
    const { chain, follower, sink, start, announce } = setUpFollower();
    await start();
    const blocks = chain.grow(undefined, 5);
    const [sibling] = chain.grow(blocks[3], 1, 'b');
    await announce('p', ...blocks);
    await announce('q', blocks[3]!, sibling!);
    assert.deepEqual(sink.tip, blocks[4], 'p holds the tip');
    follower.providerGone('p');
    assert.deepEqual(sink.tip, blocks[4], 'q never had it');
    await announce('q', ...chain.grow(sibling, 1, 'b'));
    assert.equal(sink.tip?.hash, '0x105b');
  });

  it('takes it from that provider although another one is behind', async () => {
    const { chain, sink, start, announce } = setUpFollower();
    await start();
    const blocks = chain.grow(undefined, 5);
    await announce('q', blocks[2]!);
    await announce('p', ...blocks.slice(3), ...chain.grow(blocks[3], 1, 'b'));
    assert.equal(sink.tip?.hash, '0x104b');
  });

  it('announces a block again that becomes canonical again', async () => {
    const { chain, sink, start, announce } = setUpFollower();
    await start();
    const blocks = chain.grow(undefined, 5);
    await announce('p', ...blocks);
    await announce('p', ...chain.grow(blocks[2], 3, 'b'));
    await announce('p', ...chain.grow(blocks[4], 2, 'a'));
    assert.deepEqual(sink.events.slice(5), [
      'reorg 2 to 102a',
      '+103b',
      '+104b',
      '+105b',
      'reorg 3 to 102a',
      '+103a',
      '+104a',
      '+105a',
      '+106a',
    ]);
  });

  it('does not follow a head that is not believed', async () => {
    const { chain, reads, sink, start, announce, tell } = setUpFollower();
    await start();
    const blocks = chain.grow(undefined, 5);
    await announce('p', ...blocks);
    const [absurd] = chain.grow(undefined, 1, 'z', 900_000_000);
    const calls = reads.calls.length;
    tell('q', absurd!, 'unbelieved');
    tell('p', absurd!, 'unbelieved');
    await announce('p', ...chain.grow(blocks[4], 1));
    assert.equal(reads.calls.length, calls);
    assert.equal(sink.tip?.number, 105);
  });

  it('takes nothing back below the finalized block while a provider disagrees', async () => {
    const { chain, clock, reads, sink, start, announce } = setUpFollower();
    await start();
    const blocks = chain.grow(undefined, 10);
    await announce('p', ...blocks);
    reads.finalized = blocks[6];
    await clock.advanceAndSettle(3_600_000);
    await announce('p', blocks[9]!);
    await announce('s', blocks[8]!);
    const right = chain.grow(blocks[4], 8, 'b');
    await announce('q', ...right);
    await announce('r', ...right);
    assert.deepEqual(sink.tip, blocks[9]);
    await announce('p', right[7]!);
    await announce('s', right[7]!);
    assert.deepEqual(sink.tip, right[7]);
    assert.ok(sink.events.includes('finalized 106a'));
  });

  it('takes back what it began with when a branch begins before that', async () => {
    const { chain, reads, sink, start, announce } = setUpFollower();
    await start();
    const blocks = chain.grow(undefined, 10);
    // Nodes have blocks that they orphaned for a while.
    reads.heads.set('q', blocks[9]!);
    await announce('p', ...blocks.slice(7));
    const branch = chain.grow(blocks[4], 6, 'b');
    await announce('p', branch[5]!);
    assert.deepEqual(sink.events, [
      '+107a',
      '+108a',
      '+109a',
      'reorg 3 to 104a',
      ...branch.map(({ hash }) => `+${hash.slice(2)}`),
    ]);
  });

  describe('of which two of three give the newest block the number of a billion', () => {
    const billion = (head: Head): Head => ({ ...head, number: 1_000_000_000 });
    /** All three have told of the first five blocks. */
    const setUpThree = async () => {
      const parts = setUpFollower();
      await parts.start();
      const heads = parts.chain.grow(undefined, 12);
      for (const provider of ['p', 'q', 'r']) await parts.announce(provider, ...heads.slice(0, 5));
      const lie = async (head: Head) => {
        for (const provider of ['p', 'q']) await parts.announce(provider, billion(head));
      };
      return { ...parts, heads, lie };
    };

    it('follows the third one', async () => {
      const { sink, announce, heads, lie } = await setUpThree();
      for (const head of heads.slice(5)) {
        await lie(head);
        await announce('r', head);
      }
      assert.deepEqual(
        sink.events,
        heads.map(({ number }) => `+${number}a`),
      );
    });

    it('follows the third one when it comes late, and the lie names a parent that is not canonical yet', async () => {
      const { logs, sink, announce, heads, lie } = await setUpThree();
      logs.hold(heads[5]!);
      for (const head of heads.slice(5)) {
        await lie(head);
      }
      await announce('r', ...heads.slice(5));
      logs.release();
      await announce('q', billion(heads[11]!));
      assert.deepEqual(
        sink.events,
        heads.map(({ number }) => `+${number}a`),
      );
    });

    it('goes on with the third one after a pause in which only the lies came', async () => {
      const { clock, sink, announce, heads, lie } = await setUpThree();
      for (let second = 0; second < 300; second++) {
        clock.advance(1_000);
        await lie(heads[5]!);
      }
      await announce('r', ...heads.slice(5));
      assert.deepEqual(
        sink.events,
        heads.map(({ number }) => `+${number}a`),
      );
    });
  });

  it('is given headers of another number, when it asks for one that was not announced: it asks on', async () => {
    const { chain, reads, clock, sink, start, tell } = setUpFollower();
    await start();
    const heads = chain.grow(undefined, 3);
    const read = reads.block.bind(reads);
    let lies = 0;
    reads.block = async (by, options) => {
      const bytes = await read(by, options);
      if (bytes === undefined || lies++ > 5) return bytes;
      return Buffer.from(JSON.stringify({ ...JSON.parse(bytes.toString()), number: 1_000_000_000 }));
    };
    for (const head of heads) tell('p', head, 'polled');
    for (let turn = 0; turn < 20; turn++) {
      clock.advance(1_000);
      await settle();
    }
    assert.deepEqual(sink.events, ['+100a', '+101a', '+102a']);
    assert.ok(lies > 5);
  });
});
