import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { commandErrors } from '../../../../src/storage/commands/command-errors.ts';
import { StoreCommands } from '../../../support/store-commands.ts';

/** A store with the keys `k00` to `k99`, each with its number as the value. */
function filled(): StoreCommands {
  const store = new StoreCommands();
  for (let i = 0; i < 100; i++) store.run('set', keyOf(i), String(i));
  return store;
}

const keyOf = (i: number): string => `k${String(i).padStart(2, '0')}`;
const entries = (...numbers: number[]): string[] => numbers.flatMap(i => [keyOf(i), String(i)]);

/** Turns a bit in the stored value of the key. */
function damage(store: StoreCommands, key: string): void {
  const { environment } = store.store;
  const stored = [...environment.data.getRange({})].find(
    entry => Buffer.from(entry.key.source).toString() === key,
  )!;
  const record = Buffer.from(stored.value);
  record[record.length - 1]! ^= 1;
  environment.data.putSync(stored.key, record);
}

describe('RANGE', () => {
  it('replies with keys and values in order, from the start up to the end', async () => {
    await using store = filled();
    assert.deepEqual(store.run('range', 'k10', 'k13', '10', '1000'), entries(10, 11, 12));
    assert.deepEqual(store.run('range', 'k105', 'k13', '10', '1000'), entries(11, 12));
    assert.deepEqual(store.run('range', '', 'zz', '2', '1000'), entries(0, 1));
    assert.deepEqual(store.run('range', 'k98', 'zz', '10', '1000'), entries(98, 99));
    assert.deepEqual(store.run('range', 'zz', 'zzz', '10', '1000'), []);
    assert.deepEqual(store.run('range', 'k13', 'k10', '10', '1000'), []);
    const all = store.run('range', '', 'zz', '1000', '100000') as string[];
    assert.deepEqual(all, entries(...Array.from({ length: 100 }, (_, i) => i)));
  });

  it('ends at the bytes that are allowed, though not before the first entry', async () => {
    await using store = filled();
    assert.deepEqual(store.run('range', 'k10', 'k99', '10', '1'), entries(10));
    assert.deepEqual(store.run('range', 'k10', 'k99', '10', '14'), entries(10, 11));
    assert.deepEqual(store.run('range', 'k10', 'k99', '10', '15'), entries(10, 11, 12));
  });

  it('begins at the greatest key that is not above the start, with `floor`', async () => {
    await using store = filled();
    assert.deepEqual(store.run('range', 'k10', 'k12', '10', '1000', 'floor'), entries(10, 11));
    assert.deepEqual(store.run('range', 'k105', 'k12', '10', '1000', 'FLOOR'), entries(10, 11));
    assert.deepEqual(store.run('range', 'a', 'k02', '10', '1000', 'floor'), entries(0, 1));
    assert.deepEqual(store.run('range', 'x', 'y', '10', '1000', 'floor'), entries(99));
  });

  it('replies with the greatest keys first, with `reverse`', async () => {
    await using store = filled();
    assert.deepEqual(store.run('range', 'k10', 'k13', '10', '1000', 'reverse'), entries(12, 11, 10));
    assert.deepEqual(store.run('range', 'k10', 'zz', '2', '1000', 'reverse'), entries(99, 98));
    assert.deepEqual(store.run('range', 'a', 'k01', '2', '1000', 'reverse'), entries(0));
    const all = store.run('range', '', 'zz', '1000', '100000', 'reverse') as string[];
    assert.deepEqual(all, entries(...Array.from({ length: 100 }, (_, i) => 99 - i)));
  });

  it('replies with keys alone, with `keys`', async () => {
    await using store = filled();
    damage(store, 'k10');
    assert.deepEqual(store.run('range', 'k10', 'k13', '2', '1', 'keys'), ['k10', 'k11']);
  });

  it('leaves out what has expired, also below the start', async () => {
    await using store = filled();
    store.run('pexpire', 'k10', '10');
    store.run('pexpire', 'k12', '10');
    store.clock.advance(10);
    assert.deepEqual(store.run('range', 'k10', 'k14', '10', '1000', 'floor'), entries(9, 11, 13));
    assert.deepEqual(store.run('range', 'k10', 'k14', '10', '1000'), entries(11, 13));
  });

  it('says that a record is damaged instead of leaving it out', async () => {
    await using store = filled();
    damage(store, 'k12');
    assert.equal(store.run('range', 'k10', 'k14', '10', '1000'), `-${commandErrors.corruptRecord}`);
    assert.equal(store.run('range', 'k12', 'k14', '10', '1000', 'floor'), `-${commandErrors.corruptRecord}`);
    assert.deepEqual(store.run('range', 'k10', 'k14', '2', '1000'), entries(10, 11));
  });

  it('sees what was written before it in the same transaction', async () => {
    await using store = filled();
    const [replies] = store.runAll([
      {
        commands: [
          ['set', 'k105', 'new'],
          ['range', 'k10', 'k11', '10', '1000'],
        ],
      },
    ]);
    assert.deepEqual(replies![1], ['k10', '10', 'k105', 'new']);
  });

  it('refuses arguments that say nothing', async () => {
    await using store = filled();
    for (const words of [
      ['a', 'b', '0', '10'],
      ['a', 'b', 'x', '10'],
      ['a', 'b', '1', '-1'],
      ['a', 'b', '1', '1', 'up'],
      ['a', 'b', '1', '1', 'floor', 'reverse'],
    ]) {
      assert.equal(store.run('range', ...words), '-ERR syntax error', words.join(' '));
    }
    const long = 'x'.repeat(1971);
    assert.match(String(store.run('range', long, 'z', '1', '1')), /key is too long/);
    assert.match(String(store.run('delrange', 'a', long, '1')), /key is too long/);
  });
});

describe('DELRANGE', () => {
  it('removes the lowest keys of the range, damaged ones too, and says how many there were', async () => {
    await using store = filled();
    damage(store, 'k11');
    assert.equal(store.run('delrange', 'k10', 'k20', '4'), 4);
    assert.deepEqual(store.run('range', 'k09', 'k16', '10', '1000'), entries(9, 14, 15));
    assert.equal(store.run('delrange', 'k10', 'k20', '100'), 6);
    assert.equal(store.run('delrange', 'k10', 'k20', '100'), 0);
    assert.equal(store.run('dbsize'), 90);
    assert.equal(store.run('delrange', 'k10', 'k20', '0'), '-ERR syntax error');
  });

  it('takes expiries with it', async () => {
    await using store = filled();
    store.run('pexpire', 'k10', '1000');
    assert.equal(store.run('delrange', 'k10', 'k11', '1'), 1);
    assert.equal(store.store.expiringKeys, 0);
  });
});

describe('EXPECT', () => {
  it('holds where the key has one of the values, and otherwise keeps its batch from being applied', async () => {
    await using store = filled();
    const batch = (...values: string[]) =>
      store.runAll([
        {
          isAtomic: true,
          commands: [
            ['expect', 'k01', ...values],
            ['set', 'k02', 'changed'],
          ],
        },
      ])[0]!;
    const failed = batch('0', '2');
    assert.equal(failed[0], `-${commandErrors.unexpectedValue}`);
    assert.match(String(failed[1]), /^-EXECABORT/);
    assert.equal(store.run('get', 'k02'), '2');
    assert.deepEqual(batch('0', '1'), ['OK', 'OK']);
    assert.equal(store.run('get', 'k02'), 'changed');
    assert.equal(store.run('expect', 'missing', ''), `-${commandErrors.unexpectedValue}`);
    damage(store, 'k01');
    assert.equal(store.run('expect', 'k01', '1'), `-${commandErrors.corruptRecord}`);
  });
});
