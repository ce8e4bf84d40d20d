import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { systemClock } from '../../../../src/clock/system-clock.ts';
import {
  StorageThreadHandle,
  type StorageThreadHandleOptions,
} from '../../../../src/storage/runtime/storage-thread-handle.ts';
import { ThreadMetrics } from '../../../../src/storage/runtime/thread-metrics.ts';
import type { Log, LogFields } from '../../../../src/telemetry/log.ts';
import { PromMetricRegistry } from '../../../../src/telemetry/prom-metric-registry.ts';
import { eventually } from '../../../support/eventually.ts';

type Line = readonly [level: string, message: string, fields: LogFields];

function logOf(lines: Line[]): Log {
  const at =
    (level: string) =>
    (message: string, fields: LogFields = {}) =>
      void lines.push([level, message, fields]);
  const log: Log = {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: () => log,
  };
  return log;
}

function start(t: TestContext, oddity: string, options: Partial<StorageThreadHandleOptions> = {}) {
  const lines: Line[] = [];
  const metrics = new PromMetricRegistry();
  const published = new ThreadMetrics('writer', () => thread.responsiveness, metrics);
  const thread: StorageThreadHandle = new StorageThreadHandle(
    {
      name: 'writer',
      thread: {
        role: 'writer',
        stores: [{ name: oddity, directory: '/nowhere', durability: 'commit', maxBytes: 1 }],
        sweepIntervalMs: 100,
        checkpointIntervalMs: 100,
        checkOnStart: 'off',
      },
      channel: {
        capacity: 100,
        window: 80,
        maxPendingBytes: 1_000,
        batch: { flush: 'tick', maxCommands: 10, maxDelayMs: 0 },
      },
      entry: new URL('../../../fixtures/storage/odd-thread.ts', import.meta.url),
      ...options,
    },
    { clock: systemClock, log: logOf(lines), metrics, onReport: report => published.report(report) },
  );
  t.after(() => thread.close(10));
  return { thread, lines, metrics, published };
}

describe('the handle of a storage thread', () => {
  it('pings each second, and publishes the reports', async t => {
    const { thread, metrics, published } = start(t, 'plain');
    await thread.ready;
    assert.equal(thread.report, undefined);
    await eventually(() => thread.report !== undefined, 'a report');
    assert.ok(thread.responsiveness.roundTripMs > 0);
    assert.equal(thread.responsiveness.silentMs, 0);
    const counts = async () =>
      (await metrics.expose()).match(/_thread_commands_total\{thread="writer"\} (\d+)/)?.[1];
    assert.equal(await counts(), '7');
    // A thread counts from its start: what it said before is not added again.
    published.report({ ...thread.report!, commands: 9 });
    assert.equal(await counts(), '9');
    published.remove();
    assert.doesNotMatch(await metrics.expose(), /loop_delay_seconds\{thread/);
  });

  it('closes it in order, last words included', async t => {
    const { thread, lines } = start(t, 'plain');
    await thread.ready;
    assert.deepEqual(await thread.close(5_000), { reason: 'closed', isOrderly: true, isStuck: false });
    assert.deepEqual(lines, [['info', 'last words', {}]]);
  });

  it('says for how long it has been silent, and terminates it only after the bound of a close', async t => {
    const { thread, lines } = start(t, 'deaf');
    await thread.ready;
    await eventually(() => thread.responsiveness.silentMs > 0, 'a ping without answer');
    const end = await thread.close(50);
    assert.deepEqual([end.isOrderly, end.isStuck], [false, false]);
    assert.match(end.reason, /did not end within 50 ms/);
    assert.match(String(lines.map(([, message]) => message)), /did not end in time/);
  });

  it('ends a thread that does not become ready in time', async t => {
    const { thread } = start(t, 'slow', { startTimeoutMs: 300 });
    await assert.rejects(thread.ready, { code: 'storage_unavailable', message: /within 300 ms/ });
    assert.match((await thread.ended).reason, /did not open its files/);
  });

  it('tells of a thread that needed more memory than it may', async t => {
    const { thread } = start(t, 'greedy', { maxHeapMebibytes: 64 });
    const end = await thread.ended;
    assert.match(end.reason, /memory/);
    assert.deepEqual([end.isOrderly, end.isStuck], [false, false]);
  });

  it('logs what the thread logs and writes, within bounds', async t => {
    const { thread, lines } = start(t, 'talkative');
    await thread.ready;
    await thread.close(5_000);
    assert.deepEqual(lines[0], ['warn', 'from within', { a: 1 }]);
    const output = lines.filter(([, message]) => message === 'output of a storage thread');
    assert.ok(output.length > 0 && output.length <= 100, `${output.length} lines`);
    for (const [, , fields] of output) assert.ok((fields.output as string).length <= 1_000);
  });
});
