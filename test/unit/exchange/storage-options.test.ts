import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runtimeOptions } from '../../../src/exchange/storage-options.ts';
import { accept, smallest } from '../config/sample-config.ts';

const window = (settings: string) => {
  const { storage } = accept(`storage: ${settings}\n${smallest}`).config;
  return runtimeOptions(storage!).channel.window;
};

describe('the options of the storage runtime', () => {
  it('let calls wait from 80 % of the channel on, as the config says', () => {
    assert.equal(window('{}'), 8_000);
    assert.equal(window('{ channel: { capacity: 50000 } }'), 40_000);
    assert.equal(window('{ channel: { backpressure_at: 0.5 } }'), 5_000);
  });

  it('let them wait earlier for a preset that wants it, and never later', () => {
    assert.equal(window('{ preset: low_latency }'), 256);
    assert.equal(window('{ preset: low_latency, channel: { capacity: 100 } }'), 80);
  });
});
