import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Mailbox } from '../../../src/otp/mailbox.ts';
import type { Envelope } from '../../../src/otp/messages.ts';

const info = (message: unknown): Envelope => ({ kind: 'info', message });
const own = (message: unknown): Envelope => ({ kind: 'own', message });
const contents = (mailbox: Mailbox) =>
  mailbox.drain().map(envelope => (envelope as { message: unknown }).message);

test('takes messages out in the order in which they came, over any mix of pushes and shifts', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 5_000 }), pushes => {
      const mailbox = new Mailbox();
      const model: number[] = [];
      for (const [i, isPush] of pushes.entries()) {
        if (isPush) {
          mailbox.push(info(i));
          model.push(i);
        } else {
          assert.equal((mailbox.shift() as { message?: unknown } | undefined)?.message, model.shift());
        }
        assert.equal(mailbox.length, model.length);
      }
    }),
    { numRuns: 50 },
  );
});

test('keeps its order when a long queue is compacted', () => {
  const mailbox = new Mailbox();
  for (let i = 0; i < 5_000; i++) mailbox.push(info(i));
  for (let i = 0; i < 3_000; i++) assert.equal((mailbox.shift() as { message: unknown }).message, i);
  mailbox.push(info(5_000));
  assert.equal(mailbox.length, 2_001);
  assert.equal((mailbox.shift() as { message: unknown }).message, 3_000);
});

test('counts bounded messages only, wherever they are', () => {
  const mailbox = new Mailbox({ limit: 2 });
  mailbox.push(own('timer'));
  mailbox.push(info(1));
  assert.equal(mailbox.isFull, false);
  mailbox.hold(info(2));
  assert.equal(mailbox.isFull, true);
  mailbox.takeHeld();
  assert.equal(mailbox.isFull, false);
  mailbox.hold(info(3));
  assert.equal(mailbox.isFull, true);
  assert.equal((mailbox.shiftOldest() as { message: unknown }).message, 3);
  assert.equal(mailbox.isFull, false);
});

test('puts held messages back in front', () => {
  const mailbox = new Mailbox();
  mailbox.hold(info('held 1'));
  mailbox.hold(info('held 2'));
  mailbox.push(info('new'));
  mailbox.release();
  mailbox.unshift(own('first'));
  assert.deepEqual(contents(mailbox), ['first', 'held 1', 'held 2', 'new']);
});

test('makes room by the oldest bounded message, behind signals in front of it', () => {
  const mailbox = new Mailbox({ limit: 2, policy: 'drop_oldest' });
  for (const envelope of [own('timer'), info(1), info(2)]) mailbox.push(envelope);
  assert.equal((mailbox.shiftOldest() as { message: unknown }).message, 1);
  assert.deepEqual(contents(mailbox), ['timer', 2]);
});
