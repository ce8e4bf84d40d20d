import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { Devnet } from '../../../src/devnet/devnet.ts';
import { devnetChild } from '../../../src/devnet/devnet-process.ts';
import { ProcessSystem } from '../../../src/otp/process-system.ts';
import { startSupervisor, whichChildren } from '../../../src/otp/supervisor.ts';
import { supervisorSpec } from '../../../src/otp/supervisor-spec.ts';
import { silentLog } from '../../../src/telemetry/log.ts';
import { eventually } from '../../support/eventually.ts';
import { ManualClock } from '../../support/manual-clock.ts';

/** The process above a node that starts and ends as the test says. */
async function supervised(t: TestContext) {
  const clock = new ManualClock();
  const system = new ProcessSystem({ clock });
  t.after(() => system.stop());
  const calls: string[] = [];
  const reasons: string[] = [];
  const listeners = new Set<() => void>();
  let starts: (() => Promise<void>) | undefined;
  const devnet = {
    start: async () => {
      calls.push('start');
      await starts?.();
    },
    stop: async () => void calls.push('stop'),
  } as unknown as Devnet;
  let onStarted = 0;
  const child = devnetChild({
    chain: 'devnet',
    devnet,
    log: silentLog,
    onStarted: () => onStarted++,
    onUnavailable: reason => reasons.push(reason),
    onNodeExit: listener => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  });
  const root = startSupervisor(
    system,
    supervisorSpec({ id: 'root', strategy: 'one_for_one', children: [child] }),
  );
  return {
    clock,
    system,
    calls,
    reasons,
    listeners,
    root,
    onStarted: () => onStarted,
    startsAs: (start: (() => Promise<void>) | undefined) => {
      starts = start;
    },
    endNode: () => {
      for (const listener of listeners) listener();
    },
    pid: async () => (await whichChildren(system, await root))[0]!.pid!,
    settle: () => clock.advanceAndSettle(0),
  };
}

describe('the devnet process', () => {
  it('starts another node when one ends', async t => {
    const { root, onStarted, endNode, listeners } = await supervised(t);
    await root;
    endNode();
    await eventually(() => onStarted() === 2, 'another node');
    assert.equal(listeners.size, 1, 'of the processes that were there one listens');
  });

  it('stops what a killed process left running before it starts another node', async t => {
    const { root, system, calls, listeners, onStarted, pid } = await supervised(t);
    await root;
    calls.length = 0;
    system.exit(await pid(), 'kill');
    await eventually(() => onStarted() === 2, 'another node');
    assert.deepEqual(calls, ['stop', 'start']);
    assert.equal(listeners.size, 1);
  });

  it('waits for a node whose start outlived its process, and shows nobody that one', async t => {
    const { root, system, calls, onStarted, startsAs, endNode, settle } = await supervised(t);
    await root;
    let finish = (): void => {};
    startsAs(
      () =>
        new Promise(resolve => {
          finish = resolve;
        }),
    );
    endNode();
    await eventually(() => calls.filter(call => call === 'start').length === 2, 'a second start');
    const starting = [...system.processes()].find(process => process.pid.label === 'devnet')!;
    system.exit(starting.pid, 'kill');
    await settle();
    assert.equal(calls.filter(call => call === 'start').length, 2, 'no third one beside it');
    startsAs(undefined);
    finish();
    await eventually(() => onStarted() === 2, 'the third');
    assert.deepEqual(calls.slice(-2), ['stop', 'start']);
  });

  it('says why a node cannot start, and tries again every five seconds', async t => {
    const { clock, root, reasons, calls, onStarted, startsAs, endNode } = await supervised(t);
    await root;
    startsAs(() => Promise.reject(new Error('no such program')));
    endNode();
    await eventually(() => reasons.length === 1, 'a reason');
    assert.deepEqual(reasons, ['the embedded chain did not start']);
    await clock.advanceAndSettle(4_900);
    const tries = calls.length;
    startsAs(undefined);
    await clock.advanceAndSettle(200);
    await eventually(() => onStarted() === 2, 'a node');
    assert.ok(calls.length > tries);
  });

  it('does not use up the restarts of its supervisor with a node that keeps ending', async t => {
    const { clock, root, reasons, onStarted, endNode } = await supervised(t);
    await root;
    for (const starts of [2, 3]) {
      endNode();
      await eventually(() => onStarted() === starts, 'another node at once');
    }
    endNode();
    await eventually(() => reasons.length === 1, 'unavailable');
    assert.match(reasons[0]!, /keeps ending/);
    await clock.advanceAndSettle(4_900);
    assert.equal(onStarted(), 3);
    await clock.advanceAndSettle(200);
    await eventually(() => onStarted() === 4, 'another try');
    await clock.advanceAndSettle(31_000);
    endNode();
    await eventually(() => onStarted() === 5, 'one that ran for long is replaced at once');
  });
});
