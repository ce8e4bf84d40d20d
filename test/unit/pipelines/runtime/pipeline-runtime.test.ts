import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { pipeline } from '../../../../src/pipelines/define-pipeline.ts';
import { account, byteParser, PipelineBench, ScriptedHandler } from '../support/pipeline-bench.ts';

const parts = {
  chain: 'solana',
  filter: { kind: 'account' },
  parser: byteParser,
  handlers: [new ScriptedHandler()],
} as const;

describe('PipelineRuntime', () => {
  it('hands what the parser makes of an update to the handler before it returns', async () => {
    const bench = await new PipelineBench().open();
    bench.tell(5, 1, 2, 253, 254, 255, 3);
    assert.deepEqual(bench.handler.done, [1, 2, 3]);
    const { received, parsed, filtered, parseErrors, handled } = bench.pipeline.status();
    assert.deepEqual(
      { received, parsed, filtered, parseErrors, handled },
      {
        received: 6,
        parsed: 3,
        filtered: 1,
        parseErrors: 2,
        handled: 3,
      },
    );
  });

  it('subscribes from the stored checkpoint, which follows what is settled and handled', async () => {
    const bench = await new PipelineBench().open();
    assert.deepEqual(
      bench.subscribed.at(-1)?.map(({ id, since }) => ({ id, since })),
      [{ id: 'p', since: undefined }],
    );
    bench.tell(5, 1);
    bench.runtime.onSettled(5);
    bench.handler.isHeld = true;
    bench.tell(6, 2);
    bench.runtime.onSettled(7);
    await bench.settle(150);
    assert.equal(await bench.stored(), 5);
    bench.handler.release();
    await bench.settle(150);
    assert.equal(await bench.stored(), 7);

    const next = await new PipelineBench({}, bench.state).open();
    assert.equal(next.subscribed.at(-1)?.[0]?.since, 7);
    next.tell(7, 2);
    next.tell(8, 3);
    assert.deepEqual(next.handler.done, [3]);
    assert.equal(next.pipeline.status().skipped, 1);
  });

  it('has one that leaves taken out at once, also while another one is about to open', async () => {
    const bench = await new PipelineBench().open();
    bench.tell(5, 1);
    bench.runtime.onSettled(5);
    bench.runtime.add(pipeline({ ...parts, id: 'slow' }));
    await bench.pipeline.stop();
    assert.deepEqual(bench.subscribed.at(-1), []);
    await bench.pipeline.open();
    await bench.runtime.get('slow').open();
    assert.deepEqual(
      bench.subscribed.at(-1)?.map(({ id, since }) => [id, since]),
      [
        ['p', 5],
        ['slow', undefined],
      ],
    );
  });

  it('begins after the slot that its definition names, until it has a checkpoint', async () => {
    const bench = await new PipelineBench({ startAfter: 3 }).open();
    assert.deepEqual([bench.subscribed.at(-1)?.[0]?.since, bench.pipeline.checkpoint], [3, 3]);
    bench.tell(5, 1);
    bench.runtime.onSettled(5);
    await bench.settle(150);
    const next = await new PipelineBench({ startAfter: 3 }, bench.state).open();
    assert.equal(next.subscribed.at(-1)?.[0]?.since, 5);
    assert.throws(() => new PipelineBench({ startAfter: -1 }), /startAfter has to be a slot/);
  });

  it('stores its first checkpoint at once: without any, it would begin anew with what comes', async () => {
    const bench = await new PipelineBench().open();
    bench.runtime.onSettled(5);
    await bench.settle(0);
    assert.equal(await bench.stored(), 5);
  });

  it('subscribes once for all, and does not wait for one that cannot start', async () => {
    const bench = new PipelineBench();
    const other = (id: string, open: () => void) =>
      bench.runtime.add({ ...bench.pipeline.definition, id, handlers: [{ id: 'h', handle() {}, open }] });
    const broken = other('broken', () => {
      throw new Error('no');
    });
    const last = other('last', () => {});
    await bench.open();
    assert.equal(bench.subscribed.length, 0);
    await assert.rejects(broken.open(), /no/);
    await last.open();
    assert.deepEqual(
      bench.subscribed.map(subscriptions => subscriptions.map(({ id }) => id)),
      [['p', 'last']],
    );
    assert.match(broken.status().error!, /it cannot start: no/);
    await bench.runtime.remove('p');
    assert.deepEqual(
      bench.subscribed.at(-1)!.map(({ id }) => id),
      ['last'],
    );
    assert.throws(() => bench.runtime.get('p'), { code: 'pipeline_unknown' });
    assert.throws(() => other('last', () => {}), { code: 'pipeline_duplicate' });
  });

  it('counts an update for each pipeline that it is for, and no other', async () => {
    const bench = await new PipelineBench().open();
    const seen: unknown[] = [];
    const second = bench.runtime.add({
      ...bench.pipeline.definition,
      id: 'second',
      parser: {
        id: 'throws',
        parse() {
          throw new Error('mine alone');
        },
      },
      handlers: [{ id: 'h', handle: ({ value }) => void seen.push(value) }],
    });
    await second.open();
    bench.runtime.onUpdate(account(5, 1), ['second', 'p', 'nobody']);
    bench.tell(5, 2);
    assert.deepEqual([bench.handler.done, seen], [[1, 2], []]);
    assert.deepEqual([second.status().received, second.status().parseErrors], [1, 1]);
    assert.equal(bench.pipeline.status().parseErrors, 0);
  });
});
