import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import {
  type BreakerProcessArgs,
  breakerName,
  breakerProcess,
} from '../../../src/circuit-breaker/breaker-process.ts';
import { CircuitBreaker } from '../../../src/circuit-breaker/circuit-breaker.ts';
import { statemChild } from '../../../src/otp/child-spec.ts';
import { startStatem } from '../../../src/otp/gen-statem.ts';
import { ProcessSystem } from '../../../src/otp/process-system.ts';
import { startSupervisor } from '../../../src/otp/supervisor.ts';
import { supervisorSpec } from '../../../src/otp/supervisor-spec.ts';
import { eventually } from '../../support/eventually.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { RecordedLog } from '../providers/fixtures.ts';

const name = breakerName({ chain: 'devnet', provider: 'node-1', transport: 'http' });

async function setUp(
  t: TestContext,
  options: Partial<BreakerProcessArgs['options']> = {},
  random = () => 0.5,
) {
  const clock = new ManualClock();
  const system = new ProcessSystem({ clock });
  t.after(() => system.stop());
  const log = new RecordedLog();
  let openings = 0;
  const breaker = new CircuitBreaker({ failureThreshold: 2, successThreshold: 2 });
  const args: BreakerProcessArgs = {
    breaker,
    fields: { transport: 'http' },
    log,
    random,
    openings: { inc: () => openings++ },
    options: { recoveryTimeoutMs: 60_000, maxRecoveryTimeoutMs: 200_000, jitter: 0.1, ...options },
  };
  const fail = (times = 2) => {
    for (let i = 0; i < times; i++) breaker.failure(breaker.tryAcquire(), 'connection_refused');
  };
  const succeed = (times = 2) => {
    for (let i = 0; i < times; i++) breaker.success(breaker.tryAcquire());
  };
  return { clock, system, log, breaker, args, fail, succeed, openings: () => openings };
}

/** Milliseconds until the breaker leaves the state "open". */
async function recovery(clock: ManualClock, breaker: CircuitBreaker): Promise<number> {
  await clock.advanceAndSettle(0);
  for (let waited = 0; waited < 1_000_000; waited += 1000) {
    if (breaker.state !== 'open') return waited;
    await clock.advanceAndSettle(1000);
  }
  throw new Error('never recovered');
}

describe('breakerProcess', () => {
  it('admits requests from its start and nothing before', async t => {
    const { breaker, system, args } = await setUp(t);
    assert.equal(breaker.tryAcquire(), 0);
    await startStatem(system, breakerProcess, args, { name });
    assert.ok(breaker.tryAcquire() > 0);
  });

  it('goes from open over half-open to closed, with one line in the log for each', async t => {
    const { clock, breaker, system, args, fail, succeed, log, openings } = await setUp(t);
    await startStatem(system, breakerProcess, args, { name });
    fail();
    assert.equal(breaker.state, 'open', 'without waiting for the process');
    assert.equal(await recovery(clock, breaker), 60_000);
    assert.equal(breaker.state, 'half_open');
    succeed();
    await eventually(() => breaker.state === 'closed');
    assert.deepEqual(
      log.lines.map(line => line.message),
      ['circuit breaker opened', 'circuit breaker closed'],
    );
    assert.deepEqual(log.lines[0]!.fields, {
      transport: 'http',
      why: 'connection_refused',
      again: false,
      recoveryMs: 60_000,
    });
    assert.equal(openings(), 1);
  });

  it('doubles the wait with each re-opening up to the bound, and begins anew once it was closed', async t => {
    const { clock, breaker, system, args, fail, succeed } = await setUp(t);
    await startStatem(system, breakerProcess, args, { name });
    fail();
    const waits = [await recovery(clock, breaker)];
    for (let i = 0; i < 3; i++) {
      fail(1);
      waits.push(await recovery(clock, breaker));
    }
    assert.deepEqual(waits, [60_000, 120_000, 200_000, 200_000]);
    succeed();
    await eventually(() => breaker.state === 'closed');
    fail();
    assert.equal(await recovery(clock, breaker), 60_000);
  });

  it('varies each wait by the jitter', async t => {
    for (const [random, expected] of [
      [0, 54_000],
      [1, 66_000],
    ] as const) {
      const { clock, breaker, system, args, fail } = await setUp(t, {}, () => random);
      await startStatem(system, breakerProcess, args, { name });
      fail();
      assert.equal(await recovery(clock, breaker), expected);
    }
  });

  it('does not close a breaker that failed again right after its successes', async t => {
    const { clock, breaker, system, args, fail, succeed } = await setUp(t);
    await startStatem(system, breakerProcess, args, { name });
    fail();
    await recovery(clock, breaker);
    succeed(2);
    fail(1);
    assert.equal(breaker.state, 'open');
    await clock.advanceAndSettle(0);
    assert.equal(breaker.state, 'open');
    assert.equal(await recovery(clock, breaker), 120_000);
  });

  it('lets requests through sooner when a probe succeeds, though not within 5 s of its opening', async t => {
    const { clock, breaker, system, args, fail } = await setUp(t);
    await startStatem(system, breakerProcess, args, { name });
    fail();
    await clock.advanceAndSettle(0);
    await clock.advanceAndSettle(1000);
    for (let i = 0; i < 3; i++) system.cast(name, { type: 'probe_succeeded' });
    await clock.advanceAndSettle(3000);
    assert.equal(breaker.state, 'open');
    assert.equal(await recovery(clock, breaker), 1000);
    assert.equal(breaker.state, 'half_open', 'traffic decides whether it closes');
    fail(1);
    assert.equal(breaker.state, 'open');
    await clock.advanceAndSettle(0);
    await clock.advanceAndSettle(20_000);
    system.cast(name, { type: 'probe_succeeded' });
    assert.equal(await recovery(clock, breaker), 0, 'its time has passed');
  });

  it('never waits longer for a probe that succeeded', async t => {
    const { clock, breaker, system, args, fail } = await setUp(t, { recoveryTimeoutMs: 2000 });
    await startStatem(system, breakerProcess, args, { name });
    fail();
    await clock.advanceAndSettle(0);
    await clock.advanceAndSettle(1000);
    system.cast(name, { type: 'probe_succeeded' });
    assert.equal(await recovery(clock, breaker), 1000);
    system.cast(name, { type: 'probe_succeeded' });
    await clock.advanceAndSettle(0);
    assert.equal(breaker.state, 'half_open');
  });

  it('closes by hand with reset', async t => {
    const { clock, breaker, system, args, fail } = await setUp(t);
    await startStatem(system, breakerProcess, args, { name });
    fail();
    system.cast(name, { type: 'reset' });
    await eventually(() => breaker.state === 'closed');
    await clock.advanceAndSettle(120_000);
    assert.equal(breaker.state, 'closed', 'the wait that ran is over');
  });

  it('guards whatever its name says, beside others, and logs the fields that it was given', async t => {
    const { breaker, system, args, fail, log } = await setUp(t);
    const other = new CircuitBreaker({ failureThreshold: 2, successThreshold: 2 });
    const storage = breakerName({ id: 'storage' });
    await startStatem(system, breakerProcess, args, { name });
    await startStatem(system, breakerProcess, { ...args, breaker: other, fields: {} }, { name: storage });
    fail();
    for (let i = 0; i < 2; i++) other.failure(other.tryAcquire(), 'connection_lost');
    system.cast(storage, { type: 'reset' });
    await eventually(() => other.state === 'closed');
    assert.equal(breaker.state, 'open');
    assert.deepEqual(log.lines.at(-1)!.fields, { by: 'reset' });
  });

  it('is not moved by a jump of the wall clock', async t => {
    const { clock, breaker, system, args, fail } = await setUp(t);
    await startStatem(system, breakerProcess, args, { name });
    fail();
    await clock.advanceAndSettle(0);
    await clock.advanceAndSettle(1000);
    clock.jumpWall(3_600_000);
    await clock.advanceAndSettle(1000);
    assert.equal(breaker.state, 'open');
    clock.jumpWall(-7_200_000);
    assert.equal(await recovery(clock, breaker), 58_000);
  });

  it('admits nothing while the process is down; restarted, it is as it was, or half-open if it was not closed', async t => {
    const { clock, breaker, system, args, fail } = await setUp(t);
    const states: string[] = [];
    const spec = supervisorSpec({
      id: 'provider:node-1',
      strategy: 'one_for_one',
      intensity: 10,
      periodMs: 1000,
      children: [statemChild({ id: 'circuit_breaker:http', statem: breakerProcess, args, name })],
    });
    await startSupervisor(system, spec);
    const crash = async () => {
      system.exit(name, 'kill');
      await eventually(() => {
        states.push(breaker.state);
        return breaker.state !== 'unowned' && system.isAlive(name);
      });
    };
    await crash();
    assert.ok(states.includes('unowned'), 'there was a time without an owner');
    assert.equal(breaker.state, 'closed');
    fail();
    await clock.advanceAndSettle(0);
    await crash();
    assert.equal(breaker.state, 'half_open');
  });
});
