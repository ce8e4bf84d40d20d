import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { acceptsArguments, isWrite } from '../../../../src/storage/commands/command-spec.ts';
import { commandByName, commandTable, opcode } from '../../../../src/storage/commands/command-table.ts';
import { opcodeOf } from '../../../../src/storage/commands/opcode-of.ts';

const lookUp = (text: string): number => opcodeOf(Buffer.from(text), 0, Buffer.byteLength(text));

describe('command table', () => {
  it('finds every command by its name in any case, and by the bytes of it anywhere in a buffer', () => {
    for (const [code, { name }] of commandTable.entries()) {
      assert.equal(commandByName(name), code);
      assert.equal(lookUp(name), code);
      assert.equal(lookUp(name.toUpperCase()), code);
      const mixed = [...name].map((letter, i) => (i % 2 ? letter.toUpperCase() : letter)).join('');
      assert.equal(lookUp(mixed), code);
      const inside = Buffer.from(`xx${name}yy`);
      assert.equal(opcodeOf(inside, 2, 2 + name.length), code);
    }
  });

  it('finds nothing for what only resembles a command', () => {
    for (const { name } of commandTable) {
      assert.equal(lookUp(`${name}x`), -1, `${name}x`);
      assert.equal(lookUp(name.slice(0, -1)) !== commandByName(name), true);
      // The byte that differs from a letter in the same bit as its other case does.
      const wrong = Buffer.from(name);
      wrong[0] = wrong[0]! & ~0x40;
      assert.equal(opcodeOf(wrong, 0, wrong.length), -1);
    }
    for (const text of ['', ' ', 'nosuchcommand', 'x'.repeat(100_000), '\u0000\u0000\u0000']) {
      assert.equal(lookUp(text), -1);
    }
    assert.equal(commandByName('constructor'), -1);
  });

  it('is consistent in itself: keys where they are said to be, read or write, repeatable reads', () => {
    for (const spec of commandTable) {
      const flags: readonly string[] = spec.flags;
      assert.equal(flags.includes('readonly'), !flags.includes('write'), spec.name);
      assert.equal(isWrite(spec), flags.includes('write'));
      if (!isWrite(spec)) assert.equal(spec.isRepeatable, true, spec.name);
      assert.equal(spec.firstKey === 0, spec.keyStep === 0, spec.name);
      assert.match(spec.name, /^[a-z]+$/);
      assert.match(spec.since, /^\d+\.\d+\.\d+$/);
    }
  });

  it('counts arguments as Redis does, the name among them', () => {
    assert.equal(acceptsArguments(commandTable[opcode('get')]!, 1), true);
    assert.equal(acceptsArguments(commandTable[opcode('get')]!, 0), false);
    assert.equal(acceptsArguments(commandTable[opcode('get')]!, 2), false);
    assert.equal(acceptsArguments(commandTable[opcode('set')]!, 1), false);
    assert.equal(acceptsArguments(commandTable[opcode('set')]!, 9), true);
    assert.equal(acceptsArguments(commandTable[opcode('dbsize')]!, 0), true);
  });
});
