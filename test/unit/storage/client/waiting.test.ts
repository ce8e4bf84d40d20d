import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { clientDefaults } from '../../../../src/storage/client/client-options.ts';
import type { StoragePriority } from '../../../../src/storage/client/storage-request.ts';
import { clientSetup, outcomesOf, type TestRequest } from './client-setup.ts';

/** The channel of these tests has room for 8 commands, and a capacity of 10. */
describe('calls of a client whose channel is full', () => {
  test('are sent as soon as a reply makes room, first in, first out', () => {
    const { client, writer, submit } = clientSetup();
    const sent = Array.from({ length: 8 }, () => submit());
    const waiting = [submit(), submit()];
    writer.channel.flush();
    assert.equal(writer.open.length, 8);
    assert.equal(client.queued, 2);
    writer.answer(1);
    assert.equal(client.queued, 1);
    writer.answer();
    writer.answer();
    assert.deepEqual(outcomesOf([...sent, ...waiting]), { reply: 10 });
    assert.equal(writer.channel.statistics.backpressureEvents, 2);
    assert.equal(client.active, 0);
  });

  test('fail with storage_overloaded after 100 ms without room', () => {
    const { clock, submit } = clientSetup();
    for (let i = 0; i < 8; i++) submit();
    const waiting = submit();
    clock.advance(99);
    assert.equal(waiting.outcome, undefined);
    clock.advance(11);
    assert.deepEqual(waiting.outcomes, ['storage_overloaded']);
  });

  test('fail at once where as many of their priority wait as may', () => {
    const low = { weight: 1, cap: 2 };
    const { submit } = clientSetup({ priorities: { ...clientDefaults.priorities, low } });
    for (let i = 0; i < 8; i++) submit();
    const waiting = Array.from({ length: 3 }, () => submit({ priority: 'low' }));
    const other = submit({ priority: 'high' });
    assert.deepEqual(
      waiting.map(({ outcome }) => outcome),
      [undefined, undefined, 'storage_overloaded'],
    );
    assert.equal(other.outcome, undefined);
  });

  test('fail at once where as many bytes wait as may, but a large one may wait alone', () => {
    const { writer, submit } = clientSetup({ maxQueuedBytes: 100 });
    submit({ count: 8 });
    const large = submit({ commands: Buffer.alloc(200) });
    const more = submit({ commands: Buffer.alloc(1) });
    assert.deepEqual([large.outcome, more.outcome], [undefined, 'storage_overloaded']);
    writer.answer();
    const [first, second] = [60, 41].map(bytes => submit({ count: 10, commands: Buffer.alloc(bytes) }));
    assert.deepEqual([first!.outcome, second!.outcome], [undefined, 'storage_overloaded']);
  });

  test('never fill the channel above its capacity', () => {
    const { writer, submit } = clientSetup();
    submit({ count: 7 });
    const large = submit({ count: 4 });
    submit({ count: 1 });
    writer.channel.flush();
    assert.deepEqual(
      writer.open.map(({ count }) => count),
      [7],
    );
    writer.answer();
    writer.answer();
    assert.equal(large.outcome, 'reply');
  });

  test('hold no more commands than the channel takes at all', () => {
    const { submit } = clientSetup({ maxCommands: 10 });
    assert.deepEqual(submit({ count: 11 }).outcomes, ['storage_overloaded']);
    assert.deepEqual(submit({ count: 10 }).outcomes, []);
  });

  test('end with storage_timeout where their own time is over first', () => {
    const { clock, submit } = clientSetup();
    for (let i = 0; i < 8; i++) submit();
    const waiting = submit({ timeoutMs: 50 });
    clock.advance(60);
    assert.equal(waiting.outcome, 'storage_timeout');
    assert.match(waiting.error!.message, /was not applied/);
  });
});

describe('priorities', () => {
  /** Fills the channel, lets `counts` calls wait, and returns the order in which they are answered one by one. */
  function order(counts: Readonly<Record<StoragePriority, number>>, count = 1): StoragePriority[] {
    const { writer, submit } = clientSetup({}, { capacity: 1000, window: 1 });
    submit();
    const answered: StoragePriority[] = [];
    for (const priority of ['low', 'normal', 'high'] as const) {
      for (let i = 0; i < counts[priority]; i++) {
        const request: TestRequest = submit({ priority, count });
        request.onOutcome = () => answered.push(priority);
      }
    }
    const total = counts.high + counts.normal + counts.low;
    for (let i = 0; i <= total; i++) writer.answer(1);
    return answered;
  }

  const share = (answered: readonly StoragePriority[]) =>
    (['high', 'normal', 'low'] as const).map(priority => answered.filter(one => one === priority).length);

  test('get exactly 3, 2 and 1 of each 6 while all wait', () => {
    const answered = order({ high: 60, normal: 60, low: 60 });
    for (let round = 0; round < 20; round++) {
      assert.deepEqual(share(answered.slice(6 * round, 6 * round + 6)), [3, 2, 1]);
    }
  });

  test('share by commands, however large the calls are', () => {
    assert.deepEqual(share(order({ high: 60, normal: 60, low: 60 }, 7).slice(0, 60)), [30, 20, 10]);
  });

  test('let the lowest go on while the highest never ends', () => {
    const { clock, writer, submit } = clientSetup({}, { capacity: 1000, window: 1 });
    submit();
    const low = submit({ priority: 'low' });
    let turns = 0;
    for (; low.outcome === undefined && turns < 20; turns++) {
      submit({ priority: 'high' });
      submit({ priority: 'high' });
      writer.answer(1);
      clock.advance(1);
    }
    assert.ok(turns <= 6, `${turns} turns`);
  });

  test('do not save up what they did not use', () => {
    const { writer, submit } = clientSetup({}, { capacity: 1000, window: 1 });
    submit();
    for (let i = 0; i < 30; i++) submit({ priority: 'high' });
    for (let i = 0; i < 30; i++) writer.answer(1);
    const answered: string[] = [];
    for (let i = 0; i < 6; i++) submit({ priority: 'low' }).onOutcome = () => answered.push('low');
    for (let i = 0; i < 6; i++) submit({ priority: 'high' }).onOutcome = () => answered.push('high');
    for (let i = 0; i < 9; i++) writer.answer(1);
    assert.equal(answered.slice(0, 8).filter(one => one === 'high').length, 6);
  });

  test('leave out what timed out while it waited', () => {
    const { clock, writer, submit } = clientSetup({}, { capacity: 1000, window: 1 });
    submit();
    const gone = submit({ timeoutMs: 10 });
    const other = submit();
    clock.advance(20);
    assert.equal(gone.outcome, 'storage_timeout');
    writer.answer();
    writer.answer();
    assert.equal(other.outcome, 'reply');
    assert.deepEqual(gone.outcomes, ['storage_timeout']);
  });
});
