import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { serverChild } from '../../../src/otp/child-spec.ts';
import { ProcessSystem } from '../../../src/otp/process-system.ts';
import { stop } from '../../../src/otp/results.ts';
import { startSupervisor, supervisorChild } from '../../../src/otp/supervisor.ts';
import { supervisorSpec } from '../../../src/otp/supervisor-spec.ts';
import { patient } from '../../../supervisors/patient.ts';
import { eventually } from '../../support/eventually.ts';
import { ManualClock } from '../../support/manual-clock.ts';

/** A supervisor over one patient child, whose start fails while `isBroken`. */
async function setUp() {
  const clock = new ManualClock();
  const system = new ProcessSystem({ clock });
  const state = { isBroken: false, startedAt: [] as number[] };
  const child = serverChild({
    id: 'child',
    args: undefined,
    server: {
      init: () => {
        state.startedAt.push(clock.now());
        return state.isBroken ? stop('broken') : 'up';
      },
    },
  });
  const above = supervisorSpec({
    id: 'above',
    strategy: 'one_for_one',
    intensity: 10,
    periodMs: 60_000,
    children: [patient(child)],
  });
  await startSupervisor(
    system,
    supervisorSpec({ id: 'root', strategy: 'one_for_one', children: [supervisorChild(above)] }),
  );
  const supervisor = [...system.processes()].find(({ pid }) => pid.label === 'above')!.pid;
  const kill = () => {
    const { pid } = [...system.processes()].find(process => process.parent === supervisor)!;
    system.exit(pid, 'kill');
  };
  return { clock, system, state, supervisor, kill };
}

describe('a patient child', () => {
  it('that keeps failing is started again with growing pauses, and never ends its supervisor', async () => {
    const { clock, system, state, supervisor, kill } = await setUp();
    state.isBroken = true;
    kill();
    for (const [count, waitMs] of [
      [2, 1_000],
      [3, 2_000],
      [4, 4_000],
      [5, 8_000],
      [6, 16_000],
      [7, 30_000],
      [8, 30_000],
    ] as const) {
      await eventually(() => state.startedAt.length === count && clock.pendingCount > 0, `start ${count}`);
      clock.advance(waitMs - 1);
      await new Promise(resolve => setImmediate(resolve));
      assert.equal(state.startedAt.length, count, 'not before its time');
      clock.advance(1);
    }
    assert.equal(system.isAlive(supervisor), true);
    await system.stop();
  });

  it('does not keep its supervisor from stopping', async () => {
    const { clock, system, state, supervisor, kill } = await setUp();
    state.isBroken = true;
    kill();
    await eventually(() => state.startedAt.length === 2 && clock.pendingCount > 0, 'the pause');
    await system.stop();
    assert.equal(system.isAlive(supervisor), false);
    clock.advance(60_000);
    await new Promise(resolve => setImmediate(resolve));
    assert.equal(state.startedAt.length, 2, 'nobody starts it afterwards');
  });
});
