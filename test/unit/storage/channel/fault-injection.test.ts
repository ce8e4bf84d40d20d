import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FaultInjection } from '../../../../src/storage/channel/fault-injection.ts';
import type { FrameEntry } from '../../../../src/storage/channel/frames.ts';
import { StorageError } from '../../../../src/storage/errors.ts';
import { silentMetrics } from '../../../../src/telemetry/metrics.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { FakeThread } from './fake-thread.ts';

const entry: FrameEntry = {
  store: 0,
  isAtomic: false,
  access: 'read',
  protocol: 3,
  count: 1,
  commands: Buffer.alloc(8),
};

function setup(options: { delayMs?: number; dropRate?: number; errorRate?: number }, draws: number[] = []) {
  const clock = new ManualClock();
  const thread = new FakeThread(clock);
  const faults = new FaultInjection(
    thread.channel,
    { thread: 'writer', delayMs: 0, dropRate: 0, errorRate: 0, ...options },
    { clock, metrics: silentMetrics, random: () => draws.shift() ?? 0.99 },
  );
  const events: string[] = [];
  const send = (name: string) =>
    faults.send(entry, {
      onReply: () => events.push(`${name} answered`),
      onLost: (error, wasSent) => events.push(`${name} ${error.code} ${wasSent ? 'sent' : 'unsent'}`),
    });
  return { clock, thread, faults, events, send };
}

describe('FaultInjection', () => {
  test('lets everything through where no fault is wanted', () => {
    const { thread, faults, events, send } = setup({});
    send('a');
    send('b');
    thread.answer();
    assert.deepEqual(events, ['a answered', 'b answered']);
    assert.deepEqual(faults.injected, { delay: 0, drop: 0, error: 0 });
  });

  test('delays each entry and keeps their order', () => {
    const { clock, thread, faults, events, send } = setup({ delayMs: 20 });
    send('a');
    clock.advance(5);
    send('b');
    assert.equal(faults.pending, 2);
    clock.advance(14);
    assert.equal(thread.channel.pending, 0);
    clock.advance(6);
    thread.answer();
    assert.deepEqual(events, ['a answered', 'b answered']);
    assert.equal(faults.injected.delay, 2);
  });

  test('counts what it delays against the room of the channel', () => {
    const { faults, send } = setup({ delayMs: 20 });
    for (let i = 0; i < 9; i++) send(String(i));
    assert.equal(faults.hasRoom(1, 1), true);
    send('last');
    assert.equal(faults.hasRoom(1, 1), false);
  });

  test('fails an entry later, not at once', () => {
    const { clock, thread, faults, events, send } = setup({ errorRate: 0.5 }, [0.4]);
    send('a');
    assert.deepEqual(events, []);
    clock.advance(0);
    assert.deepEqual(events, ['a injected_fault sent']);
    assert.equal(thread.channel.pending, 0);
    assert.equal(faults.injected.error, 1);
  });

  test('drops the entry or its reply; neither is answered, and giving up frees the room', () => {
    const { thread, faults, events, send } = setup({ dropRate: 0.5 }, [0.4, 0.1, 0.4, 0.9]);
    const ids = [send('entry'), send('reply'), send('whole')];
    thread.channel.flush();
    assert.equal(thread.open.length, 2);
    thread.answer();
    assert.deepEqual(events, ['whole answered']);
    assert.equal(faults.pending, 2);
    let room = 0;
    faults.onRoom = () => room++;
    faults.abandon(ids[0]!);
    faults.abandon(ids[1]!);
    assert.equal(faults.pending, 0);
    assert.equal(room, 2);
    assert.equal(faults.injected.drop, 2);
  });

  test('giving up an entry whose reply was lost leaves the next one with its id alone', () => {
    const { thread, faults, events, send } = setup({ dropRate: 0.5 }, [0.4, 0.9]);
    const lost = send('lost');
    thread.answer();
    send('next');
    faults.abandon(lost);
    thread.answer();
    assert.deepEqual(events, ['next answered']);
  });

  test('hands back what it holds when the channel fails', () => {
    const { clock, thread, faults, events, send } = setup({ delayMs: 10, dropRate: 0.5 }, [0.9, 0.4, 0.1]);
    send('sent');
    send('dropped');
    clock.advance(10);
    thread.channel.flush();
    send('delayed');
    faults.fail(new StorageError('storage_unavailable'));
    assert.deepEqual(events.sort(), [
      'delayed storage_unavailable unsent',
      'dropped storage_unavailable sent',
      'sent storage_unavailable sent',
    ]);
    clock.advance(100);
    assert.equal(events.length, 3);
  });
});
