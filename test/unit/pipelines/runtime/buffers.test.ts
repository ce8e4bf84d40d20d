import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PipelineGap } from '../../../../src/pipelines/pipeline.ts';
import { PipelineBench } from '../support/pipeline-bench.ts';

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => from + at);

async function held(overflowPolicy: 'block' | 'drop_oldest' | 'drop_newest' | 'spill', maxCapacity = 4) {
  const bench = await new PipelineBench({ buffer: { maxCapacity, overflowPolicy } }).open();
  const gaps: PipelineGap[] = [];
  Object.assign(bench.handler, { onGap: (gap: PipelineGap) => void gaps.push(gap) });
  bench.handler.isHeld = true;
  return { bench, gaps };
}

async function letGo(bench: PipelineBench) {
  bench.handler.isHeld = false;
  bench.handler.release();
  for (let turn = 0; turn < 5; turn++) await bench.settle(10);
}

describe('a buffer that is full', () => {
  it('block: tells the source to wait, and to go on once there is room to speak of', async () => {
    const { bench } = await held('block');
    bench.tell(5, 1, 2, 3, 4);
    assert.equal(bench.runtime.hasRoom, true);
    bench.tell(5, 5);
    assert.equal(bench.runtime.hasRoom, false);
    let isTold = false;
    bench.runtime.whenRoom(() => {
      isTold = true;
    });
    // What the source had in hand is taken all the same.
    bench.tell(5, 6);
    bench.handler.release(1);
    await bench.settle();
    assert.equal(isTold, false);
    await letGo(bench);
    assert.deepEqual([isTold, bench.runtime.hasRoom], [true, true]);
    assert.deepEqual(bench.handler.done, range(1, 6));
  });

  it('drop_oldest: leaves out what waited longest and tells so, before the checkpoint passes it', async () => {
    const { bench, gaps } = await held('drop_oldest');
    bench.tell(5, 1, 2);
    bench.tell(6, 3, 4, 5, 6, 7);
    assert.equal(bench.runtime.hasRoom, true);
    await letGo(bench);
    assert.deepEqual(bench.handler.done, [1, 4, 5, 6, 7]);
    bench.runtime.onSettled(6);
    assert.equal(bench.pipeline.checkpoint, 4);
    await bench.settle(1_000);
    assert.deepEqual(
      gaps.map(({ fromSlot, toSlot, reason, count }) => ({ fromSlot, toSlot, reason, count })),
      [{ fromSlot: 5, toSlot: 6, reason: 'overflow', count: 2 }],
    );
    assert.deepEqual([bench.pipeline.checkpoint, bench.pipeline.status().dropped], [6, 2]);
  });

  it('drop_newest: leaves out what comes and tells so', async () => {
    const { bench, gaps } = await held('drop_newest');
    bench.tell(5, ...range(1, 8));
    await letGo(bench);
    await bench.settle(1_000);
    assert.deepEqual(bench.handler.done, range(1, 5));
    assert.deepEqual([gaps.length, gaps[0]?.count], [1, 3]);
  });

  it('spill: keeps what comes in the store and brings it back in order', async () => {
    const { bench } = await held('spill', 100);
    for (let slot = 5; slot < 15; slot++) bench.tell(slot, ...range(1, 100));
    assert.equal(bench.runtime.hasRoom, true);
    assert.equal(bench.pipeline.status().spilled, 899);
    bench.runtime.onSettled(14);
    await bench.settle(200);
    assert.equal(bench.pipeline.checkpoint, 4);
    assert.ok((await bench.state.under('p/s/')).length > 3);
    bench.handler.isHeld = false;
    bench.handler.release();
    for (let turn = 0; turn < 40; turn++) await bench.settle(10);
    assert.deepEqual(bench.handler.done, Array.from({ length: 10 }, () => range(1, 100)).flat());
    assert.deepEqual([bench.pipeline.checkpoint, bench.pipeline.queueDepth], [14, 0]);
    assert.equal((await bench.state.under('p/s/')).length, 0);
  });

  it('spill: blocks when the store holds as much as may be, and goes on when there is room again', async () => {
    const bench = await new PipelineBench({
      buffer: { maxCapacity: 10, overflowPolicy: 'spill', maxSpillBytes: 50_000 },
    }).open();
    bench.handler.isHeld = true;
    let told = 0;
    for (; bench.runtime.hasRoom && told < 5_000; told++) {
      bench.tell(5, told % 250);
      if (told % 100 === 0) await bench.settle();
    }
    assert.ok(told < 1_500, `${told}`);
    let isTold = false;
    bench.runtime.whenRoom(() => {
      isTold = true;
    });
    await letGo(bench);
    for (let turn = 0; turn < 20; turn++) await bench.settle(10);
    assert.deepEqual([isTold, bench.runtime.hasRoom, bench.handler.done.length], [true, true, told]);
  });

  it('spill: what waits in memory while the store is slow is bounded too', async () => {
    const { bench } = await held('spill', 2);
    bench.tell(5, ...range(1, 250));
    let told = 250;
    for (; bench.runtime.hasRoom && told < 20_000; told++) bench.tell(5, told % 250);
    assert.ok(told < 5_000, `${told}`);
    await bench.settle();
    assert.equal(bench.runtime.hasRoom, true);
  });

  it('spill: what was in the store when the process died is not told twice', async () => {
    const { bench } = await held('spill', 2);
    bench.tell(5, ...range(1, 200));
    await bench.settle(10);
    assert.ok((await bench.state.under('p/s/')).length > 0);
    const next = await new PipelineBench({ buffer: { overflowPolicy: 'spill' } }, bench.state).open();
    assert.equal((await next.state.under('p/s/')).length, 0);
    next.tell(5, ...range(1, 200));
    assert.deepEqual(next.handler.done, range(1, 200));
  });
});
