import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { conditional } from '../../../../src/pipelines/handlers/condition.ts';
import { account, PipelineBench, ScriptedHandler } from '../support/pipeline-bench.ts';

describe('the modes of handlers', () => {
  it('sequential: the next handler gets a value once the one before it is done', async () => {
    const [first, second] = [new ScriptedHandler('first'), new ScriptedHandler('second')];
    const bench = await new PipelineBench({ handlers: [first, second] }).open();
    first.isHeld = true;
    bench.tell(5, 1, 2);
    assert.deepEqual([first.calls.length, second.calls.length], [1, 0]);
    first.release();
    await bench.settle();
    assert.deepEqual([second.done, first.calls.length], [[1], 2]);
  });

  it('sequential: what one gives up, those behind it do not get', async () => {
    const [first, second] = [new ScriptedHandler('first'), new ScriptedHandler('second')];
    const bench = await new PipelineBench({ handlers: [first, second], retry: { attempts: 1 } }).open();
    first.failure = ({ value }) => (value === 1 ? new Error('no') : undefined);
    bench.tell(5, 1, 2);
    await bench.settle();
    assert.deepEqual(second.done, [2]);
    assert.equal((await bench.pipeline.deadLetters.list())[0]?.handler, 'first');
  });

  it('parallel: all handlers get a value at once, and one that fails costs the others nothing', async () => {
    const [first, second] = [new ScriptedHandler('first'), new ScriptedHandler('second')];
    const bench = await new PipelineBench({
      handlers: [first, second],
      mode: 'parallel',
      retry: { attempts: 1 },
    }).open();
    first.isHeld = true;
    bench.tell(5, 1);
    assert.deepEqual([first.calls.length, second.done], [1, [1]]);
    first.waiting[0]!.end(new Error('no'));
    await bench.settle();
    bench.tell(5, 2);
    assert.deepEqual(second.done, [1, 2]);
    assert.equal(bench.pipeline.status().deadLetters, 1);
  });

  it('conditional: a value goes to those handlers whose condition holds', async () => {
    const [small, great, rest] = ['small', 'great', 'rest'].map(id => new ScriptedHandler(id)) as [
      ScriptedHandler,
      ScriptedHandler,
      ScriptedHandler,
    ];
    const parser = {
      id: 'object',
      parse: (input: { kind: string; data?: unknown }) => ({
        kind: 'parsed' as const,
        values: [{ amount: (input.data as Uint8Array)[0]! }],
      }),
    };
    const bench = await new PipelineBench({
      parser: parser as never,
      mode: 'conditional',
      handlers: [
        conditional(small, { path: 'amount', below: 3 }),
        conditional(great, { path: 'amount', above: 2 }),
        rest,
      ],
    }).open();
    bench.tell(5, 1, 2, 3);
    const amounts = (handler: ScriptedHandler) =>
      handler.calls.map(({ value }) => (value as unknown as { amount: number }).amount);
    assert.deepEqual([small, great, rest].map(amounts), [[1, 2], [3], [1, 2, 3]]);
    assert.equal(bench.pipeline.status().handled, 3);
  });

  it('gives a condition that throws to the dead letters, for the value that it threw on', async () => {
    const handler = Object.assign(new ScriptedHandler(), {
      accepts: ({ value }: { value: number }) => {
        if (value === 2) throw new Error('cannot tell');
        return true;
      },
    });
    for (const batch of [1, 10]) {
      handler.done.length = 0;
      const bench = await new PipelineBench({
        handlers: [handler],
        mode: 'conditional',
        retry: { attempts: 1 },
        buffer: { batchSize: batch },
      }).open();
      bench.tell(5, 1, 2, 3);
      await bench.settle(100);
      assert.deepEqual(handler.done, [1, 3]);
      assert.deepEqual(
        (await bench.pipeline.deadLetters.list()).map(({ value }) => value),
        [2],
      );
    }
  });

  it('has no more calls under way than may be', async () => {
    const bench = await new PipelineBench({ concurrency: 3 }).open();
    bench.handler.isHeld = true;
    bench.tell(5, 1, 2, 3, 4, 5);
    assert.equal(bench.handler.calls.length, 3);
    assert.deepEqual([bench.pipeline.status().active, bench.pipeline.status().queueDepth], [3, 2]);
    bench.handler.release(1);
    await bench.settle();
    assert.equal(bench.handler.calls.length, 4);
  });

  it('order_by: values of one key one after another, those of others beside them', async () => {
    const bench = await new PipelineBench({ concurrency: 4, orderBy: 'account' }).open();
    bench.handler.isHeld = true;
    for (const [value, key] of [
      [1, 7],
      [2, 7],
      [3, 8],
      [4, 7],
    ] as const)
      bench.runtime.onUpdate(account(5, value, key), ['p']);
    const calls = () => bench.handler.calls.map(({ value }) => value);
    assert.deepEqual(calls(), [1, 3]);
    bench.handler.waiting.shift()!.end(new Error('once more'));
    await bench.settle();
    assert.deepEqual(calls(), [1, 3]);
    bench.handler.isHeld = false;
    await bench.settle(200);
    assert.deepEqual(calls(), [1, 3, 1, 2, 4]);
  });

  it('gives batches to a handler that takes them: when they are full, or their time is over', async () => {
    const batches: number[][] = [];
    const handler = {
      id: 'batches',
      handle: () => assert.fail('one by one'),
      handleBatch: (items: readonly { value: number }[]) =>
        void batches.push(items.map(({ value }) => value)),
    };
    const bench = await new PipelineBench({
      handlers: [handler],
      buffer: { batchSize: 3, batchTimeoutMs: 10 },
    }).open();
    bench.tell(5, 1, 2, 3, 4, 5);
    assert.deepEqual(batches, [[1, 2, 3]]);
    await bench.settle(10);
    assert.deepEqual(batches, [
      [1, 2, 3],
      [4, 5],
    ]);
  });

  it('handles a batch one by one where a handler wants that, and loses nothing behind a value that is given up', async () => {
    const batches: number[][] = [];
    const batching = (id: string) => ({
      id,
      handle: ({ value }: { value: number }) => void batches.push([value]),
      handleBatch: (items: readonly { value: number }[]) =>
        void batches.push(items.map(({ value }) => value)),
    });
    const single = new ScriptedHandler();
    const bench = await new PipelineBench({
      handlers: [single, batching('last')],
      retry: { attempts: 1 },
      buffer: { batchSize: 4 },
    }).open();
    single.failure = ({ value }) => (value === 2 ? new Error('no') : undefined);
    bench.tell(5, 1, 2, 3, 4);
    await bench.settle(100);
    assert.deepEqual(single.done, [1, 3, 4]);
    assert.deepEqual(batches, [[1, 3, 4]]);
    assert.deepEqual([bench.pipeline.status().handled, bench.pipeline.status().deadLetters], [3, 1]);
  });

  it('gives up the values of a batch that a handler gave up, and the next batch goes on', async () => {
    const batches: number[][] = [];
    const handler = {
      id: 'batches',
      handle() {},
      handleBatch: async (items: readonly { value: number }[]) => {
        batches.push(items.map(({ value }) => value));
        if (items[0]!.value === 1) throw new Error('no');
      },
    };
    const bench = await new PipelineBench({
      handlers: [handler],
      retry: { attempts: 2 },
      buffer: { batchSize: 2 },
    }).open();
    bench.tell(5, 1, 2, 3, 4);
    await bench.settle(200);
    assert.deepEqual(batches, [
      [1, 2],
      [1, 2],
      [3, 4],
    ]);
    assert.deepEqual(
      (await bench.pipeline.deadLetters.list()).map(({ value }) => value),
      [1, 2],
    );
  });
});
