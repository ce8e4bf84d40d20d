import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { settle, setUpFollower } from './setup.ts';

describe('a follower that gathers logs', () => {
  it('has them of up to eight blocks gathered at once, and hands over in order', async () => {
    const { chain, logs, sink, start, announce } = setUpFollower();
    await start();
    const blocks = chain.grow(undefined, 30);
    await announce('p', blocks[0]!);
    logs.hold(...blocks);
    await announce('p', blocks[29]!);
    assert.equal(logs.running, 8);
    logs.release();
    await settle();
    assert.equal(sink.events.length, 30);
    assert.equal(logs.maxRunning, 8);
    assert.equal(logs.gathered.length, 30);
  });

  it('gathers again when the demand grew meanwhile', async () => {
    const { chain, logs, sink, start, announce } = setUpFollower();
    await start();
    const blocks = chain.grow(undefined, 3);
    logs.hold(blocks[0]!);
    await announce('p', ...blocks);
    logs.version = 1;
    logs.release();
    await settle();
    assert.deepEqual(
      sink.blocks.map(block => block.logs.map(({ bytes }) => String(bytes))),
      blocks.map(({ hash }) => [`"log of ${hash} at version 1"`]),
    );
  });

  it('gives up the logs of a branch that is abandoned', async () => {
    const { chain, logs, sink, start, announce } = setUpFollower();
    await start();
    const blocks = chain.grow(undefined, 5);
    await announce('p', ...blocks);
    const left = chain.grow(blocks[4], 2);
    logs.hold(...left);
    await announce('p', ...left);
    await announce('p', ...chain.grow(blocks[4], 2, 'b'));
    assert.deepEqual(
      logs.aborted.sort(),
      left.map(({ hash }) => hash),
    );
    assert.deepEqual(sink.events.slice(5), ['+105b', '+106b']);
  });

  it('does not gather a block again while it is being handed over', async () => {
    const { chain, logs, sink, start, announce } = setUpFollower();
    await start();
    const blocks = chain.grow(undefined, 5);
    let open = () => {};
    sink.gate = new Promise(resolve => {
      open = resolve;
    });
    for (const block of blocks) await announce('p', block);
    open();
    await settle();
    assert.equal(logs.gathered.length, 5);
    assert.equal(sink.events.length, 5);
  });
});

describe('the marks of finality', () => {
  it('are told when they move, and never before their block', async () => {
    const { chain, clock, reads, sink, start, announce } = setUpFollower({ finalityIntervalMs: 12_000 });
    const blocks = chain.grow(undefined, 10);
    [reads.safe, reads.finalized] = [blocks[6], blocks[2]];
    await start();
    await announce('p', ...blocks.slice(0, 5));
    await clock.advanceAndSettle(12_000);
    await clock.advanceAndSettle(12_000);
    assert.deepEqual(sink.events.slice(5), ['finalized 102a']);
    await announce('p', ...blocks.slice(5));
    await clock.advanceAndSettle(12_000);
    reads.safe = blocks[4];
    await clock.advanceAndSettle(12_000);
    assert.deepEqual(sink.events.slice(11), ['safe 106a']);
  });

  it('are asked for ever more rarely where there are none', async () => {
    const { clock, reads, start } = setUpFollower({ finalityIntervalMs: 10_000 });
    await start();
    await clock.advanceAndSettle(3_600_000, 360);
    const asked = reads.calls.filter(call => call === 'safe').length;
    assert.ok(asked >= 10 && asked <= 15, `asked ${asked} times in an hour`);
  });
});
