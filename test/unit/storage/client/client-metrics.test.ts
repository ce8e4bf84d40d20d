import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CircuitBreaker } from '../../../../src/circuit-breaker/circuit-breaker.ts';
import { StorageChannel } from '../../../../src/storage/channel/storage-channel.ts';
import { clientDefaults } from '../../../../src/storage/client/client-options.ts';
import { StorageClient } from '../../../../src/storage/client/storage-client.ts';
import { silentLog } from '../../../../src/telemetry/log.ts';
import { PromMetricRegistry } from '../../../../src/telemetry/prom-metric-registry.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { channelOptions, FakeThread } from '../channel/fake-thread.ts';
import { TestRequest } from './client-setup.ts';

describe('the metrics of the storage client', () => {
  test('tell of calls, waits, failures and the state of the runtime', async () => {
    const clock = new ManualClock();
    const metrics = new PromMetricRegistry();
    const breaker = new CircuitBreaker({ failureThreshold: 5, successThreshold: 1 });
    breaker.own({ onOpened: () => {}, onRecovered: () => {} });
    const client = new StorageClient(
      { ...clientDefaults, stores: [{ name: 'kv', durability: 'commit' }] },
      { clock, metrics, log: silentLog, breaker },
    );
    const thread = new FakeThread(clock);
    const channel = new StorageChannel(thread, channelOptions, { clock, metrics, log: silentLog });
    client.attachWriter(channel);
    const submit = (fields: Partial<TestRequest>) => client.submit(new TestRequest(fields));
    submit({ count: 2 });
    submit({ count: 3, isRepeatable: true, timeoutMs: 60 });
    submit({ count: 4 });
    submit({ priority: 'low' });
    channel.flush();
    clock.advance(40);
    thread.answer(1);
    clock.advance(100);
    const text = await metrics.expose();
    for (const line of [
      'trunkline_storage_channel_sent_commands_total{thread="writer"} 9',
      'trunkline_storage_channel_answered_commands_total{thread="writer"} 2',
      'trunkline_storage_channel_frames_total{thread="writer"} 1',
      'trunkline_storage_channel_pending_commands{thread="writer"} 10',
      'trunkline_storage_reply_duration_seconds_count{thread="writer"} 1',
      'trunkline_storage_backpressure_events_total{thread="writer"} 2',
      'trunkline_storage_timeouts_total 2',
      'trunkline_storage_call_failures_total{code="storage_overloaded"} 1',
      'trunkline_storage_retries_total{reason="storage_timeout"} 1',
      'trunkline_storage_queued_calls{priority="low"} 0',
      'trunkline_storage_recovery_state 0',
    ]) {
      assert.ok(text.includes(`${line}\n`), `${line}\n${text.match(/^trunkline_storage.*$/gm)?.join('\n')}`);
    }
    client.detachWriter('gone');
    assert.match(await metrics.expose(), /trunkline_storage_recovery_state 1\n/);
  });
});
