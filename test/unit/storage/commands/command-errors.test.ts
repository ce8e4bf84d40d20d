import assert from 'node:assert/strict';
import { it } from 'node:test';
import {
  commandErrors,
  storageErrorCodeOf,
  writeFailedLine,
} from '../../../../src/storage/commands/command-errors.ts';

it('finds the code of a typed call by the line that the storage thread answered with', () => {
  assert.equal(storageErrorCodeOf(commandErrors.diskFull), 'disk_full');
  assert.equal(storageErrorCodeOf(commandErrors.storeFull), 'store_full');
  assert.equal(storageErrorCodeOf(commandErrors.corruptRecord), 'corrupt_record');
  assert.equal(storageErrorCodeOf(writeFailedLine('Input/output error')), 'write_failed');
  assert.equal(storageErrorCodeOf('ERR syntax error'), 'command_refused');
});
