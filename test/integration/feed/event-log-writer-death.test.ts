import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { systemClock } from '../../../src/clock/system-clock.ts';
import type { FeedEvent } from '../../../src/feed/events/feed-event.ts';
import { EventLog } from '../../../src/feed/log/event-log.ts';
import { eventLogChild, eventLogName } from '../../../src/feed/log/event-log-process.ts';
import { TypedEventStore } from '../../../src/feed/log/typed-event-store.ts';
import { startSupervisor } from '../../../src/otp/supervisor.ts';
import { supervisorSpec } from '../../../src/otp/supervisor-spec.ts';
import { writerName } from '../../../src/storage/runtime/writer-process.ts';
import { silentLog } from '../../../src/telemetry/log.ts';
import { silentMetrics } from '../../../src/telemetry/metrics.ts';
import { eventually } from '../../support/eventually.ts';
import { RunningStorage } from '../../support/storage-runtime.ts';
import { event, noLimits, usualOptions } from '../../unit/feed/log/log-setup.ts';

/** Events that wait for their commit, at most. */
const mostAhead = 500;
/** The storage waits longer and longer before it starts a thread that did not last. */
const restartMs = 30_000;
const deathOfThread = new URL('../../fixtures/storage/dying-thread.ts', import.meta.url);

async function started(t: TestContext, entry?: URL) {
  const storage = new RunningStorage(entry === undefined ? {} : { entry });
  t.after(async () => {
    await storage.stop();
    await storage.remove();
  });
  await storage.start();
  return storage;
}

function logOver(storage: RunningStorage): EventLog {
  return new EventLog(
    { ...usualOptions, memoryBytes: 2 ** 14 },
    {
      store: new TypedEventStore(storage.client.store('kv')),
      clock: systemClock,
      log: silentLog,
      metrics: silentMetrics,
    },
  );
}

/** Appends a few events a turn until `end`; what was told is looked up in the store by a read of its own. */
function appending(t: TestContext, storage: RunningStorage, log: EventLog) {
  const told: FeedEvent[] = [];
  const early: number[] = [];
  const checks: Promise<void>[] = [];
  const independent = logOver(storage);
  log.onCommitted(events => {
    told.push(...events);
    const { offset } = events.at(-1)!;
    const check = async () => {
      const found = await log.index.get(Buffer.from('last')).catch(() => undefined);
      if (found !== undefined && Number(found) < offset) early.push(offset);
    };
    checks.push(check());
  });
  let isOver = false;
  let appended = 0;
  t.after(() => {
    isOver = true;
  });
  const loop = async () => {
    while (!isOver) {
      if (appended - log.head > mostAhead) await log.whenCommitted(appended - mostAhead);
      const count = 1 + (appended % 3);
      const events = Array.from({ length: count }, (_, i) => event(String(appended + i + 1)));
      appended += count;
      log.append(events, [{ key: Buffer.from('last'), value: Buffer.from(String(appended)) }]);
      await turn();
    }
  };
  const done = loop();
  return {
    told,
    independent,
    get appended() {
      return appended;
    },
    async end() {
      isOver = true;
      await done;
      await log.whenCommitted(appended);
      await Promise.all(checks);
      return { told, early };
    },
  };
}

const offsetsUpTo = (last: number): number[] => Array.from({ length: last }, (_, i) => i + 1);

describe('the event log while the storage thread dies', () => {
  it('commits every event once and in order, and tells none before', async t => {
    const storage = await started(t);
    const log = logOver(storage);
    await log.open();
    const appends = appending(t, storage, log);
    for (let kills = 1; kills <= 3; kills++) {
      const before = appends.told.length;
      await eventually(() => appends.told.length > before + 50, 'events between two deaths', restartMs);
      storage.system.exit(storage.system.registry.whereis(writerName)!, 'kill');
      await eventually(() => storage.runtime.snapshot().writer.restarts === kills, 'a new thread', restartMs);
    }
    const { told, early } = await appends.end();
    assert.deepEqual(early, []);
    assert.deepEqual(
      told.map(({ offset }) => offset),
      offsetsUpTo(appends.appended),
    );
    assert.ok(told.every(({ offset, data }) => data.toString() === String(offset)));
    await appends.independent.open();
    assert.equal(appends.independent.epoch, log.epoch);
    assert.equal(appends.independent.head, appends.appended);
    assert.deepEqual(await appends.independent.read(1, noLimits), told);
  });

  it('commits every event once when the thread ends in the middle of a transaction', async t => {
    const storage = await started(t, deathOfThread);
    const log = logOver(storage);
    await log.open();
    const appends = appending(t, storage, log);
    for (let deaths = 1; deaths <= 3; deaths++) {
      const before = appends.told.length;
      await eventually(() => appends.told.length > before + 50, 'events between two deaths', restartMs);
      await storage.command('incr', 'die:throw').catch(() => {});
      await eventually(() => storage.runtime.snapshot().writer.restarts >= deaths, 'a new thread', restartMs);
    }
    const { told, early } = await appends.end();
    assert.deepEqual(early, []);
    assert.deepEqual(
      told.map(({ offset }) => offset),
      offsetsUpTo(appends.appended),
    );
    await appends.independent.open();
    assert.deepEqual(await appends.independent.read(1, noLimits), told);
  });

  it('is opened by its process, which answers, and loses nothing when it is killed', async t => {
    const storage = await started(t);
    const log = logOver(storage);
    const spec = supervisorSpec({
      id: 'feed',
      strategy: 'one_for_one',
      children: [eventLogChild({ eventLog: log, retentionIntervalMs: 20 })],
    });
    await startSupervisor(storage.system, spec);
    const { registry } = storage.system;
    assert.equal(log.isOpen, true);
    log.append([event('1')]);
    const first = registry.whereis(eventLogName)!;
    storage.system.exit(first, 'kill');
    const second = await eventually(() => {
      const pid = registry.whereis(eventLogName);
      return pid === first ? undefined : pid;
    }, 'another process');
    await log.whenCommitted(1);
    assert.notEqual(second, first);
    const stats = await storage.system.call(eventLogName, { type: 'stats' });
    assert.deepEqual([stats.head, stats.earliest, stats.backlogBytes], [1, 1, 0]);
  });
});
