import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { HeadTracker, type HeadTrackerOptions } from '../../../src/aggregation/head-tracker.ts';
import { silentLog } from '../../../src/telemetry/log.ts';
import { silentMetrics } from '../../../src/telemetry/metrics.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { headOf } from './fake-chain.ts';

function setUp(options: Partial<HeadTrackerOptions> = {}) {
  const clock = new ManualClock();
  const heads = new HeadTracker(
    { chain: 'test', blockTimeMs: 12_000, ...options },
    { clock, log: silentLog, metrics: silentMetrics },
  );
  /** One round of claims: provider → number. */
  const say = (numbers: Readonly<Record<string, number>>) => {
    for (const [provider, number] of Object.entries(numbers)) heads.observe(provider, { number });
  };
  return { clock, heads, say };
}

test('the highest head of all providers is the best, and lag is counted from it', () => {
  const { heads, say } = setUp();
  say({ a: 100, b: 102, c: 101 });
  assert.deepEqual([heads.best?.number, heads.best?.providerId, heads.floor], [102, 'b', 102]);
  assert.deepEqual(
    ['a', 'b', 'c'].map(id => heads.lag(id)),
    [2, 0, 1],
  );
  assert.equal(heads.lag('unknown'), undefined);
});

test('a provider that falls behind moves neither the best head nor the floor', () => {
  const { heads, say } = setUp();
  say({ a: 100, b: 100 });
  say({ a: 90, b: 95 });
  assert.deepEqual([heads.best?.number, heads.floor, heads.lag('a')], [100, 100, 10]);
});

test('a head of 0 is not believed while others are above it, but counts as lag: the answers are from there', () => {
  const { heads, say } = setUp();
  say({ a: 100, b: 100, c: 100 });
  assert.equal(heads.observe('c', { number: 0 }), false);
  assert.equal(heads.isSuspect('c'), true);
  assert.deepEqual([heads.head('c'), heads.lag('c')], [100, 100]);
  say({ c: 100 });
  assert.equal(heads.lag('c'), 0);
  assert.equal(heads.observe('d', { number: 0 }), false);
  assert.deepEqual([heads.head('d'), heads.lag('d')], [undefined, 100]);
});

test('a chain may be at block 0', () => {
  const { heads, say } = setUp();
  say({ a: 0, b: 0 });
  assert.deepEqual([heads.best?.number, heads.floor], [0, 0]);
});

test('a head far above the others is ignored, and so is every further one of that provider', () => {
  const { clock, heads, say } = setUp();
  say({ a: 100, b: 100, c: 100 });
  assert.equal(heads.observe('c', { number: 1_000_000 }), false);
  for (let i = 1; i <= 20; i++) {
    clock.advance(12_000);
    say({ a: 100 + i, b: 100 + i, c: 1_000_000 + i });
  }
  assert.deepEqual([heads.best?.number, heads.floor, heads.isSuspect('c')], [120, 120, true]);
});

test('numbers that are none are ignored', () => {
  const { heads } = setUp();
  for (const number of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 60]) {
    assert.equal(heads.observe('a', { number }), false, `${number}`);
  }
  assert.equal(heads.best, undefined);
});

test('a jump of the chain is believed once a second provider confirms it', () => {
  const { heads, say } = setUp();
  say({ a: 100, b: 100, c: 100 });
  assert.equal(heads.observe('a', { number: 1100 }), false);
  assert.equal(heads.observe('b', { number: 1100 }), true);
  assert.deepEqual([heads.best?.number, heads.isSuspect('a')], [1100, false]);
});

test('blocks that descend from a believed one are believed at any pace', () => {
  const { heads } = setUp();
  for (const id of ['a', 'b', 'c']) heads.observe(id, headOf(100));
  for (let number = 101; number <= 1100; number++) assert.equal(heads.observe('a', headOf(number)), true);
  assert.equal(heads.best?.number, 1100);
});

test('a provider goes on at the pace of the chain although the others are stuck', () => {
  const { clock, heads, say } = setUp();
  say({ a: 100, b: 100, c: 100 });
  for (let i = 1; i <= 200; i++) {
    clock.advance(12_000);
    say({ b: 100, c: 100 });
    assert.equal(heads.observe('a', { number: 100 + i }), true, `${i}`);
  }
});

test('a provider that creeps away from the others is believed at the pace of the chain only', () => {
  const { clock, heads, say } = setUp();
  say({ a: 100, b: 100, liar: 100 });
  for (let i = 1; i <= 100; i++) {
    clock.advance(12_000);
    say({ a: 100 + i, b: 100 + i });
    for (let n = 1; n <= 5; n++) say({ liar: (heads.head('liar') ?? 0) + 4 });
  }
  assert.ok(heads.floor <= 200 + 64 + 16, `${heads.floor}`);
});

test('time allows for blocks: after an hour without news a provider may be that much ahead', () => {
  const { clock, heads, say } = setUp();
  say({ a: 100, b: 100 });
  clock.advance(3_600_000);
  assert.equal(heads.observe('a', { number: 400 }), true);
});

test('with two providers, one that claims an absurd head without moving on is never believed', () => {
  const { clock, heads, say } = setUp();
  say({ a: 100, b: 100 });
  for (let i = 1; i <= 50; i++) {
    clock.advance(12_000);
    say({ a: 100 + i, b: 9_999_999 });
  }
  assert.deepEqual([heads.best?.number, heads.floor], [150, 150]);
});

test('with two providers, one that advances steadily prevails over one that is stuck', () => {
  const { clock, heads, say } = setUp();
  say({ stuck: 100 });
  for (let i = 0; i <= 6; i++) {
    say({ good: 5000 + i, stuck: 100 });
    clock.advance(12_000);
  }
  assert.equal(heads.best?.number, 5006);
});

test('a provider that still catches up does not make the others look absurd', () => {
  const { clock, heads } = setUp();
  clock.jumpWall(headOf(5000).timestamp * 1000 - clock.wallNow());
  heads.observe('syncing', headOf(100));
  assert.equal(heads.observe('good', headOf(5000)), true);
  assert.equal(heads.best?.number, 5000);
});

test('a timestamp in the future accounts for nothing', () => {
  const { clock, heads } = setUp();
  clock.jumpWall(headOf(100).timestamp * 1000 - clock.wallNow());
  heads.observe('a', headOf(100));
  heads.observe('b', headOf(100));
  assert.equal(heads.observe('b', { ...headOf(90_000), parentHash: '0x' }), false);
});

test('a head that a lone provider claimed is withdrawn when two others contradict it', () => {
  const { heads, say } = setUp();
  say({ absurd: 1_000_000 });
  assert.equal(heads.floor, 1_000_000);
  say({ a: 100, b: 101 });
  assert.deepEqual([heads.best?.number, heads.floor, heads.lag('a')], [101, 101, 1]);
  assert.equal(heads.isSuspect('absurd'), true);
});

test('a lone provider whose heads form a chain is not withdrawn for one that is behind', () => {
  const { heads } = setUp();
  const unhurried = (number: number) => ({ ...headOf(number), timestamp: 0 });
  for (let number = 100; number <= 500; number++) heads.observe('a', unhurried(number));
  heads.observe('late', unhurried(100));
  assert.equal(heads.observe('a', unhurried(501)), true);
  assert.equal(heads.floor, 501);
});

test('a chain of heads that begins with an unconfirmed one is not believed against two others', () => {
  const { heads } = setUp();
  const unhurried = (number: number) => ({ ...headOf(number), timestamp: 0 });
  for (let number = 1_000_000; number <= 1_000_010; number++) heads.observe('absurd', unhurried(number));
  heads.observe('a', unhurried(100));
  heads.observe('b', unhurried(100));
  assert.equal(heads.observe('absurd', unhurried(1_000_011)), false);
  assert.equal(heads.floor, 100);
});

test('a jump that a lone provider says twice is withdrawn when others contradict it', () => {
  const { clock, heads, say } = setUp();
  say({ a: 100, b: 100, c: 100 });
  heads.remove('b');
  heads.remove('c');
  clock.advance(1000);
  say({ a: 900_000 });
  clock.advance(1000);
  say({ a: 900_000 });
  assert.equal(heads.floor, 900_000);
  say({ b: 101, c: 101 });
  assert.equal(heads.floor, 101);
});

test('a lone provider must say a jump twice', () => {
  const { heads } = setUp();
  heads.observe('a', { number: 100 });
  assert.equal(heads.observe('a', { number: 50_000 }), false);
  assert.equal(heads.observe('a', { number: 101 }), true);
  assert.equal(heads.observe('a', { number: 50_000 }), false);
  assert.equal(heads.observe('a', { number: 50_001 }), true);
  assert.equal(heads.best?.number, 50_001);
});

test('an answered number raises the floor, an absurd one does not', () => {
  const { heads, say } = setUp();
  say({ a: 100, b: 100 });
  heads.noteAnswered(103);
  assert.equal(heads.floor, 103);
  heads.noteAnswered(1_000_000);
  heads.noteAnswered(50);
  assert.equal(heads.floor, 103);
});

test('removing a provider keeps what clients may have seen through it', () => {
  const { heads, say } = setUp();
  say({ a: 105, b: 104 });
  heads.remove('a');
  say({ b: 104 });
  assert.deepEqual(
    [heads.best?.number, heads.floor, heads.lag('a'), heads.lag('b')],
    [105, 105, undefined, 1],
  );
});

test('after a reset of the chain the head goes back once no provider has confirmed it for a minute', () => {
  const { clock, heads, say } = setUp({ blockTimeMs: 1000 });
  const best: number[] = [];
  say({ a: 500, b: 500 });
  heads.onBest(({ number }) => best.push(number));
  for (let second = 0; second < 60; second++) {
    say({ a: second, b: second });
    assert.equal(heads.floor, 500, `${second}`);
    clock.advance(1000);
  }
  say({ a: 60 });
  assert.deepEqual([heads.floor, heads.best?.number, best], [60, 60, [60]]);
});

test('one provider at the floor keeps it, however far the others are behind', () => {
  const { clock, heads, say } = setUp({ blockTimeMs: 1000 });
  say({ a: 500, b: 480 });
  let changes = 0;
  heads.onBest(() => changes++);
  for (let i = 0; i < 200; i++) {
    clock.advance(1000);
    say({ b: 480, a: 500 });
  }
  assert.deepEqual([heads.floor, changes], [500, 0]);
});

test('a long silence of all providers does not lower the floor', () => {
  const { clock, heads, say } = setUp();
  say({ a: 500, b: 500 });
  clock.advance(3_600_000);
  say({ b: 490 });
  assert.equal(heads.floor, 500);
});

test('listeners hear each new best head until they leave, and a failing one harms nobody', () => {
  const { heads, say } = setUp();
  const heard: number[] = [];
  heads.onBest(() => {
    throw new Error('listener');
  });
  const leave = heads.onBest(({ number }) => heard.push(number));
  say({ a: 100, b: 99, c: 101 });
  leave();
  say({ a: 102 });
  assert.deepEqual(heard, [100, 101]);
});

test('whatever one provider of three says, the head stays within what the two honest ones and time allow', () => {
  const claim = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 200 }), fc.maxSafeNat());
  fc.assert(
    fc.property(fc.array(claim, { maxLength: 60 }), claims => {
      const { clock, heads, say } = setUp();
      say({ a: 100, b: 100 });
      claims.forEach((number, i) => {
        say({ liar: number });
        clock.advance(12_000);
        say({ a: 101 + i, b: 101 + i });
        const { floor } = heads;
        assert.ok(floor >= 101 + i && floor <= 101 + i + 64 + 16, `${floor} at ${101 + i}`);
      });
    }),
  );
});

test('lines beside the head have floors of their own, which absurd numbers do not raise and a reset takes away', () => {
  const { heads, say } = setUp();
  say({ a: 100, b: 100 });
  heads.noteAnswered(90, 'slot:finalized');
  heads.noteAnswered(80, 'slot:finalized');
  heads.noteAnswered(1_000_000, 'slot:finalized');
  assert.deepEqual(
    [heads.floorOf('head'), heads.floorOf('slot:finalized'), heads.floorOf('other')],
    [100, 90, 0],
  );
  heads.reset();
  assert.equal(heads.floorOf('slot:finalized'), 0);
});
