import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ExpiryClock } from '../../../../src/storage/worker/expiry-clock.ts';
import { ExpirySweep } from '../../../../src/storage/worker/expiry-sweep.ts';
import { StoredKey } from '../../../../src/storage/worker/stored-key.ts';
import { StoreCommands } from '../../../support/store-commands.ts';

describe('expiry', () => {
  it('hides a key from every command from its deadline on, swept or not', async () => {
    await using store = new StoreCommands();
    const fill = () => store.run('set', 'k', '5', 'px', '100');
    fill();
    store.clock.advance(99);
    assert.equal(store.run('get', 'k'), '5');
    assert.equal(store.run('pttl', 'k'), 1);
    store.clock.advance(1);
    assert.equal(store.run('get', 'k'), null);
    assert.deepEqual(store.run('mget', 'k'), [null]);
    assert.equal(store.run('exists', 'k'), 0);
    assert.equal(store.run('type', 'k'), 'none');
    assert.equal(store.run('ttl', 'k'), -2);
    assert.equal(store.run('pttl', 'k'), -2);
    assert.equal(store.run('strlen', 'k'), 0);
    assert.deepEqual(store.run('scan', ''), ['', []]);
    assert.equal(store.run('expire', 'k', '10'), 0);
    assert.equal(store.run('persist', 'k'), 0);
    assert.equal(store.run('getdel', 'k'), null);
    assert.equal(store.run('set', 'k', '6', 'xx'), null);
    assert.equal(store.run('dbsize'), 1, 'counted until it is swept, as in Redis');
    assert.equal(store.run('del', 'k'), 0);
    assert.equal(store.run('dbsize'), 0);
    fill();
    store.clock.advance(100);
    assert.equal(store.run('incr', 'k'), 1);
    assert.equal(store.run('ttl', 'k'), -1);
    fill();
    store.clock.advance(100);
    assert.equal(store.run('append', 'k', 'x'), 1);
    assert.equal(store.run('ttl', 'k'), -1);
    fill();
    store.clock.advance(100);
    assert.equal(store.run('set', 'k', 'new', 'nx', 'keepttl'), 'OK');
    assert.equal(store.run('ttl', 'k'), -1);
    assert.equal(store.store.expiringKeys, 0);
  });

  it('does not care for jumps of the wall clock', async () => {
    await using store = new StoreCommands();
    store.run('set', 'k', 'v', 'ex', '10');
    store.clock.jumpWall(3_600_000);
    assert.equal(store.run('ttl', 'k'), 10);
    store.clock.jumpWall(-7_200_000);
    store.clock.advance(10_000);
    assert.equal(store.run('get', 'k'), null);
  });

  it('rounds TTL as Redis does', async () => {
    await using store = new StoreCommands();
    store.run('set', 'k', 'v', 'px', '1499');
    assert.equal(store.run('ttl', 'k'), 1);
    store.run('set', 'k', 'v', 'px', '1500');
    assert.equal(store.run('ttl', 'k'), 2);
  });
});

describe('ExpirySweep', () => {
  it('removes what expired, earliest first, in batches, and nothing else', async () => {
    await using store = new StoreCommands();
    for (let i = 0; i < 300; i++) store.run('set', `k${i}`, 'v', 'px', String(1000 + i));
    store.run('set', 'later', 'v', 'ex', '1000');
    store.run('set', 'never', 'v');
    assert.equal(store.sweep.run(), false);
    store.clock.advance(1000 + 249);
    assert.equal(store.sweep.run(), true);
    const afterOne = store.run('dbsize') as number;
    assert.ok(afterOne >= 302 - 128 && afterOne < 302, `${afterOne} keys after one batch`);
    while (store.sweep.run());
    assert.equal(store.run('dbsize'), 52);
    assert.equal(store.sweep.expiredKeys, 250);
    store.clock.advance(51);
    while (store.sweep.run());
    assert.equal(store.run('dbsize'), 2);
    assert.equal(store.store.expiringKeys, 1);
  });

  it('ends a batch once its time is over', async () => {
    await using store = new StoreCommands();
    for (let i = 0; i < 100; i++) store.run('set', `k${i}`, 'v', 'px', '1');
    store.clock.advance(1);
    // A clock on which each look costs a millisecond.
    let looks = 0;
    const slow = new Proxy(store.clock, {
      get: (clock, name) => (name === 'now' ? () => looks++ : Reflect.get(clock, name)),
    });
    const sweep = new ExpirySweep(
      store.store,
      { budgetMs: 1 },
      { clock: slow, expiryClock: new ExpiryClock(store.clock), commit: body => store.executor.commit(body) },
    );
    store.clock.advance(1);
    assert.equal(sweep.run(), true);
    assert.equal(sweep.expiredKeys, 8);
  });

  it('drops an entry of the index whose key does not expire then', async () => {
    await using store = new StoreCommands();
    store.run('set', 'k', 'v', 'px', '100');
    const { environment } = store.store;
    const source = Buffer.from('k');
    const record = environment.data.getBinary(new StoredKey(source) as never)!;
    store.run('set', 'k', 'v', 'px', '5000');
    // As a damaged record would leave it: the entry of 100 ms is there, and the key expires later.
    store.run('del', 'k');
    store.run('set', 'k', 'v', 'px', '100');
    store.store.transaction(() => {
      environment.data.putSync(
        new StoredKey(source) as never,
        Buffer.concat([record.subarray(0, 4), Buffer.alloc(8), record.subarray(12)]),
      );
    });
    store.clock.advance(100);
    store.sweep.run();
    assert.equal(store.store.expiringKeys, 0);
    assert.equal(store.sweep.expiredKeys, 0);
    assert.match(String(store.run('get', 'k')), /^-CORRUPT/);
  });
});
