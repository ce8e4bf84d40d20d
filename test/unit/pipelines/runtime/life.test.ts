import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ProcessSystem } from '../../../../src/otp/process-system.ts';
import { startSupervisor } from '../../../../src/otp/supervisor.ts';
import { supervisorSpec } from '../../../../src/otp/supervisor-spec.ts';
import { pipelineChild, pipelineName } from '../../../../src/pipelines/runtime/pipeline-process.ts';
import { eventually } from '../../../support/eventually.ts';
import { PipelineBench } from '../support/pipeline-bench.ts';

const dead = (slot: number) => ({ kind: 'slot', slot, parent: slot - 1, status: 'dead' }) as const;

/** Who is subscribed now, and whether it is paused. */
const flags = (bench: PipelineBench) => bench.subscribed.at(-1)!.map(({ id, isPaused }) => [id, isPaused]);

describe('the life of a pipeline', () => {
  it('paused: the source leaves it out and goes on for others; what it has waits, as does its checkpoint', async () => {
    const bench = await new PipelineBench({ buffer: { maxCapacity: 2 } }).open();
    bench.runtime.onSettled(4);
    bench.handler.isHeld = true;
    bench.tell(5, 1, 2);
    bench.pipeline.pause();
    assert.deepEqual(flags(bench), [['p', true]]);
    bench.handler.isHeld = false;
    bench.tell(5, 3, 4, 5);
    bench.runtime.onSettled(9);
    assert.equal(bench.runtime.hasRoom, true);
    bench.handler.release();
    await bench.settle(100);
    assert.deepEqual([bench.handler.done, await bench.stored()], [[1], 4]);
    bench.pipeline.resume();
    assert.deepEqual(flags(bench), [['p', false]]);
    bench.runtime.onSettled(10);
    await bench.settle(100);
    assert.deepEqual([bench.handler.done, await bench.stored()], [[1, 2, 3, 4, 5], 10]);
  });

  it('in error the source leaves it out as well, until somebody has looked', async () => {
    const bench = await new PipelineBench({ maxParseErrors: 1 }).open();
    bench.tell(5, 254);
    assert.deepEqual(flags(bench), [['p', true]]);
    bench.runtime.onSettled(5);
    assert.equal(bench.pipeline.checkpoint, undefined);
    bench.pipeline.reset();
    assert.deepEqual(flags(bench), [['p', false]]);
  });

  it('knows nothing of settled slots as long as the source was not asked for its updates', async () => {
    const bench = await new PipelineBench().open();
    const other = bench.runtime.add({ ...bench.pipeline.definition, id: 'other', handlers: [] });
    const waiting = bench.runtime.add({ ...bench.pipeline.definition, id: 'waiting', handlers: [] });
    await other.open();
    bench.runtime.onSettled(7);
    assert.deepEqual([bench.pipeline.checkpoint, other.checkpoint], [7, undefined]);
    await waiting.open();
    bench.runtime.onSettled(8);
    assert.deepEqual([other.checkpoint, waiting.checkpoint], [8, 8]);
  });

  it('error: waits after too many parse errors in a row, until somebody has looked', async () => {
    const bench = await new PipelineBench({ maxParseErrors: 3 }).open();
    bench.tell(5, 254, 255, 1, 254, 254, 255, 2);
    assert.deepEqual([bench.handler.done, bench.pipeline.state], [[1], 'error']);
    assert.match(bench.pipeline.status().error!, /3 updates in a row: a byte that cannot be/);
    assert.throws(() => bench.pipeline.resume(), { code: 'pipeline_refused' });
    bench.pipeline.reset();
    assert.deepEqual([bench.handler.done, bench.pipeline.state], [[1, 2], 'running']);
    assert.equal(bench.pipeline.status().error, undefined);
  });

  it('goes on whatever the parser does, unless told otherwise, and does not fill the log', async () => {
    const bench = await new PipelineBench().open();
    bench.tell(5, ...Array(500).fill(254), 1);
    assert.deepEqual([bench.handler.done, bench.pipeline.status().parseErrors], [[1], 500]);
    assert.equal(bench.logged.filter(({ level }) => level === 'warn').length, 1);
  });

  it('restart: begins anew with what a handler has in hand', async () => {
    const bench = await new PipelineBench().open();
    bench.handler.isHeld = true;
    bench.tell(5, 1);
    bench.pipeline.restart();
    assert.equal(bench.handler.calls.length, 2);
    assert.equal(bench.handler.waiting[0]!.signal.aborted, true);
    bench.handler.waiting[0]!.end();
    bench.handler.waiting[1]!.end();
    await bench.settle();
    assert.equal(bench.pipeline.status().handled, 1);
  });

  it('shutdown: handles what it has taken, stores the checkpoint, closes its handlers, takes no more', async () => {
    const bench = await new PipelineBench().open();
    let closed = 0;
    Object.assign(bench.handler, { close: () => void closed++ });
    bench.handler.isHeld = true;
    bench.tell(5, 1, 2, 3);
    bench.runtime.onSettled(5);
    bench.handler.isHeld = false;
    const stopped = bench.pipeline.stop();
    assert.deepEqual(bench.subscribed.at(-1), []);
    bench.tell(6, 9);
    bench.runtime.onSettled(6);
    bench.handler.release();
    await stopped;
    assert.deepEqual([bench.handler.done, await bench.stored(), closed], [[1, 2, 3], 5, 1]);

    await bench.pipeline.open();
    assert.equal(bench.subscribed.at(-1)?.[0]?.since, 5);
    bench.tell(6, 9);
    assert.deepEqual(bench.handler.done, [1, 2, 3, 9]);
  });

  it('shutdown: what does not end in time is left, and comes again after the restart with equal keys', async () => {
    const bench = await new PipelineBench({ drainTimeoutMs: 1_000 }).open();
    bench.tell(4, 7);
    bench.runtime.onSettled(4);
    bench.handler.isHeld = true;
    bench.tell(5, 1, 2);
    bench.runtime.onSettled(5);
    const stopped = bench.pipeline.stop();
    await bench.settle(1_000);
    await stopped;
    assert.equal(bench.handler.waiting[0]!.signal.aborted, true);
    assert.equal(await bench.stored(), 4);
    bench.handler.release();
    await bench.settle();
    assert.equal(await bench.stored(), 4);

    const next = await new PipelineBench({}, bench.state).open();
    next.tell(5, 1, 2);
    assert.deepEqual(next.handler.done, [1, 2]);
    assert.equal(next.handler.keys[0], bench.handler.keys[1]);
  });

  it('tells a handler at the start from where it goes on, and does not start where it cannot', async () => {
    const first = await new PipelineBench().open();
    first.runtime.onSettled(8);
    await first.settle(100);
    const bench = new PipelineBench({}, first.state);
    const starts: unknown[] = [];
    Object.assign(bench.handler, {
      open: (start: unknown) => {
        starts.push(start);
        if (starts.length === 1) throw new Error('not yet');
      },
    });
    await assert.rejects(bench.pipeline.open(), /not yet/);
    assert.deepEqual([bench.pipeline.state, bench.subscribed], ['initializing', []]);
    await bench.pipeline.open();
    assert.deepEqual(starts[1], { pipeline: 'p', chain: 'solana', checkpoint: 8 });
    assert.equal(bench.subscribed.length, 1);
  });

  it('processed: takes back what it told of a slot that was abandoned, the newest first', async () => {
    const bench = await new PipelineBench({ commitment: 'processed' }).open();
    bench.tell(5, 1);
    bench.tell(6, 2, 3);
    bench.handler.isHeld = true;
    bench.tell(6, 4);
    bench.runtime.onSlot(dead(6));
    assert.deepEqual(bench.handler.done, [1, 2, 3]);
    bench.handler.isHeld = false;
    bench.handler.release();
    await bench.settle();
    assert.deepEqual(bench.handler.done, [1, 2, 3, 4, -4, -3, -2]);
    assert.equal(bench.handler.keys[3], bench.handler.keys[4]);
    bench.runtime.onSettled(5);
    bench.runtime.onSlot(dead(5));
    await bench.settle();
    assert.equal(bench.handler.done.length, 7);
  });

  it('processed: takes back what was in a handler when the slot died and others settled', async () => {
    const bench = await new PipelineBench({ commitment: 'processed' }).open();
    bench.handler.isHeld = true;
    bench.tell(6, 1);
    bench.runtime.onSlot(dead(6));
    bench.runtime.onSettled(7);
    bench.handler.isHeld = false;
    bench.handler.release();
    await bench.settle();
    assert.deepEqual(bench.handler.done, [1, -1]);
  });

  it('processed: a slot that died is told to readers of slots once, and nothing is taken back', async () => {
    const bench = await new PipelineBench({ commitment: 'processed', filter: { kind: 'slot' } }).open();
    bench.runtime.onUpdate({ ...dead(6), status: 'processed' }, ['p']);
    bench.runtime.onUpdate(dead(6), ['p']);
    bench.runtime.onSlot(dead(6));
    await bench.settle();
    assert.deepEqual(bench.handler.done, [6, 6]);
  });

  it('processed: says so where it does not know any more what it told', async () => {
    const bench = await new PipelineBench({ commitment: 'processed', maxRetractable: 2 }).open();
    const gaps: { reason: string; fromSlot: number }[] = [];
    Object.assign(bench.handler, {
      onGap: (gap: { reason: string; fromSlot: number }) => void gaps.push(gap),
    });
    bench.tell(5, 1);
    bench.tell(6, 2, 3);
    bench.runtime.onSlot(dead(5));
    await bench.settle();
    assert.deepEqual(
      gaps.map(({ reason, fromSlot }) => [reason, fromSlot]),
      [['not_retractable', 5]],
    );
  });

  it('processed: says after a restart which slots it told of cannot be taken back', async () => {
    const first = await new PipelineBench({ commitment: 'processed' }).open();
    first.tell(5, 1);
    first.runtime.onSettled(5);
    first.tell(6, 2);
    first.tell(7, 3);
    await first.settle(100);
    const bench = new PipelineBench({ commitment: 'processed' }, first.state);
    const gaps: unknown[] = [];
    Object.assign(bench.handler, {
      onGap: (gap: { reason: string; fromSlot: number; toSlot: number }) =>
        void gaps.push([gap.reason, gap.fromSlot, gap.toSlot]),
    });
    await bench.open();
    await bench.settle();
    assert.deepEqual(gaps, [['not_retractable', 6, 7]]);
  });

  it('holds the checkpoint until its handlers know of a gap', async () => {
    const bench = await new PipelineBench().open();
    let isDown = true;
    const told: unknown[] = [];
    Object.assign(bench.handler, {
      onGap: (gap: { fromSlot: number }) => {
        if (isDown) throw new Error('down');
        told.push(gap.fromSlot);
      },
    });
    const gap = { fromSlot: 3, toSlot: 6, reason: 'expired', recovered: 'none', message: 'gone' } as const;
    bench.runtime.onGap(gap, ['p']);
    bench.runtime.onSettled(7);
    await bench.settle(50);
    assert.equal(bench.pipeline.checkpoint, 2);
    isDown = false;
    await bench.settle(100);
    assert.deepEqual([told, bench.pipeline.checkpoint], [[3], 7]);
  });

  it('a process steers it, and one that is killed leaves it at work', async () => {
    const bench = new PipelineBench();
    const system = new ProcessSystem({ clock: bench.clock });
    await startSupervisor(
      system,
      supervisorSpec({ id: 'pipelines', strategy: 'one_for_one', children: [pipelineChild(bench.pipeline)] }),
    );
    const name = pipelineName('p');
    const ask = async (command: 'pause' | 'resume') => system.call(name, { type: 'command', command });
    assert.deepEqual(await ask('pause'), { isRefused: false, state: 'paused' });
    assert.equal((await ask('pause')).isRefused, true);
    bench.tell(5, 1);
    const before = system.find(name)?.pid;
    system.exit(before!, 'kill');
    await eventually(async () => {
      bench.clock.advance(10);
      const now = system.find(name)?.pid;
      return now !== undefined && now !== before;
    });
    assert.deepEqual(await ask('resume'), { isRefused: false, state: 'running' });
    assert.deepEqual(bench.handler.done, [1]);
    const stopped = system.stop();
    await bench.settle(100);
    await stopped;
    assert.equal(bench.pipeline.state, 'shutdown');
  });
});
