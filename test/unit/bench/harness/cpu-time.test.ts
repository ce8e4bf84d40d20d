import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseStat } from '../../../../bench/harness/cpu-time.ts';

test('adds user and system time up, also when the command holds spaces and brackets', () => {
  const line = '4711 (a (b) c) S 17 4711 4711 0 -1 4194560 2057 0 0 0 123 45 6 7 20 0 1 0 3127 0 0';
  assert.deepEqual(parseStat(line), { parent: 17, ticks: 168 });
});
