import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { storagePresets } from '../../../../src/storage/client/presets.ts';
import { clientSetup } from './client-setup.ts';

/** Lets `waiting` low calls wait, then an urgent one; returns how many were sent to the thread before it. */
function sentBefore(preset: keyof typeof storagePresets): number {
  const { writer, submit } = clientSetup({}, { capacity: 10_000, ...storagePresets[preset] });
  for (let i = 0; i < 9000; i++) submit({ priority: 'low' });
  const urgent = submit({ priority: 'high', count: 7 });
  writer.channel.flush();
  for (let turn = 0; !writer.open.some(({ count }) => count === 7); turn++) {
    assert.ok(turn < 20_000);
    writer.answer(1);
    writer.channel.flush();
  }
  assert.equal(urgent.outcome, undefined);
  return writer.frames.flat().findIndex(({ count }) => count === 7);
}

describe('storage presets', () => {
  test('low_latency gives the thread little ahead, so that an urgent call has little before it', () => {
    assert.equal(sentBefore('low_latency'), 256);
    assert.equal(sentBefore('high_throughput'), 8000);
  });

  test('differ in when commands go to the thread', () => {
    const { high_throughput, low_latency } = storagePresets;
    assert.notEqual(high_throughput.batch.flush, low_latency.batch.flush);
    assert.ok(high_throughput.batch.maxCommands > low_latency.batch.maxCommands);
  });
});
