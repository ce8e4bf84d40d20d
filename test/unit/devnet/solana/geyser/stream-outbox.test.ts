import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StreamOutbox } from '../../../../../src/devnet/solana/geyser/stream-outbox.ts';

/** A client that reads when it is told to. */
class Target {
  readonly written: string[] = [];
  isOpen = true;
  #drained: (() => void) | undefined;

  write(message: Buffer): boolean {
    this.written.push(message.toString());
    return this.isOpen;
  }

  once(_event: 'drain', listener: () => void): void {
    this.#drained = listener;
  }

  drain(): void {
    this.isOpen = true;
    this.#drained?.();
  }
}

function setUp(limits = { messages: 2, bytes: 100 }) {
  const target = new Target();
  let full = 0;
  const outbox = new StreamOutbox(target, limits, () => full++);
  const push = (text: string, isReplayed = false) => outbox.push(Buffer.from(text), { isReplayed });
  return { target, outbox, push, full: () => full };
}

test('what a client does not read waits, in order', () => {
  const { target, push } = setUp();
  target.isOpen = false;
  for (const text of ['a', 'b', 'c']) push(text);
  assert.deepEqual(target.written, ['a']);
  target.drain();
  assert.deepEqual(target.written, ['a', 'b', 'c']);
});

test('more messages than may wait are told once, and nothing is taken from then on', () => {
  const { target, push, full } = setUp();
  target.isOpen = false;
  for (const text of ['a', 'b', 'c', 'd', 'e']) push(text);
  assert.equal(full(), 1);
  target.drain();
  assert.deepEqual(target.written, ['a']);
});

test('more bytes than may wait are told too', () => {
  const { target, push, full } = setUp({ messages: 100, bytes: 10 });
  target.isOpen = false;
  for (const text of ['first', '12345', '678901']) push(text);
  assert.equal(full(), 1);
});

test('what is replayed does not count', () => {
  const { target, push, full } = setUp();
  target.isOpen = false;
  for (const text of ['a', 'b', 'c', 'd', 'e']) push(text, true);
  assert.equal(full(), 0);
  target.drain();
  assert.deepEqual(target.written, ['a', 'b', 'c', 'd', 'e']);
});
