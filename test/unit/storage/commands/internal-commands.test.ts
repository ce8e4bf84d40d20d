import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isWrite } from '../../../../src/storage/commands/command-spec.ts';
import { commandTable } from '../../../../src/storage/commands/command-table.ts';
import {
  internalCommands,
  type StoreCommandName,
  storeCommandTable,
  storeOpcode,
} from '../../../../src/storage/commands/internal-commands.ts';
import { opcodeOf } from '../../../../src/storage/commands/opcode-of.ts';

describe('internal commands', () => {
  it('have opcodes behind those of the command table, and are not found by what a client sends', () => {
    for (const [code, { name }] of storeCommandTable.entries()) {
      assert.equal(storeOpcode(name as StoreCommandName), code);
    }
    for (const { name } of internalCommands) {
      assert.equal(storeOpcode(name) >= commandTable.length, true);
      assert.equal(opcodeOf(Buffer.from(name), 0, name.length), -1);
    }
  });

  it('may be repeated where they only read', () => {
    for (const spec of internalCommands) assert.equal(spec.isRepeatable, !isWrite(spec), spec.name);
  });
});
