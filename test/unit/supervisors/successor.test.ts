import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { systemClock } from '../../../src/clock/system-clock.ts';
import { serverChild } from '../../../src/otp/child-spec.ts';
import { processName } from '../../../src/otp/process-name.ts';
import { ProcessSystem } from '../../../src/otp/process-system.ts';
import { startSupervisor, supervisorChild } from '../../../src/otp/supervisor.ts';
import { supervisorSpec } from '../../../src/otp/supervisor-spec.ts';
import { successor } from '../../../supervisors/successor.ts';
import { eventually } from '../../support/eventually.ts';

const name = processName({ type: 'slow', id: 'worker' });

/** A supervisor below another one, with a named worker that ends when the test says. */
async function setUp(t: TestContext) {
  const system = new ProcessSystem({ clock: systemClock });
  t.after(() => system.stop());
  let release = (): void => {};
  let starts = 0;
  const reports: string[] = [];
  system.report = report => void reports.push(report.errorContext);
  const worker = serverChild({
    id: 'worker',
    name,
    args: undefined,
    server: {
      init: () => ++starts,
      terminate: () =>
        new Promise<void>(resolve => {
          release = resolve;
        }),
    },
  });
  const inner = supervisorChild(
    supervisorSpec({ id: 'inner', strategy: 'one_for_one', children: [worker] }),
    { shutdown: 100 },
  );
  await startSupervisor(
    system,
    supervisorSpec({ id: 'outer', strategy: 'one_for_one', children: [successor(inner)] }),
  );
  const innerPid = () => [...system.processes()].find(process => process.pid.label === 'inner')?.pid;
  return { system, reports, innerPid, starts: () => starts, release: () => release() };
}

describe('successor', () => {
  it('starts only when what its killed predecessor left behind has ended, and fails no start before', async t => {
    const { system, reports, innerPid, starts, release } = await setUp(t);
    const first = innerPid()!;
    const worker = system.registry.whereis(name);
    system.exit(first, 'kill');
    await eventually(() => reports.includes('child_terminated'), 'the end of the supervisor');
    for (let turn = 0; turn < 20; turn++) await new Promise(resolve => setImmediate(resolve));
    assert.equal(system.registry.whereis(name), worker, 'it is still ending');
    assert.equal(starts(), 1);
    release();
    await eventually(() => starts() === 2 && innerPid() !== undefined, 'the successor');
    assert.deepEqual(reports, ['child_terminated']);
    release();
  });

  it('starts at once when nothing was left behind', async t => {
    const { starts, innerPid } = await setUp(t);
    assert.equal(starts(), 1);
    assert.notEqual(innerPid(), undefined);
  });
});
