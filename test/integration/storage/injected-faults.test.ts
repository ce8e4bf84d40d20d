import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { CircuitBreaker } from '../../../src/circuit-breaker/circuit-breaker.ts';
import { systemClock as clock } from '../../../src/clock/system-clock.ts';
import { FaultInjection } from '../../../src/storage/channel/fault-injection.ts';
import { clientDefaults } from '../../../src/storage/client/client-options.ts';
import { storagePresets } from '../../../src/storage/client/presets.ts';
import { StorageClient } from '../../../src/storage/client/storage-client.ts';
import { StorageThreadHandle } from '../../../src/storage/runtime/storage-thread-handle.ts';
import { silentLog as log } from '../../../src/telemetry/log.ts';
import { silentMetrics as metrics } from '../../../src/telemetry/metrics.ts';

describe('a storage client whose channel delays, loses and fails a fifth of the calls', () => {
  test('gets every repeatable call through, and never runs another one twice', async t => {
    const directory = mkdtempSync(join(tmpdir(), 'trunkline-storage-'));
    const stores = [
      { name: 'kv', directory: join(directory, 'kv'), durability: 'commit', maxBytes: 2 ** 26 },
    ] as const;
    const thread = new StorageThreadHandle(
      {
        name: 'writer',
        thread: {
          role: 'writer',
          stores,
          sweepIntervalMs: 1000,
          checkpointIntervalMs: 1000,
          checkOnStart: 'off',
        },
        channel: { capacity: 10_000, maxPendingBytes: 2 ** 26, ...storagePresets.high_throughput },
      },
      { clock, log, metrics },
    );
    const breaker = new CircuitBreaker({ failureThreshold: 1e6, successThreshold: 1 });
    breaker.own({ onOpened: () => {}, onRecovered: () => {} });
    const client = new StorageClient(
      { ...clientDefaults, stores, timeoutMs: 5000, retry: { ...clientDefaults.retry, attempts: 10 } },
      { clock, log, metrics, breaker },
    );
    t.after(async () => {
      await client.stop(5000);
      thread.close(5000);
      await thread.ended;
      await rm(directory, { recursive: true, force: true });
    });
    await thread.ready;
    const faults = new FaultInjection(
      thread.channel,
      { thread: 'writer', delayMs: 1, dropRate: 0.1, errorRate: 0.1 },
      { clock, metrics },
    );
    client.attachWriter(faults);
    const kv = client.store('kv');

    const keys = Array.from({ length: 500 }, (_, i) => `k${i}`);
    await Promise.all(keys.map(key => kv.set(key, key)));
    const values = await Promise.all(keys.map(key => kv.get(key)));
    assert.deepEqual(values.map(String), keys);

    const sums = await Promise.allSettled(keys.map(() => kv.incr('n', { timeoutMs: 300 })));
    const acknowledged = sums.filter(({ status }) => status === 'fulfilled').length;
    const unknown = sums.filter(
      sum => sum.status === 'rejected' && (sum.reason as { code: string }).code === 'storage_timeout',
    ).length;
    const total = Number(await kv.get('n'));
    assert.ok(unknown > 0 && acknowledged < keys.length);
    assert.ok(
      acknowledged <= total && total <= acknowledged + unknown,
      `${acknowledged} ${total} ${unknown}`,
    );
    assert.ok(faults.injected.drop > 0 && faults.injected.error > 0 && faults.injected.delay > 1000);
  });
});
