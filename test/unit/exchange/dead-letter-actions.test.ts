import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type DeadLetterPage,
  deadLetterActions,
  type ReplayAnswer,
} from '../../../src/exchange/dead-letter-actions.ts';
import { PipelineError } from '../../../src/pipelines/errors.ts';
import type { DeadLetter } from '../../../src/pipelines/state/dead-letter-store.ts';
import { PipelineBench } from '../pipelines/support/pipeline-bench.ts';

/** A pipeline whose handler refuses the values given. */
async function setUp(...values: number[]) {
  const bench = new PipelineBench();
  const group = { running: bench.runtime.pipelines, broken: [], sources: [] };
  const actions = deadLetterActions({ pipelines: () => [group], clock: bench.clock });
  const run = async <T>(path: string, body?: unknown) =>
    actions
      .find(action => action.path === path && (action.method === 'GET') === (body === undefined))!
      .run(body) as Promise<T>;
  await bench.open();
  bench.handler.failure = () => new PipelineError('handler_refused', 'not today');
  bench.tell(5, ...values);
  await bench.settle();
  return { bench, run };
}

const path = 'pipelines/dead-letters';

describe('the admin actions of dead letters', () => {
  it('count them by pipeline', async () => {
    const { run } = await setUp(1, 2);
    assert.deepEqual(await run(path), { pipelines: [{ pipeline: 'p', deadLetters: 2 }] });
    assert.deepEqual(await (await setUp()).run(path), { pipelines: [] });
  });

  it('list them page by page without their values, and show one with its value', async () => {
    const { run } = await setUp(1, 2, 3);
    const first = await run<DeadLetterPage>(path, { pipeline: 'p', limit: 2 });
    assert.deepEqual(
      first.letters.map(({ id, handler, error, attempts }) => ({ id, handler, error, attempts })),
      [1, 2].map(id => ({
        id,
        handler: 'scripted',
        error: { code: 'handler_refused', message: 'not today' },
        attempts: 1,
      })),
    );
    assert.ok(!('value' in first.letters[0]!));
    assert.deepEqual([first.total, first.next], [3, 2]);
    const last = await run<DeadLetterPage>(path, { pipeline: 'p', limit: 2, after: first.next });
    assert.deepEqual([last.letters.map(({ id }) => id), last.next], [[3], null]);
    const { letter } = await run<{ letter: DeadLetter }>(path, { pipeline: 'p', id: '2' });
    assert.deepEqual([letter.value, letter.origin.slot], [2, 5]);
  });

  it('replay one, or all in turns that end', async () => {
    const { bench, run } = await setUp(...Array.from({ length: 150 }, (_, index) => index + 1));
    bench.handler.failure = ({ value }) => (value === 7 ? new Error('still not') : undefined);
    const one = await run<ReplayAnswer>(`${path}/replay`, { pipeline: 'p', id: 2 });
    assert.deepEqual(one, { replayed: 1, failed: [], next: null });
    const first = await run<ReplayAnswer>(`${path}/replay`, { pipeline: 'p', all: true });
    assert.deepEqual(first, { replayed: 99, failed: [{ id: 7, message: 'still not' }], next: 101 });
    const rest = await run<ReplayAnswer>(`${path}/replay`, { pipeline: 'p', all: true, after: first.next });
    assert.deepEqual(rest, { replayed: 49, failed: [], next: null });
    assert.deepEqual(bench.pipeline.deadLetters.ids, [7]);
  });

  it('are not replayed twice at once', async () => {
    const { bench, run } = await setUp(1);
    bench.handler.failure = undefined;
    bench.handler.isHeld = true;
    const replay = run(`${path}/replay`, { pipeline: 'p', all: true });
    await bench.settle();
    await assert.rejects(run(`${path}/replay`, { pipeline: 'p', id: 1 }), { code: 'replay_running' });
    bench.handler.release();
    assert.deepEqual(await replay, { replayed: 1, failed: [], next: null });
    bench.handler.isHeld = false;
    const again = await run<ReplayAnswer>(`${path}/replay`, { pipeline: 'p', id: 1 });
    assert.match(again.failed[0]!.message, /no dead letter 1/);
  });

  it('delete one, or all', async () => {
    const { bench, run } = await setUp(1, 2, 3);
    assert.deepEqual(await run(`${path}/delete`, { pipeline: 'p', id: 2 }), { deleted: 1 });
    await assert.rejects(run(`${path}/delete`, { pipeline: 'p', id: 2 }), { code: 'dead_letter_unknown' });
    assert.deepEqual(await run(`${path}/delete`, { pipeline: 'p', all: true }), { deleted: 2 });
    assert.equal(bench.pipeline.deadLetters.size, 0);
  });

  it('say what is wrong with a request', async () => {
    const { bench, run } = await setUp(1);
    for (const [body, message] of [
      [{ pipeline: 'q', all: true }, /no pipeline "q"; there are: p/],
      [{ pipeline: 'p' }, /either the "id" of a dead letter, or "all"/],
      [{ pipeline: 'p', id: 1, all: true }, /either/],
      [{ pipeline: 'p', all: 'yes' }, /"all" is true or false/],
      [{ pipeline: 'p', id: -1 }, /"id" is a whole number/],
      [{ pipeline: 'p', id: 1.5 }, /"id" is a whole number/],
    ] as const) {
      await assert.rejects(run(`${path}/delete`, body), { message });
      await assert.rejects(run(`${path}/replay`, body), { message });
    }
    await assert.rejects(run(path, { pipeline: 'p', limit: 1e9 }), { message: /"limit" .* 1 to 1000/ });
    assert.equal(bench.pipeline.deadLetters.size, 1);
    await bench.pipeline.stop();
    const stopped = run(path, { pipeline: 'p' });
    await assert.rejects(stopped, {
      message: 'pipeline p does not run: it is shutdown; its last error: scripted: not today',
    });
  });
});
