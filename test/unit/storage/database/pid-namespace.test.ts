import assert from 'node:assert/strict';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readPidNamespace } from '../../../../src/storage/database/pid-namespace.ts';
import { temporaryDirectory } from './store-fixture.ts';

test('is what the link names, and empty where there is none', t => {
  const directory = temporaryDirectory(t);
  symlinkSync('pid:[4026531836]', join(directory, 'pid'));
  assert.equal(readPidNamespace(join(directory, 'pid')), 'pid:[4026531836]');
  assert.equal(readPidNamespace(join(directory, 'missing')), '');
});

test('Linux has one', t => {
  if (process.platform !== 'linux') return t.skip('only Linux has PID namespaces');
  assert.match(readPidNamespace(), /^pid:\[\d+\]$/);
});
