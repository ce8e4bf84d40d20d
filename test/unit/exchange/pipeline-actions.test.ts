import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { type PipelinesAnswer, pipelineActions } from '../../../src/exchange/pipeline-actions.ts';
import { ProcessSystem } from '../../../src/otp/process-system.ts';
import { startSupervisor } from '../../../src/otp/supervisor.ts';
import { supervisorSpec } from '../../../src/otp/supervisor-spec.ts';
import { pipelineChild } from '../../../src/pipelines/runtime/pipeline-process.ts';
import type { UpdateSource } from '../../../src/sources/source.ts';
import { PipelineBench } from '../pipelines/support/pipeline-bench.ts';

const source: UpdateSource = {
  chain: 'solana',
  name: 'geyser',
  commitment: 'confirmed',
  subscribe: () => {},
  state: () => ({ status: 'streaming', endpoints: [], slot: 12, settled: 11, gaps: 1 }),
};

async function setUp(t: TestContext, { isStarted = true } = {}) {
  const bench = new PipelineBench();
  const system = new ProcessSystem({ clock: bench.clock });
  t.after(() => system.stop());
  if (isStarted) {
    const children = [pipelineChild(bench.pipeline)];
    await startSupervisor(system, supervisorSpec({ id: 'handling', strategy: 'one_for_one', children }));
  }
  const broken = [{ id: 'lost', chain: 'solana', message: 'the IDL idl.json cannot be read' }];
  const group = { running: bench.runtime.pipelines, broken, sources: [source] };
  const actions = pipelineActions({ pipelines: () => [group], system });
  const run = async (path: string, body: unknown = {}) =>
    actions.find(action => action.path === path)!.run(body);
  return { bench, run };
}

describe('the admin actions of pipelines', () => {
  it('show the sources, the pipelines and those that could not be made', async t => {
    const { bench, run } = await setUp(t);
    bench.tell(5, 1, 2);
    const { sources, pipelines, broken } = (await run('pipelines')) as PipelinesAnswer;
    assert.deepEqual(sources, [
      {
        chain: 'solana',
        source: 'geyser',
        commitment: 'confirmed',
        status: 'streaming',
        endpoints: [],
        slot: 12,
        settled: 11,
        gaps: 1,
      },
    ]);
    assert.deepEqual(
      pipelines.map(({ id, state, handled }) => ({ id, state, handled })),
      [{ id: 'p', state: 'running', handled: 2 }],
    );
    assert.match(broken[0]!.message, /IDL/);
    assert.doesNotThrow(() => JSON.stringify({ sources, pipelines }));
  });

  it('steer a pipeline through its process', async t => {
    const { bench, run } = await setUp(t);
    const command = (name: string) => run('pipelines/command', { pipeline: 'p', command: name });
    assert.deepEqual(await command('pause'), { pipeline: 'p', state: 'paused' });
    bench.tell(5, 1);
    assert.deepEqual(bench.handler.done, []);
    assert.deepEqual(await command('resume'), { pipeline: 'p', state: 'running' });
    await bench.settle();
    assert.deepEqual(bench.handler.done, [1]);
    assert.deepEqual(await command('restart'), { pipeline: 'p', state: 'running' });
  });

  it('say of a command that is refused in which state it would not be', async t => {
    const { run } = await setUp(t);
    for (const [command, message] of [
      ['resume', 'pipeline p is running; resume is for one that is paused'],
      ['reset', 'pipeline p is running; reset is for one that is in error'],
    ]) {
      const refused = run('pipelines/command', { pipeline: 'p', command });
      await assert.rejects(refused, { code: 'pipeline_refused', message });
    }
  });

  it('say of a pipeline that does not run why it takes no commands', async t => {
    const { run } = await setUp(t, { isStarted: false });
    await assert.rejects(run('pipelines/command', { pipeline: 'p', command: 'pause' }), {
      code: 'pipeline_refused',
      message: 'pipeline p does not run: it is initializing',
    });
    await assert.rejects(run('pipelines/command', { pipeline: 'lost', command: 'pause' }), {
      message: 'pipeline lost could not be made: the IDL idl.json cannot be read',
    });
  });

  it('list the pipelines, or the commands, when there is none of that name', async t => {
    const { run } = await setUp(t);
    for (const pipeline of ['q', '__proto__', ''])
      await assert.rejects(run('pipelines/command', { pipeline, command: 'pause' }), {
        code: 'pipeline_unknown',
        message: `there is no pipeline "${pipeline}"; there are: p`,
      });
    const wrong = run('pipelines/command', { pipeline: 'p', command: 'stop' });
    await assert.rejects(wrong, { message: /pause, resume, restart, reset/ });
    await assert.rejects(run('pipelines/command', []), { code: 'admin_request_invalid' });
  });
});
