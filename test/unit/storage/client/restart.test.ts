import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { StorageSession } from '../../../../src/storage/client/storage-request.ts';
import { clientSetup, outcomesOf } from './client-setup.ts';

describe('while the runtime restarts', () => {
  test('calls wait and are answered by the next writer, in order', () => {
    const { client, clock, writer, newThread, submit } = clientSetup();
    client.detachWriter('crashed');
    assert.equal(client.recovery.state, 'restarting');
    const requests = [1, 2, 3].map(count => submit({ count }));
    clock.advance(29_000);
    assert.deepEqual(outcomesOf(requests), { undefined: 3 });
    const next = newThread();
    client.attachWriter(next.channel);
    assert.deepEqual(client.recovery, { state: 'running', since: 29_000 });
    next.channel.flush();
    assert.deepEqual(
      next.open.map(({ count }) => count),
      [1, 2, 3],
    );
    next.answer();
    assert.deepEqual(outcomesOf(requests), { reply: 3 });
    assert.equal(writer.frames.length, 0);
  });

  test('1,000 calls wait, one more fails with storage_unavailable', () => {
    const { client, submit } = clientSetup();
    client.detachWriter('crashed');
    const requests = Array.from({ length: 1001 }, () => submit());
    assert.deepEqual(outcomesOf(requests), { undefined: 1000, storage_unavailable: 1 });
    assert.equal(requests[1000]!.outcome, 'storage_unavailable');
  });

  test('a call waits 60 s, its own time-out allowing, then fails with storage_unavailable', () => {
    const { client, clock, submit } = clientSetup();
    client.detachWriter('crashed');
    const patient = submit({ timeoutMs: 120_000 });
    const hasty = submit({ timeoutMs: 1000 });
    clock.advance(1010);
    assert.equal(hasty.outcome, 'storage_timeout');
    clock.advance(58_900);
    assert.equal(patient.outcome, undefined);
    clock.advance(200);
    assert.equal(patient.outcome, 'storage_unavailable');
  });

  test('what was sent and must not be repeated fails with storage_outcome_unknown, what was not sent waits', () => {
    const { client, writer, newThread, submit } = clientSetup();
    const sent = submit();
    const repeatable = submit({ isRepeatable: true });
    writer.channel.flush();
    const unsent = submit();
    client.detachWriter('crashed');
    assert.equal(sent.outcome, 'storage_outcome_unknown');
    assert.deepEqual([repeatable.outcome, unsent.outcome], [undefined, undefined]);
    const next = newThread();
    client.attachWriter(next.channel);
    next.answer();
    assert.deepEqual([repeatable.outcomes, unsent.outcomes], [['reply'], ['reply']]);
    assert.deepEqual(sent.outcomes, ['storage_outcome_unknown']);
  });

  test('what was sent goes again before what waited for room', () => {
    const { client, writer, newThread, submit } = clientSetup();
    for (let count = 1; count <= 3; count++) submit({ count, isRepeatable: true });
    writer.channel.flush();
    const waiting = submit({ count: 5 });
    assert.equal(client.queued, 1);
    client.detachWriter('crashed');
    assert.equal(waiting.outcome, undefined);
    const next = newThread();
    client.attachWriter(next.channel);
    next.answer();
    next.answer();
    assert.deepEqual(
      next.frames.flat().map(({ count }) => count),
      [1, 2, 3, 5],
    );
  });

  test('a call that the thread dies of three times is given up', () => {
    const { client, writer, newThread, submit } = clientSetup();
    const read = submit({ isRepeatable: true, access: 'read' });
    writer.channel.flush();
    client.detachWriter('crashed');
    for (let i = 0; i < 2; i++) {
      assert.equal(read.outcome, undefined);
      const next = newThread();
      client.attachWriter(next.channel);
      next.channel.flush();
      client.detachWriter('crashed');
    }
    assert.deepEqual(read.outcomes, ['storage_unavailable']);
  });

  test('what waited for room when the runtime went down has the time of the restart, not that of a full channel', () => {
    const { client, clock, newThread, submit } = clientSetup();
    submit({ count: 8 });
    const waiting = submit();
    client.detachWriter('crashed');
    clock.advance(20_000);
    assert.equal(waiting.outcome, undefined);
    const next = newThread();
    client.attachWriter(next.channel);
    next.answer();
    next.answer();
    assert.deepEqual(waiting.outcomes, ['reply']);
  });

  test('a call that was never sent loses no attempt when the thread dies', () => {
    const { client, newThread, submit } = clientSetup();
    const request = submit({ isRepeatable: true });
    client.detachWriter('crashed');
    for (let i = 0; i < 5; i++) {
      client.attachWriter(newThread().channel);
      client.detachWriter('crashed');
    }
    const last = newThread();
    client.attachWriter(last.channel);
    last.channel.flush();
    client.detachWriter('crashed');
    assert.deepEqual(request.outcomes, []);
  });

  test('a death of the thread does not open the breaker', () => {
    const { client, writer, breaker, submit } = clientSetup();
    for (let i = 0; i < 8; i++) submit();
    writer.channel.flush();
    client.detachWriter('crashed');
    assert.equal(breaker.state, 'closed');
  });

  test('the calls of a session keep their order', () => {
    const { client, writer, newThread, submit } = clientSetup();
    const session: StorageSession = { inFlight: 0, lane: undefined };
    const order: number[] = [];
    const call = (n: number) => {
      const request = submit({ session, isRepeatable: true });
      request.onOutcome = () => order.push(n);
    };
    for (let i = 0; i < 6; i++) call(i);
    writer.answer(1);
    for (let i = 6; i < 12; i++) call(i);
    writer.channel.flush();
    client.detachWriter('crashed');
    for (let i = 12; i < 15; i++) call(i);
    const next = newThread();
    client.attachWriter(next.channel);
    for (let i = 0; i < 15; i++) next.answer(1);
    assert.deepEqual(
      order,
      Array.from({ length: 15 }, (_, i) => i),
    );
    assert.equal(session.inFlight, 0);
  });
});

describe('the circuit breaker', () => {
  test('opens when calls time out one after the other, and refuses calls while it is open', () => {
    const { clock, writer, openings, submit } = clientSetup();
    const requests = [1, 2, 3].map(() => submit({ timeoutMs: 100 }));
    writer.channel.flush();
    clock.advance(110);
    assert.deepEqual(outcomesOf(requests), { storage_timeout: 3 });
    assert.deepEqual(openings, ['storage_timeout']);
    assert.deepEqual(submit().outcomes, ['storage_breaker_open']);
  });

  test('lets one call through when it is half-open, and closes when it is answered', () => {
    const { breaker, writer, submit } = clientSetup();
    breaker.trip('test');
    breaker.halfOpen();
    const trial = submit();
    assert.deepEqual(submit().outcomes, ['storage_breaker_open']);
    writer.answer();
    assert.equal(trial.outcome, 'reply');
    assert.equal(breaker.state, 'closed');
  });

  test('gets its trial back when the thread dies under it', () => {
    const { breaker, client, writer, newThread, submit } = clientSetup();
    breaker.trip('test');
    breaker.halfOpen();
    submit();
    writer.channel.flush();
    client.detachWriter('crashed');
    client.attachWriter(newThread().channel);
    assert.equal(breaker.isAdmitting, true);
  });
});

describe('stop', () => {
  test('refuses new calls and lets the accepted ones be answered', async () => {
    const { client, writer, submit } = clientSetup();
    const accepted = Array.from({ length: 12 }, () => submit());
    const stopped = client.stop(30_000);
    assert.equal(client.recovery.state, 'stopped');
    assert.deepEqual(submit().outcomes, ['storage_stopped']);
    writer.answer();
    writer.answer();
    await stopped;
    assert.deepEqual(outcomesOf(accepted), { reply: 12 });
  });

  test('fails what is not answered in time', async () => {
    const { client, clock, writer, submit } = clientSetup();
    const [sent, waiting] = [submit({ count: 8 }), submit()];
    writer.channel.flush();
    const stopped = client.stop(50);
    clock.advance(50);
    await stopped;
    assert.deepEqual([sent.outcomes, waiting.outcomes], [['storage_stopped'], ['storage_stopped']]);
    assert.equal(client.active, 0);
    writer.answer();
    assert.deepEqual(sent.outcomes, ['storage_stopped']);
  });

  test('is over at once where nothing runs, and the same when asked twice', async () => {
    const { client } = clientSetup();
    const first = client.stop(1000);
    assert.equal(client.stop(1000), first);
    await first;
  });
});
