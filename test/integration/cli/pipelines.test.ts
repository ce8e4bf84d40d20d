import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { systemClock } from '../../../src/clock/system-clock.ts';
import { deadLetterActions } from '../../../src/exchange/dead-letter-actions.ts';
import { debugActions } from '../../../src/exchange/debug-actions.ts';
import { pipelineActions } from '../../../src/exchange/pipeline-actions.ts';
import { AdminRoutes } from '../../../src/gateway/admin-routes.ts';
import { ProcessSystem } from '../../../src/otp/process-system.ts';
import { startSupervisor } from '../../../src/otp/supervisor.ts';
import { supervisorSpec } from '../../../src/otp/supervisor-spec.ts';
import { PipelineError } from '../../../src/pipelines/errors.ts';
import { pipelineChild } from '../../../src/pipelines/runtime/pipeline-process.ts';
import { silentLog } from '../../../src/telemetry/log.ts';
import { PromMetricRegistry } from '../../../src/telemetry/prom-metric-registry.ts';
import { suiteCleanup } from '../../support/suite-cleanup.ts';
import { TrunklineCommands } from '../../support/trunkline-process.ts';
import { PipelineBench } from '../../unit/pipelines/support/pipeline-bench.ts';

describe('commands about pipelines', () => {
  const cleanup = suiteCleanup();
  const commands = new TrunklineCommands(cleanup);
  const bench = new PipelineBench();
  let port = '';
  before(async () => {
    const system = new ProcessSystem({ clock: systemClock });
    const children = [pipelineChild(bench.pipeline)];
    await startSupervisor(system, supervisorSpec({ id: 'handling', strategy: 'one_for_one', children }));
    const sources = {
      pipelines: () => [{ running: bench.runtime.pipelines, broken: [], sources: [] }],
      system,
      clock: systemClock,
    };
    const admin = new AdminRoutes(
      'secret',
      [
        ...pipelineActions(sources),
        ...deadLetterActions(sources),
        ...debugActions({ clock: systemClock, metrics: new PromMetricRegistry() }),
      ],
      { log: silentLog },
    );
    const server = createServer((request, response) =>
      admin.handle(request, response, request.url!.slice('/admin/'.length)),
    );
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    port = String((server.address() as AddressInfo).port);
    cleanup.after(async () => {
      server.closeAllConnections();
      server.close();
      await system.stop();
    });
  });

  const trunkline = (...args: string[]) =>
    commands.ended([...args, '--port', port], { TRUNKLINE_ADMIN_TOKEN: 'secret' });

  it('steer a pipeline and show its state', async () => {
    assert.equal((await trunkline('pipelines', 'pause', 'p')).stdout, 'p: paused\n');
    assert.match((await trunkline('pipelines')).stdout, /^ {2}p +solana +account +paused /m);
    assert.equal((await trunkline('pipelines', 'resume', 'p')).stdout, 'p: running\n');
    const refused = await trunkline('pipelines', 'reset', 'p');
    assert.deepEqual(refused, {
      code: 1,
      stdout: '',
      stderr: 'trunkline: pipeline p is running; reset is for one that is in error\n',
    });
    const { pipelines } = JSON.parse((await trunkline('pipelines', '--json')).stdout);
    assert.equal(pipelines[0].state, 'running');
  });

  it('list, show, replay and delete what was given up', async () => {
    bench.handler.failure = () => new PipelineError('handler_refused', 'not\u001b[31m today');
    bench.tell(5, 1, 2, 3);
    await bench.settle();
    const letters = (...args: string[]) => trunkline('pipelines', 'dead-letters', 'p', ...args);
    const list = await letters('-n', '2');
    assert.match(list.stdout, /^ {2}1 +\S+Z +scripted +5 +1 +not \[31m today$/m);
    assert.match(list.stdout, /2 of 3; more with --after 2\n$/);
    assert.match((await letters('list', '--after', '2')).stdout, /^ {2}3 /m);
    assert.equal(JSON.parse((await letters('show', '2')).stdout).value, 2);

    bench.handler.failure = ({ value }) => (value === 2 ? new Error('still not') : undefined);
    assert.equal((await letters('replay', '1')).stdout, 'p: 1 replayed\n');
    const replayed = await letters('replay', '--all');
    assert.deepEqual(replayed, {
      code: 1,
      stdout: 'p: 1 replayed, 1 failed and stay\n  2: still not\n',
      stderr: '',
    });
    assert.equal((await letters('delete', '--all')).stdout, 'p: 1 deleted\n');
    assert.equal((await letters()).stdout, 'p has no dead letters\n');
    assert.deepEqual(bench.handler.done, [1, 3]);
  });

  it('say which pipelines there are, and what an action takes', async () => {
    for (const [args, message] of [
      [['pause', 'q'], /there is no pipeline "q"; there are: p$/m],
      [['dead-letters', 'q'], /there are: p$/m],
      [['dead-letters', 'p', 'show', '9'], /pipeline p has no dead letter 9$/m],
      [['dead-letters', 'p', 'replay'], /'replay' takes the id of a dead letter, or --all/],
      [['dead-letters', 'p', 'show', '--all'], /'--all' goes with replay and delete/],
      [['dead-letters', 'p', 'list', '1'], /'list' takes no id/],
      [['dead-letters', 'p', 'drop', '1'], /Allowed choices are list, show, replay, delete/],
      [['dead-letters', 'p', 'show', 'x'], /a whole number from 1/],
      [['pase', 'p'], /unknown command 'pase'[\s\S]*Did you mean pause\?/],
    ] as const) {
      const { code, stderr } = await trunkline('pipelines', ...args);
      assert.equal(code, 1, args.join(' '));
      assert.match(stderr, message);
    }
  });

  it('write a profile that developer tools read, and all metrics', async () => {
    const out = join(commands.folder, 'a.cpuprofile');
    const profiled = await trunkline('debug', 'profile', '--seconds', '1', '--out', out);
    assert.deepEqual([profiled.code, profiled.stderr], [0, '']);
    assert.match(profiled.stdout, /^1 s of CPU time are in .*a\.cpuprofile$/m);
    const profile = JSON.parse(readFileSync(out, 'utf8'));
    assert.deepEqual(Object.keys(profile).sort(), ['endTime', 'nodes', 'samples', 'startTime', 'timeDeltas']);
    const metrics = await trunkline('debug', 'metrics');
    assert.match(metrics.stdout, /^# heap\.used_heap_size \d+$/m);
    assert.match(metrics.stdout, /^# handles\.TCPServerWrap 1$/m);
    const nowhere = await trunkline('debug', 'metrics', '--out', join(commands.folder, 'no', 'where'));
    assert.match(nowhere.stderr, /^trunkline: .*where cannot be written: ENOENT/);
  });

  it('say what to do where no Trunkline runs', async () => {
    for (const args of [['pipelines'], ['debug', 'profile'], ['debug', 'metrics']]) {
      const { code, stderr } = await commands.ended([...args, '--port', '1']);
      assert.equal(code, 1);
      assert.match(stderr, /^trunkline: no Trunkline answers on 127\.0\.0\.1:1 .*`npm start`/);
    }
  });
});
