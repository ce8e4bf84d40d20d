import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PipelineError } from '../../../../src/pipelines/errors.ts';
import type { PipelineGap } from '../../../../src/pipelines/pipeline.ts';
import { memoryState } from '../../../../src/pipelines/state/state-store.ts';
import { PipelineBench } from '../support/pipeline-bench.ts';

const failing = () => new Error('no');

describe('retries and dead letters', () => {
  it('tries again with growing pauses, then keeps the value as a dead letter', async () => {
    const bench = await new PipelineBench({ retry: { attempts: 4, maxDelayMs: 300 } }).open();
    bench.handler.failure = failing;
    bench.tell(5, 1);
    const times: number[] = [];
    for (let ms = 0; ms <= 1_000; ms += 10) {
      if (bench.handler.calls.length > times.length) times.push(ms);
      await bench.settle(10);
    }
    assert.equal(times.length, 4);
    const pauses = times.slice(1).map((time, at) => time - times[at]!);
    // 100, 200, then at most 300; the wheel is precise to 10 ms.
    for (const [at, wanted] of [100, 200, 300].entries())
      assert.ok(Math.abs(pauses[at]! - wanted) <= 20, `pauses ${pauses}`);
    const [letter] = await bench.pipeline.deadLetters.list();
    assert.deepEqual(
      [letter?.handler, letter?.attempts, letter?.value, letter?.error.message, letter?.origin.key],
      ['scripted', 4, 1, 'no', bench.handler.calls[0]!.origin.key],
    );
    const { retries, handlerErrors, deadLettered, handled } = bench.pipeline.status();
    assert.deepEqual(
      { retries, handlerErrors, deadLettered, handled },
      {
        retries: 3,
        handlerErrors: 4,
        deadLettered: 1,
        handled: 0,
      },
    );
  });

  it('ends a call that takes too long, and does not listen to it any more', async () => {
    const bench = await new PipelineBench({ retry: { attempts: 2 } }).open();
    Object.assign(bench.handler, { timeoutMs: 500 });
    bench.handler.isHeld = true;
    bench.tell(5, 1);
    await bench.settle(510);
    assert.equal(bench.handler.waiting[0]!.signal.aborted, true);
    await bench.settle(200);
    assert.equal(bench.handler.calls.length, 2);
    bench.handler.waiting[0]!.end();
    await bench.settle();
    assert.equal(bench.pipeline.status().handled, 0);
    bench.handler.waiting[1]!.end();
    await bench.settle();
    assert.equal(bench.pipeline.status().handled, 1);
  });

  it('gives up at once what need not be tried again, and waits as long as it was asked to', async () => {
    const bench = await new PipelineBench().open();
    bench.handler.failure = () => new PipelineError('handler_refused', 'never');
    bench.tell(5, 1);
    await bench.settle();
    assert.equal((await bench.pipeline.deadLetters.list())[0]?.error.code, 'handler_refused');
    bench.handler.failure = () =>
      new PipelineError('handler_failed', 'later', { details: { retryAfterMs: 5_000 } });
    bench.tell(5, 2);
    await bench.settle(4_900);
    assert.equal(bench.handler.calls.length, 2);
    await bench.settle(200);
    assert.equal(bench.handler.calls.length, 3);
  });

  it('does not wait longer than max_delay, whatever it was asked to', async () => {
    const bench = await new PipelineBench({ retry: { maxDelayMs: 2_000 } }).open();
    bench.handler.failure = () =>
      new PipelineError('handler_failed', 'much later', { details: { retryAfterMs: 3_600_000 } });
    bench.tell(5, 1);
    await bench.settle(1_900);
    assert.equal(bench.handler.calls.length, 1);
    await bench.settle(200);
    assert.equal(bench.handler.calls.length, 2);
  });

  it('keeps a gap that a handler could not be told as a dead letter, and a replay tells it', async () => {
    const bench = await new PipelineBench({ retry: { attempts: 2 } }).open();
    const told: unknown[] = [];
    let isDown = true;
    Object.assign(bench.handler, {
      onGap: (gap: PipelineGap) => {
        if (isDown) throw new Error('down');
        told.push([gap.fromSlot, gap.toSlot, gap.reason]);
      },
    });
    const gap = { fromSlot: 3, toSlot: 6, reason: 'expired', recovered: 'none', message: 'gone' } as const;
    bench.runtime.onGap(gap, ['p']);
    bench.runtime.onSettled(7);
    assert.equal(bench.pipeline.checkpoint, 2);
    await bench.settle(1_000);
    const [letter] = await bench.pipeline.deadLetters.list();
    assert.deepEqual(
      [
        letter?.isGap,
        letter?.origin.slot,
        letter?.error.message,
        letter?.attempts,
        bench.pipeline.checkpoint,
      ],
      [true, 3, 'down', 2, 7],
    );
    assert.equal((await bench.pipeline.replay()).failed.length, 1);
    isDown = false;
    assert.deepEqual(await bench.pipeline.replay(), { replayed: 1, failed: [] });
    assert.deepEqual(
      [told, bench.handler.calls, bench.pipeline.deadLetters.size],
      [[[3, 6, 'expired']], [], 0],
    );
  });

  it('keeps as many dead letters as may be, and says which had to go', async () => {
    const bench = await new PipelineBench({ maxDeadLetters: 2, retry: { attempts: 1 } }).open();
    bench.handler.failure = failing;
    bench.tell(5, 1, 2, 3);
    await bench.settle();
    await bench.settle();
    const values = async () => (await bench.pipeline.deadLetters.list()).map(({ value }) => value);
    assert.deepEqual(await values(), [2, 3]);
    assert.ok(bench.logged.some(({ message }) => message.includes('oldest dead letters')));

    const next = await new PipelineBench({}, bench.state).open();
    assert.deepEqual(
      (await next.pipeline.deadLetters.list({ limit: 1 })).map(({ value }) => value),
      [2],
    );
    assert.equal(next.pipeline.status().deadLetters, 2);
  });

  it('replays dead letters as the values that they were, to the handlers that did not have them', async () => {
    const bench = await new PipelineBench({ retry: { attempts: 1 } }).open();
    bench.handler.failure = failing;
    bench.tell(5, 1, 2);
    await bench.settle();
    await bench.settle();
    const { deadLetters } = bench.pipeline;
    const [first, second] = deadLetters.ids as [number, number];
    assert.deepEqual(await bench.pipeline.replay([first]), {
      replayed: 0,
      failed: [{ id: first, message: 'no' }],
    });
    bench.handler.failure = undefined;
    assert.deepEqual(await bench.pipeline.replay([second]), { replayed: 1, failed: [] });
    assert.deepEqual([bench.handler.done, deadLetters.ids], [[2], [first]]);
    assert.equal(await deadLetters.delete([first, 99]), 1);
    await assert.rejects(deadLetters.get(first), { code: 'dead_letter_unknown' });
  });

  it('holds a value whose dead letter cannot be stored, and the checkpoint with it', async () => {
    const state = memoryState({ maxBytes: 2 ** 20 });
    let isDown = false;
    const failingState = (inner: typeof state): typeof state => ({
      ...inner,
      get: key => inner.get(key),
      set: (key, value) => inner.set(key, value),
      del: key => inner.del(key),
      range: (from, to, limits) => inner.range(from, to, limits),
      under: (prefix, limits) => inner.under(prefix, limits),
      clear: (prefix, max) => inner.clear(prefix, max),
      within: prefix => failingState(inner.within(prefix)),
      batch: changes => (isDown ? Promise.reject(new Error('down')) : inner.batch(changes)),
    });
    const bench = await new PipelineBench({ retry: { attempts: 1 } }, failingState(state)).open();
    bench.handler.failure = failing;
    isDown = true;
    bench.tell(5, 1);
    bench.runtime.onSettled(5);
    await bench.settle(2_500);
    assert.equal(bench.pipeline.checkpoint, 4);
    isDown = false;
    await bench.settle(1_100);
    await bench.settle(200);
    assert.deepEqual([bench.pipeline.checkpoint, bench.pipeline.status().deadLetters], [5, 1]);
    assert.equal(await bench.stored(), 5);
  });
});
