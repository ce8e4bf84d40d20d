import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SolanaUpdate } from '../../../../src/chains/solana/updates.ts';
import type { PipelineGap } from '../../../../src/pipelines/pipeline.ts';
import type { BufferPolicy } from '../../../../src/pipelines/pipeline-options.ts';
import { bytesOf } from '../../../../src/pipelines/runtime/update-bytes.ts';
import { account, PipelineBench } from '../support/pipeline-bench.ts';
import { transactionOf } from '../support/transactions.ts';

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => from + at);
const kilobyte = 1_024;

/** An account of about a KiB times `size`. */
function large(slot: number, value: number, size = 10): SolanaUpdate {
  const data = new Uint8Array(size * kilobyte).fill(value, 0, 1);
  return { ...account(slot, value), data } as SolanaUpdate;
}

async function held(overflowPolicy: BufferPolicy['overflowPolicy'], parts: object = {}) {
  const bench = await new PipelineBench({
    buffer: { maxBytes: 50 * kilobyte, overflowPolicy },
    ...parts,
  }).open();
  const gaps: PipelineGap[] = [];
  Object.assign(bench.handler, { onGap: (gap: PipelineGap) => void gaps.push(gap) });
  bench.handler.isHeld = true;
  const tell = (...values: number[]) => {
    for (const value of values) bench.runtime.onUpdate(large(5, value), ['p']);
  };
  return { bench, gaps, tell };
}

async function letGo(bench: PipelineBench) {
  bench.handler.isHeld = false;
  bench.handler.release();
  for (let turn = 0; turn < 10; turn++) await bench.settle(10);
}

describe('a buffer that holds as many bytes as it may', () => {
  it('block: tells the source to wait, what handlers have in hand counted, and to go on', async () => {
    const { bench, tell } = await held('block');
    tell(1, 2, 3, 4);
    assert.equal(bench.runtime.hasRoom, true);
    assert.ok(bench.pipeline.queueBytes > 40 * kilobyte && bench.pipeline.queueBytes < 45 * kilobyte);
    tell(5);
    assert.equal(bench.runtime.hasRoom, false);
    let isTold = false;
    bench.runtime.whenRoom(() => {
      isTold = true;
    });
    bench.handler.release(1);
    await bench.settle();
    assert.equal(isTold, false);
    await letGo(bench);
    assert.deepEqual([isTold, bench.handler.done, bench.pipeline.queueBytes], [true, range(1, 5), 0]);
  });

  it('block: goes on when what was too large by itself is handled, although nothing waits behind it', async () => {
    const { bench } = await held('block');
    bench.runtime.onUpdate(large(5, 1, 200), ['p']);
    bench.tell(5, 2);
    assert.equal(bench.runtime.hasRoom, false);
    await letGo(bench);
    assert.deepEqual([bench.runtime.hasRoom, bench.handler.done], [true, [1, 2]]);
  });

  it('takes no more values in hand than there may be bytes, however many at once the handlers may have', async () => {
    const { bench, tell } = await held('block', { concurrency: 1_000 });
    tell(...range(1, 20));
    assert.equal(bench.handler.calls.length, 5);
    assert.equal(bench.runtime.hasRoom, false);
    bench.handler.release(2);
    await bench.settle();
    assert.equal(bench.handler.calls.length, 7);
    for (let turn = 0; turn < 5; turn++) await letGo(bench);
    assert.deepEqual([bench.handler.done, bench.pipeline.queueBytes], [range(1, 20), 0]);
  });

  it('drop_oldest: leaves out what waited longest, and takes one that is larger than everything', async () => {
    const { bench, gaps, tell } = await held('drop_oldest');
    tell(...range(1, 8));
    bench.runtime.onUpdate(large(5, 9, 200), ['p']);
    assert.equal(bench.runtime.hasRoom, true);
    await letGo(bench);
    await bench.settle(1_000);
    assert.deepEqual(bench.handler.done, [1, 9]);
    assert.deepEqual([gaps.length, gaps[0]?.count], [1, 7]);
  });

  it('drop_newest: leaves out what comes', async () => {
    const { bench, gaps, tell } = await held('drop_newest');
    tell(...range(1, 8));
    await letGo(bench);
    await bench.settle(1_000);
    assert.deepEqual(bench.handler.done, range(1, 4));
    assert.deepEqual([gaps.length, gaps[0]?.count], [1, 4]);
  });

  it('spill: keeps the rest in the store, a record not much larger than it has to be, and brings it back', async () => {
    const { bench } = await held('spill');
    for (const value of range(1, 100)) {
      bench.runtime.onUpdate(large(5, value), ['p']);
      if (value % 2 === 0) await bench.settle();
    }
    assert.equal(bench.pipeline.status().spilled, 96);
    assert.equal(bench.runtime.hasRoom, true);
    assert.ok(bench.pipeline.queueBytes < 65 * kilobyte, `${bench.pipeline.queueBytes}`);
    const records = await bench.state.under('p/s/');
    assert.ok(records.every(({ value }) => value.length < 40 * kilobyte));
    for (let turn = 0; turn < 10; turn++) await letGo(bench);
    assert.deepEqual(bench.handler.done, range(1, 100));
    assert.deepEqual([bench.pipeline.queueBytes, (await bench.state.under('p/s/')).length], [0, 0]);
  });

  it('spill: what the store has not taken yet is bounded, too', async () => {
    const { bench } = await held('spill');
    let told = 0;
    for (; bench.runtime.hasRoom && told < 100; told++) bench.runtime.onUpdate(large(5, told), ['p']);
    assert.ok(told < 10, `${told}`);
    await bench.settle();
    assert.equal(bench.runtime.hasRoom, true);
  });

  it('counts an update once, however many values it has, until the last of them is done', async () => {
    const parser = {
      id: 'many',
      parse: () => ({ kind: 'parsed' as const, values: range(1, 30) }),
    };
    for (const [mode, concurrency] of [
      ['sequential', 4],
      ['parallel', 1],
    ] as const) {
      const { bench, tell } = await held('block', { parser, mode, concurrency });
      tell(1);
      assert.ok(bench.pipeline.queueBytes < 12 * kilobyte, `${bench.pipeline.queueBytes}`);
      bench.handler.release(1);
      await bench.settle();
      assert.ok(bench.pipeline.queueBytes > 10 * kilobyte);
      for (let turn = 0; turn < 5; turn++) await letGo(bench);
      assert.deepEqual([bench.handler.done.length, bench.pipeline.queueBytes], [30, 0]);
    }
  });
});

describe('the bytes of an update', () => {
  it('are about what it holds', () => {
    const program = new Uint8Array(32);
    const transaction = transactionOf([{ program, data: Buffer.alloc(1_000) }]);
    const bytes = bytesOf(transaction);
    assert.ok(bytes > 1_000 && bytes < 3_000, `${bytes}`);
    const block = {
      kind: 'block',
      slot: 5,
      blockhash: 'b',
      parentSlot: 4,
      parentBlockhash: 'a',
      blockTime: undefined,
      blockHeight: undefined,
      transactionCount: 100,
      transactions: Array.from({ length: 100 }, () => transaction),
    } as const;
    assert.ok(bytesOf(block) >= 100 * bytes);
    assert.ok(bytesOf({ ...transaction, logs: ['x'.repeat(5_000)] }) > bytes + 5_000);
    assert.ok(bytesOf({ kind: 'slot', slot: 5, parent: 4, status: 'confirmed' }) < 500);
  });
});
