import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { maxKeyBytes } from '../../../../src/storage/worker/stored-key.ts';
import { StoreCommands } from '../../../support/store-commands.ts';

/** The entries of the index of expiries as [deadline, key]. */
const indexOf = (store: StoreCommands): [number, string][] =>
  [...store.store.expiriesFrom(1000)].map(entry => [entry.deadline, Buffer.from(entry.source).toString()]);

describe('store', () => {
  it('keeps keys of every length that lmdb takes, the empty one among them', async () => {
    await using store = new StoreCommands();
    for (const length of [0, 1, 39, 40, 41, 500, maxKeyBytes]) {
      const key = Buffer.alloc(length, 0xff);
      assert.equal(store.run('set', key, `v${length}`, 'px', '5000'), 'OK');
      assert.equal(store.run('get', key), `v${length}`);
    }
    assert.equal(store.run('dbsize'), 7);
    assert.equal(store.store.expiringKeys, 7);
    assert.equal(store.run('del', Buffer.alloc(maxKeyBytes, 0xff)), 1);
    assert.equal(store.store.expiringKeys, 6);
  });

  it('refuses to store a longer key and knows none, for every command', async () => {
    await using store = new StoreCommands();
    for (const key of [Buffer.alloc(maxKeyBytes + 1, 'k'), Buffer.alloc(100_000, 'k')]) {
      const refusal = `-ERR key is too long: at most ${maxKeyBytes} bytes`;
      assert.equal(store.run('set', key, 'v'), refusal);
      assert.equal(store.run('mset', 'a', '1', key, 'v'), refusal);
      assert.equal(store.run('append', key, 'v'), refusal);
      assert.equal(store.run('incr', key), refusal);
      assert.equal(store.run('get', key), null);
      assert.equal(store.run('exists', key), 0);
      assert.equal(store.run('del', key), 0);
      assert.equal(store.run('ttl', key), -2);
      assert.equal(store.run('expire', key, '10'), 0);
      assert.equal(store.run('getdel', key), null);
      assert.equal(store.run('scan', Buffer.concat([Buffer.of(1), key])), '-ERR invalid cursor');
    }
    assert.equal(store.run('dbsize'), 0);
  });

  it('keeps values of any bytes and length', async () => {
    await using store = new StoreCommands();
    for (const length of [0, 40, 41, 4096, 16_384, 20_000, 3_000_000]) {
      const value = Buffer.alloc(length);
      for (let i = 0; i < length; i++) value[i] = (i * 7) & 0xff;
      store.run('set', 'k', value);
      assert.equal(store.run('get', 'k'), value.toString('latin1'), `${length} bytes`);
      assert.equal(store.run('strlen', 'k'), length);
      const both = store.runAll([
        {
          commands: [
            ['append', 'k', 'tail'],
            ['get', 'k'],
            ['set', 'k', 'x'],
            ['get', 'k'],
          ],
        },
      ]);
      assert.deepEqual(both[0]!.slice(1), [`${value.toString('latin1')}tail`, 'OK', 'x']);
    }
  });

  it('holds one entry in the index of expiries for each key that expires, and none else', async () => {
    await using store = new StoreCommands();
    const now = store.clock.wallNow();
    store.run('set', 'a', '1', 'px', '5000');
    store.run('set', 'b', '1', 'px', '3000');
    assert.deepEqual(indexOf(store), [
      [now + 3000, 'b'],
      [now + 5000, 'a'],
    ]);
    store.run('set', 'a', '2', 'px', '1000');
    store.run('pexpire', 'b', '4000');
    assert.deepEqual(indexOf(store), [
      [now + 1000, 'a'],
      [now + 4000, 'b'],
    ]);
    store.run('incr', 'a');
    store.run('append', 'b', 'x');
    store.run('set', 'a', '5', 'keepttl');
    assert.deepEqual(indexOf(store), [
      [now + 1000, 'a'],
      [now + 4000, 'b'],
    ]);
    store.run('set', 'a', '3');
    assert.deepEqual(indexOf(store), [[now + 4000, 'b']]);
    store.run('persist', 'b');
    assert.deepEqual(indexOf(store), []);
    store.run('expire', 'a', '10');
    store.run('expire', 'b', '10');
    store.run('del', 'a');
    store.run('getdel', 'b');
    assert.deepEqual(indexOf(store), []);
    store.run('mset', 'a', '1', 'b', '2');
    store.run('expire', 'a', '10');
    store.run('mset', 'a', '1');
    store.run('expire', 'b', '10');
    store.run('flushall');
    assert.deepEqual(indexOf(store), []);
    assert.equal(store.store.expiringKeys, 0);
  });

  it('answers a damaged record with an error, never with a value, and lets it be replaced or removed', async () => {
    await using store = new StoreCommands();
    store.run('mset', 'good', 'value', 'bad', 'value');
    const { environment } = store.store;
    const record = Buffer.from(environment.data.getBinary(keyOf('bad'))!);
    record[record.length - 1]! ^= 1;
    store.store.transaction(() => environment.data.putSync(keyOf('bad'), record));
    const error = '-CORRUPT The stored value does not match its checksum; the database file was damaged.';
    const commands = [
      ['get', 'bad'],
      ['mget', 'good', 'bad'],
      ['strlen', 'bad'],
      ['exists', 'bad'],
      ['type', 'bad'],
      ['ttl', 'bad'],
      ['pttl', 'bad'],
      ['incr', 'bad'],
      ['append', 'bad', 'x'],
      ['getdel', 'bad'],
      ['expire', 'bad', '5'],
      ['persist', 'bad'],
      ['set', 'bad', 'x', 'get'],
      ['set', 'bad', 'x', 'nx'],
    ];
    for (const words of commands) assert.equal(store.run(...words), error, words.join(' '));
    assert.equal(store.store.corruptRecords, commands.length);
    assert.equal(store.run('get', 'good'), 'value');
    assert.equal(store.run('set', 'bad', 'new'), 'OK');
    assert.equal(store.run('get', 'bad'), 'new');
    store.store.transaction(() => environment.data.putSync(keyOf('bad'), record));
    assert.equal(store.run('del', 'bad'), 1);
    assert.equal(store.run('get', 'bad'), null);
  });

  it('refuses what adds once it is full; reads and removals go on and make room again', async () => {
    await using store = new StoreCommands({ maxBytes: 1024 * 1024 });
    const value = 'x'.repeat(10_000);
    let stored = 0;
    while (stored < 200 && store.run('set', `k${stored}`, value) === 'OK') stored++;
    assert.ok(stored > 50 && stored < 105, `${stored} values of 10 kB in 1 MiB`);
    const full = "-OOM command not allowed when used memory > 'maxmemory'.";
    assert.equal(store.run('set', 'more', value), full);
    assert.equal(store.run('get', 'k0'), value);
    assert.equal(store.run('expire', 'k0', '100'), 1);
    assert.equal(store.run('del', 'k0', 'k1', 'k2', 'k3'), 4);
    assert.equal(store.run('set', 'more', value), 'OK');
    const report = store.store.report();
    assert.ok(report.usedBytes <= report.maxBytes, `${report.usedBytes} used`);
  });

  it('gives up the memory that a large value took', async () => {
    await using store = new StoreCommands();
    const bufferBytes = () => store.store.environment.data.getBinaryFast(keyOf('small'))!.buffer.byteLength;
    store.run('mset', 'small', 'v', 'large', 'x'.repeat(5_000_000));
    store.run('strlen', 'large');
    assert.ok(bufferBytes() >= 5_000_000);
    store.store.releaseMemory();
    assert.ok(bufferBytes() <= 100_000, `${bufferBytes()} bytes`);
    assert.equal(store.run('get', 'small'), 'v');
    assert.equal((store.run('get', 'large') as string).length, 5_000_000);
  });

  it('counts its keys, those that expire, and bytes', async () => {
    await using store = new StoreCommands();
    for (let i = 0; i < 300; i++) store.run('set', `k${i}`, 'v', 'ex', '100');
    store.run('set', 'plain', 'v');
    const { keys, keysWithExpiry, usedBytes, fileBytes } = store.store.report();
    assert.equal(keys, 301);
    assert.equal(keysWithExpiry, 300);
    assert.ok(usedBytes > 20_000 && usedBytes <= fileBytes, `${usedBytes} of ${fileBytes}`);
  });
});

function keyOf(text: string) {
  const source = Buffer.from(text);
  return { source, start: 0, end: source.length } as never;
}
