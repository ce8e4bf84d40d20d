import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Head } from '../../../../src/chains/chain-family.ts';
import { settle, setUpFollower } from './setup.ts';

const shifted = (head: Head, by: number): Head => ({ ...head, number: head.number + by });
const names = (heads: readonly Head[]) => heads.map(({ number }) => `+${number}a`);

async function pass(clock: { advance(ms: number): void }, seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second++) {
    clock.advance(1_000);
    await settle();
  }
}

describe('a follower that is told of blocks by wrong numbers', () => {
  for (const lie of [1, 1_000_000_000]) {
    it(`by two of three, ${lie} too high, from the first block on: follows the third one`, async () => {
      const { chain, logs, sink, start, announce } = setUpFollower();
      await start();
      const heads = chain.grow(undefined, 4);
      logs.hold(heads[0]!);
      await announce('r', heads[0]!);
      for (const provider of ['p', 'q'])
        await announce(provider, shifted(heads[0]!, lie), shifted(heads[1]!, lie));
      logs.release();
      await settle();
      await announce('r', ...heads.slice(1));
      assert.deepEqual(sink.events, names(heads));
    });
  }

  for (const lie of [1, -1]) {
    it(`by one of three, ${lie} off, while a parent is missing: it is fetched by the right number`, async () => {
      const { chain, reads, clock, sink, start, tell, announce } = setUpFollower();
      await start();
      const heads = chain.grow(undefined, 12);
      for (const provider of ['p', 'q', 'r']) await announce(provider, ...heads.slice(0, 5));
      for (const head of heads.slice(6)) {
        tell('p', shifted(head, lie));
        reads.heads.set('p', head);
        await settle();
        tell('q', head);
        tell('r', head);
        await pass(clock, 12);
      }
      assert.deepEqual(sink.events, names(heads));
    });
  }

  it('when it reads where a branch begins: asks on', async () => {
    const { chain, reads, clock, sink, start, announce } = setUpFollower();
    await start();
    const [below] = chain.grow(undefined, 1, 'a', 99);
    const [first] = chain.grow(below, 1);
    await announce('p', first!);
    const read = reads.block.bind(reads);
    let lies = 0;
    reads.block = async (by, options) => {
      const bytes = await read(by, options);
      if (bytes === undefined || !('hash' in by) || by.hash !== below!.hash || lies++ >= 3) return bytes;
      return Buffer.from(JSON.stringify(shifted(below!, 101)));
    };
    await announce('p', ...chain.grow(below, 3, 'b'));
    await pass(clock, 5);
    assert.deepEqual(sink.events, ['+100a', 'reorg 1 to 99a', '+100b', '+101b', '+102b']);
    assert.ok(lies > 3);
  });
});

describe('a follower whose own record has wrong numbers, as the provider that it had then counted wrong', () => {
  for (const lie of [5, -5]) {
    it(`by ${lie}: begins anew once all others have contradicted it for a while, after a restart as well`, async () => {
      const { chain, reads, clock, sink, start, tell, announce, restart } = setUpFollower();
      await start();
      const heads = chain.grow(undefined, 40);
      for (const head of heads.slice(10, 15)) await announce('p', shifted(head, lie));
      reads.heads.delete('p');
      await restart();
      for (const head of heads.slice(15)) {
        for (const provider of ['q', 'r']) tell(provider, head);
        await pass(clock, 12);
      }
      assert.equal(sink.events.filter(event => event.startsWith('skip')).length, 1);
      assert.match(sink.events[5]!, /^skip chain_reset /);
      assert.equal(sink.events.at(-1), '+139a');
    });
  }

  it('begins anew at once when they have its blocks by other numbers, however far it is ahead', async () => {
    const { chain, reads, clock, sink, start, tell, announce } = setUpFollower();
    await start();
    const heads = chain.grow(undefined, 160);
    for (const head of heads.slice(10, 120)) await announce('p', shifted(head, 100));
    reads.heads.delete('p');
    for (const head of heads.slice(120, 145)) {
      for (const provider of ['q', 'r']) tell(provider, head);
      await pass(clock, 12);
    }
    assert.deepEqual(sink.events.slice(110).filter(event => event.startsWith('skip')).length, 1);
    assert.equal(sink.events.at(-1), '+244a');
  });

  it('goes on when it is right and its only provider says a number that is far too low', async () => {
    const { chain, reads, clock, sink, start, tell, announce } = setUpFollower();
    await start();
    const heads = chain.grow(undefined, 15);
    await announce('p', ...heads.slice(0, 10));
    for (let turn = 0; turn < 15; turn++) {
      tell('p', shifted(heads[9]!, -60));
      reads.heads.set('p', heads[9]!);
      await pass(clock, 12);
    }
    await announce('p', ...heads.slice(10));
    assert.deepEqual(sink.events, names(heads));
  });

  it('goes on when it is right and they are not: where they contradict it, they are asked', async () => {
    const { chain, reads, clock, sink, start, tell, announce } = setUpFollower();
    await start();
    const heads = chain.grow(undefined, 60);
    for (const provider of ['p', 'q', 'r']) await announce(provider, ...heads.slice(0, 5));
    for (const head of heads.slice(5, 50)) {
      for (const provider of ['p', 'q']) {
        tell(provider, shifted(head, 1_000_000_000));
        reads.heads.set(provider, head);
      }
      await pass(clock, 12);
    }
    await announce('r', ...heads.slice(5));
    assert.deepEqual(sink.events, names(heads));
  });
});
