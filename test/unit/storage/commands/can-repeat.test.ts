import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { canRepeat } from '../../../../src/storage/commands/can-repeat.ts';
import { commandByName } from '../../../../src/storage/commands/command-table.ts';

function mayRepeat(line: string): boolean {
  const [name, ...args] = line.split(' ');
  return canRepeat(commandByName(name!), args.length, index => Buffer.from(args[index]!));
}

describe('canRepeat', () => {
  const repeatable = [
    'get k',
    'mget a b',
    'exists k',
    'ttl k',
    'scan 0 count 5',
    'dbsize',
    'set k v',
    'set k v ex 5',
    'set k v keepttl',
    'set k v PXAT 5',
    'mset a 1 b 2',
    'expire k 10',
    'pexpire k 10',
  ];
  for (const line of repeatable) {
    it(`says yes to ${line}`, () => assert.equal(mayRepeat(line), true));
  }

  const unrepeatable = [
    'incr k',
    'incrby k 1',
    'decr k',
    'decrby k 1',
    'append k v',
    'getdel k',
    'del k',
    'persist k',
    'flushall',
    'set k v nx',
    'set k v XX',
    'set k v ex 5 Get',
    'expire k 10 nx',
    'pexpire k 10 GT',
    'expire k 0',
    'expire k -1',
  ];
  for (const line of unrepeatable) {
    it(`says no to ${line}`, () => assert.equal(mayRepeat(line), false));
  }

  it('says no to a command that there is not', () =>
    assert.equal(
      canRepeat(9999, 0, () => Buffer.alloc(0)),
      false,
    ));

  it('does not ask for the arguments of a command without options', () => {
    const fail = () => assert.fail('asked');
    assert.equal(canRepeat(commandByName('set'), 2, fail), true);
    assert.equal(canRepeat(commandByName('mset'), 200, fail), true);
  });
});
