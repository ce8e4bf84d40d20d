import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { eventLogChild, eventLogName } from '../../../../src/feed/log/event-log-process.ts';
import { ProcessSystem } from '../../../../src/otp/process-system.ts';
import { startSupervisor } from '../../../../src/otp/supervisor.ts';
import { supervisorSpec } from '../../../../src/otp/supervisor-spec.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { event, LogUnderTest, settle, UnreliableStore } from './log-setup.ts';

function starting(store: UnreliableStore, onOpened?: (isOpen: boolean) => void) {
  const clock = new ManualClock();
  const under = new LogUnderTest(store, { retentionMs: 60_000 }, clock);
  const system = new ProcessSystem({ clock });
  const spec = supervisorSpec({
    id: 'feed',
    strategy: 'one_for_one',
    children: [
      eventLogChild({
        eventLog: under.log,
        onOpened: () => onOpened?.(under.log.isOpen),
        retentionIntervalMs: 1_000,
        openWaitMs: 5_000,
      }),
    ],
  });
  const started = startSupervisor(system, spec).then(
    () => 'started',
    () => 'failed',
  );
  return { clock, system, started, log: under.log };
}

describe('the process of the event log', () => {
  it('does not start when the storage does not answer in time', async () => {
    const store = new UnreliableStore();
    store.onWrite = () => 'storage_unavailable';
    const { clock, started } = starting(store);
    await clock.advanceAndSettle(10_000, 20);
    assert.equal(await started, 'failed');
  });

  it('tells that the log is open before whoever comes after it starts', async () => {
    const told: (boolean | string)[] = [];
    const { started } = starting(new UnreliableStore(), isOpen => told.push(isOpen));
    void started.then(result => told.push(result));
    await settle();
    assert.deepEqual(told, [true, 'started']);
  });

  it('removes what is too old, as long as it lives', async () => {
    const { clock, system, started, log } = starting(new UnreliableStore());
    await settle();
    assert.equal(await started, 'started');
    await log.whenCommitted(log.append([event(), event()]));
    await clock.advanceAndSettle(70_000, 70);
    assert.equal(log.earliest, 3);
    assert.notEqual(system.registry.whereis(eventLogName), undefined);
    await log.whenCommitted(log.append([event()]));
    const stopping = system.stop(5_000);
    await clock.advanceAndSettle(1_000);
    await stopping;
    await clock.advanceAndSettle(120_000, 10);
    assert.equal(log.earliest, 3);
  });
});
