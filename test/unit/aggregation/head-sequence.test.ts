import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HeadSequence } from '../../../src/aggregation/head-sequence.ts';
import type { Head } from '../../../src/chains/chain-family.ts';
import { hashOf, headBytes, headOf } from './fake-chain.ts';

/** A sequence that forwards at once what may be forwarded, and what it forwarded. */
function setUp() {
  const sequence = new HeadSequence();
  const forwarded: string[] = [];
  const offer = (provider: string, head: Head) => {
    const verdict = sequence.offer(provider, { head, result: headBytes(head) });
    if (verdict.kind === 'forward') {
      for (const event of verdict.events) {
        sequence.forwarded(event.head);
        forwarded.push(event.head.hash);
      }
    }
    return verdict;
  };
  return { sequence, forwarded, offer };
}

const main = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => hashOf(from + i));

test('a hash is forwarded once, whoever brings it', () => {
  const { forwarded, offer } = setUp();
  for (const number of [100, 101]) for (const provider of ['a', 'b', 'a']) offer(provider, headOf(number));
  assert.deepEqual(forwarded, main(100, 101));
});

test('the heads of a lagging provider from before the beginning are not forwarded', () => {
  const { forwarded, offer } = setUp();
  offer('a', headOf(100));
  for (let number = 90; number <= 101; number++) offer('b', headOf(number));
  assert.deepEqual(forwarded, main(100, 101));
});

test('a provider that had reached the tip may announce other blocks at or below it: a reorg', () => {
  const { forwarded, offer } = setUp();
  for (let number = 100; number <= 103; number++) offer('a', headOf(number));
  for (let number = 102; number <= 104; number++) offer('a', headOf(number, 'f', 101));
  assert.deepEqual(forwarded, [...main(100, 103), hashOf(102, 'f'), hashOf(103, 'f'), hashOf(104, 'f')]);
});

test('a fork of a provider that had not reached the tip is held until it is longer, then comes whole', () => {
  const { forwarded, offer } = setUp();
  for (let number = 100; number <= 103; number++) offer('a', headOf(number));
  for (let number = 102; number <= 103; number++) {
    assert.equal(offer('b', headOf(number, 'f', 101)).kind, 'held');
  }
  assert.deepEqual(forwarded, main(100, 103));
  offer('b', headOf(104, 'f', 101));
  assert.deepEqual(forwarded.slice(4), [hashOf(102, 'f'), hashOf(103, 'f'), hashOf(104, 'f')]);
});

test('what a provider had reached counts for the subscription in which it did', () => {
  const { sequence, offer } = setUp();
  for (let number = 100; number <= 103; number++) offer('a', headOf(number));
  sequence.left('a');
  assert.equal(offer('a', headOf(102, 'f', 101)).kind, 'held');
});

test('the parent of the first head is not sent again with a fork that begins there', () => {
  const { forwarded, offer } = setUp();
  offer('a', headOf(100));
  for (let number = 98; number <= 101; number++) offer('b', headOf(number, 'f', 99));
  assert.deepEqual(forwarded, [hashOf(100), hashOf(100, 'f'), hashOf(101, 'f')]);
});

test('a jump names the newest missing block', () => {
  const { offer } = setUp();
  offer('a', headOf(100));
  const verdict = offer('a', headOf(105));
  assert.equal(verdict.kind, 'forward');
  assert.deepEqual(verdict.kind === 'forward' && verdict.gap, { hash: hashOf(104), to: 104 });
});

test('blocks of a gap that come after the jump are not forwarded any more', () => {
  const { forwarded, offer } = setUp();
  offer('a', headOf(100));
  offer('a', headOf(105));
  for (let number = 101; number <= 106; number++) offer('b', headOf(number));
  assert.deepEqual(forwarded, [hashOf(100), hashOf(105), hashOf(106)]);
});

test('a reset begins a new chain', () => {
  const { sequence, forwarded, offer } = setUp();
  offer('a', headOf(500));
  sequence.reset();
  offer('a', headOf(1, 'n', 0));
  assert.deepEqual(forwarded, [hashOf(500), hashOf(1, 'n')]);
});

test('what is remembered is bounded', () => {
  const { sequence, offer } = setUp();
  for (let number = 1000; number < 2000; number++) offer('a', headOf(number));
  assert.deepEqual(
    [sequence.has(hashOf(1999)), sequence.has(hashOf(1744)), sequence.has(hashOf(1743))],
    [true, true, false],
  );
  for (let i = 0; i < 1000; i++) offer('b', headOf(10 + i, 'x'));
  assert.equal(sequence.tip?.number, 1999);
});
