import assert from 'node:assert/strict';
import { test } from 'node:test';
import { headTrackerChild, headTrackerName } from '../../../src/aggregation/head-tracker-process.ts';
import {
  messageAggregatorChild,
  messageAggregatorName,
} from '../../../src/aggregation/message-aggregator-process.ts';
import { systemClock } from '../../../src/clock/system-clock.ts';
import { ProcessSystem } from '../../../src/otp/process-system.ts';
import { startSupervisor } from '../../../src/otp/supervisor.ts';
import { supervisorSpec } from '../../../src/otp/supervisor-spec.ts';
import { eventually } from '../../support/eventually.ts';
import { headBytes, headOf, logBytes } from './fake-chain.ts';
import { setUpHub } from './hub-setup.ts';

const anyLogs = '["logs",{}]';

async function setUp() {
  const hub = setUpHub(2);
  hub.hub.abandon(hub.aggregator);
  const system = new ProcessSystem({ clock: systemClock });
  const { metrics } = hub;
  await startSupervisor(
    system,
    supervisorSpec({
      id: 'chain:test',
      strategy: 'rest_for_one',
      children: [
        messageAggregatorChild({ chain: 'test', options: { maxCacheSize: 100 }, hub: hub.hub, metrics }),
        headTrackerChild({ chain: 'test', heads: hub.heads }),
      ],
    }),
  );
  const kill = async () => {
    const before = system.registry.whereis(messageAggregatorName('test'));
    system.exit(messageAggregatorName('test'), 'kill');
    await eventually(() => {
      const now = system.registry.whereis(messageAggregatorName('test'));
      return now !== undefined && now !== before;
    }, 'a new message_aggregator');
    // The name is there before the process is ready.
    await system.call(messageAggregatorName('test'), { type: 'stats' });
  };
  return { ...hub, system, kill };
}

test('the process lends its aggregator to the hub and answers for both', async () => {
  const { system, sources, subscribe } = await setUp();
  const { recorder } = await subscribe(anyLogs);
  for (const source of sources) source.emit(logBytes(100, 0));
  assert.equal(recorder.events.length, 1);
  const { aggregator, hub } = await system.call(messageAggregatorName('test'), { type: 'stats' });
  assert.deepEqual([aggregator.misses, aggregator.hits, hub.subscribers], [1, 1, 1]);
  await system.stop();
});

test('a kill in the middle of streams neither loses nor repeats an event', async () => {
  const { system, sources, subscribe, kill } = await setUp();
  const logs = await subscribe(anyLogs);
  const heads = await subscribe();
  const emit = (number: number) => {
    for (const source of sources) {
      source.emit(logBytes(number, 0), anyLogs);
      source.emit(headBytes(headOf(number)), '["newHeads"]');
    }
  };
  for (let number = 100; number < 110; number++) {
    emit(number);
    const restarted = number % 5 === 0 ? kill() : undefined;
    sources[1]!.emit(logBytes(number, 0), anyLogs);
    await restarted;
  }
  assert.deepEqual(heads.recorder.numbers, [100, 101, 102, 103, 104, 105, 106, 107, 108, 109]);
  assert.equal(logs.recorder.events.length, 10);
  await system.stop();
});

test('while the process is down nothing is forwarded', async () => {
  const { system, sources, subscribe } = await setUp();
  const { recorder } = await subscribe(anyLogs);
  await system.stop();
  sources[0]!.emit(logBytes(100, 0));
  assert.equal(recorder.events.length, 0);
});

test('the head tracker answers with what it knows, also after a restart', async () => {
  const { system, heads } = await setUp();
  heads.observe('a', { number: 7 });
  const before = system.registry.whereis(headTrackerName('test'));
  system.exit(headTrackerName('test'), 'kill');
  await eventually(() => {
    const now = system.registry.whereis(headTrackerName('test'));
    return now !== undefined && now !== before;
  }, 'a new head_tracker');
  const { best, floor } = await system.call(headTrackerName('test'), { type: 'snapshot' });
  assert.deepEqual([best, floor], [7, 7]);
  await system.stop();
});
