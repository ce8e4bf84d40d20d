import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FaultInjection } from '../../../../src/storage/channel/fault-injection.ts';
import { clientDefaults } from '../../../../src/storage/client/client-options.ts';
import { retryDelay } from '../../../../src/storage/client/retry-delay.ts';
import type { StorageSession } from '../../../../src/storage/client/storage-request.ts';
import { silentMetrics } from '../../../../src/telemetry/metrics.ts';
import { clientSetup } from './client-setup.ts';

describe('a call that is not answered', () => {
  test('fails with storage_timeout when its time is over, and its late reply is dropped', () => {
    const { client, clock, writer, submit } = clientSetup();
    const request = submit({ timeoutMs: 100 });
    writer.channel.flush();
    clock.advance(99);
    assert.equal(request.outcome, undefined);
    clock.advance(11);
    assert.deepEqual(request.outcomes, ['storage_timeout']);
    writer.answer();
    assert.deepEqual(request.outcomes, ['storage_timeout']);
    assert.equal(writer.channel.statistics.lateReplies, 1);
    assert.equal(client.counters.timeouts, 1);
  });

  test('has 30 seconds where it does not say', () => {
    const { clock, writer, submit } = clientSetup();
    const request = submit();
    writer.channel.flush();
    clock.advance(29_990);
    assert.equal(request.outcome, undefined);
    clock.advance(20);
    assert.equal(request.outcome, 'storage_timeout');
  });

  test('is sent up to three times where it may be repeated, within its time', () => {
    const { client, clock, writer, submit } = clientSetup();
    const request = submit({ isRepeatable: true, timeoutMs: 3000 });
    const sentAt: number[] = [];
    for (let ms = 0; ms <= 3010; ms += 10) {
      const before = writer.frames.length;
      writer.channel.flush();
      if (writer.frames.length > before) sentAt.push(ms);
      clock.advance(10);
    }
    // 10 ms after a third of the time, then 20 ms after half of what was left.
    assert.deepEqual(sentAt, [0, 1010, 2030]);
    assert.deepEqual(request.outcomes, ['storage_timeout']);
    assert.equal(client.counters.retries, 2);
  });

  test('takes the reply to its second attempt, not the late one to the first', () => {
    const { clock, writer, submit } = clientSetup();
    const request = submit({ isRepeatable: true, timeoutMs: 300 });
    writer.channel.flush();
    clock.advance(130);
    writer.channel.flush();
    assert.equal(writer.frames.length, 2);
    writer.answer(1);
    assert.deepEqual(request.outcomes, []);
    writer.answer(1);
    assert.deepEqual(request.outcomes, ['reply']);
  });

  test('is never sent twice where it must not be repeated', () => {
    const { clock, writer, submit } = clientSetup();
    submit({ timeoutMs: 300 });
    for (let i = 0; i < 100; i++) {
      writer.channel.flush();
      clock.advance(10);
    }
    assert.equal(writer.frames.length, 1);
  });

  test('waits for its next attempt only where not too many do', () => {
    const { clock, writer, submit } = clientSetup({ retry: { ...clientDefaults.retry, maxWaiting: 1 } });
    const requests = [1, 2].map(() => submit({ isRepeatable: true, timeoutMs: 300 }));
    writer.channel.flush();
    clock.advance(100);
    assert.deepEqual(
      requests.map(({ outcome }) => outcome),
      [undefined, 'storage_timeout'],
    );
  });
});

describe('retryDelay', () => {
  const options = { ...clientDefaults.retry, jitter: 0.2 };

  test('doubles from 10 ms to 1 s', () => {
    assert.deepEqual(
      [1, 2, 3, 7, 8, 20].map(attempts => retryDelay(options, attempts, 0.5)),
      [10, 20, 40, 640, 1000, 1000],
    );
  });

  test('varies by its jitter both ways', () => {
    assert.deepEqual([retryDelay(options, 1, 0), retryDelay(options, 1, 0.75)], [8, 11]);
    assert.equal(retryDelay(options, 20, 0.9), options.maxDelayMs, 'but never beyond the longest');
  });
});

describe('a call whose channel injects errors', () => {
  function faulty(errorRate: number) {
    const setup = clientSetup();
    setup.client.detachWriter('the test wraps it');
    const thread = setup.newThread();
    const faults = new FaultInjection(
      thread.channel,
      { thread: 'writer', delayMs: 0, dropRate: 0, errorRate },
      { clock: setup.clock, metrics: silentMetrics, random: () => draws.shift() ?? 0.99 },
    );
    const draws: number[] = [];
    setup.client.attachWriter(faults);
    return { ...setup, thread, draws };
  }

  test('is repeated after 10 ms where it may be', () => {
    const { clock, thread, draws, submit } = faulty(0.1);
    draws.push(0.05);
    const request = submit({ isRepeatable: true });
    clock.advance(1);
    assert.equal(thread.channel.pending, 0);
    clock.advance(20);
    thread.answer();
    assert.deepEqual(request.outcomes, ['reply']);
  });

  test('fails where it must not be repeated, and after three attempts', () => {
    const { clock, draws, submit, breaker } = faulty(0.1);
    draws.push(0.05, 0.05, 0.05, 0.05);
    const once = submit();
    clock.advance(1);
    assert.deepEqual(once.outcomes, ['injected_fault']);
    assert.equal(breaker.failures, 1);
    breaker.close();
    const thrice = submit({ isRepeatable: true });
    clock.advance(100);
    assert.deepEqual(thrice.outcomes, ['injected_fault']);
  });

  test('of a session is repeated at once, or not at all where another one is behind it', () => {
    const { clock, thread, draws, submit } = faulty(0.1);
    const session: StorageSession = { inFlight: 0, lane: undefined };
    draws.push(0.05);
    const alone = submit({ isRepeatable: true, session });
    clock.advance(0);
    thread.answer();
    assert.deepEqual(alone.outcomes, ['reply']);
    draws.push(0.05);
    const first = submit({ isRepeatable: true, session });
    const second = submit({ isRepeatable: true, session });
    clock.advance(0);
    thread.answer();
    assert.deepEqual([first.outcomes, second.outcomes], [['injected_fault'], ['reply']]);
    assert.equal(session.inFlight, 0);
  });
});
