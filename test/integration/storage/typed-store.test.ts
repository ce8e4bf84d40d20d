import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { storeCommands } from '../../../src/storage/client/store-commands.ts';
import type { TypedStore } from '../../../src/storage/client/typed-store.ts';
import { eventually } from '../../support/eventually.ts';
import { RunningStorage } from '../../support/storage-runtime.ts';

describe('TypedStore over a storage thread', () => {
  const storage = new RunningStorage();
  let kv: TypedStore;

  before(async () => {
    await storage.start();
    kv = storage.client.store('kv');
  });
  beforeEach(() => kv.flushAll());
  after(async () => {
    await storage.stop();
    await storage.remove();
  });

  const text = async (key: string) => (await kv.get(key))?.toString();

  test('keeps bytes as they are, under keys of bytes', async () => {
    const key = Buffer.from([0, 255, 13, 10]);
    const value = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    assert.equal(await kv.set(key, value), true);
    assert.deepEqual(await kv.get(key), value);
    const large = Buffer.alloc(3_000_000, 'large');
    await kv.set('large', large);
    assert.deepEqual(await kv.get('large'), large);
    assert.equal(await kv.get('none'), null);
  });

  test('sets under conditions and returns the value before', async () => {
    assert.equal(await kv.set('k', 'a', { ifPresent: true }), false);
    assert.equal(await kv.set('k', 'a', { ifAbsent: true }), true);
    assert.equal(await kv.set('k', 'b', { ifAbsent: true }), false);
    assert.equal((await kv.set('k', 'b', { returnOld: true }))?.toString(), 'a');
    assert.equal(await kv.set('new', 'b', { returnOld: true }), null);
    assert.equal(await text('k'), 'b');
  });

  test('lets keys expire, and tells how long they have', async () => {
    await kv.set('k', 'v', { expiresInMs: 60_000 });
    assert.ok([59, 60].includes((await kv.ttl('k')) as number));
    await kv.set('k', 'w', { keepTtl: true });
    assert.ok(((await kv.pttl('k')) as number) > 50_000);
    assert.equal(await kv.persist('k'), true);
    assert.equal(await kv.persist('k'), false);
    assert.equal(await kv.ttl('k'), 'never');
    assert.equal(await kv.pttl('none'), 'missing');
    assert.equal(await kv.expire('k', 100), true);
    assert.equal(await kv.pexpire('k', 1), true);
    assert.equal(await kv.pexpire('none', 1), false);
    await eventually(async () => (await kv.get('k')) === null, 'the key is gone');
  });

  test('counts, beyond 2^53 too', async () => {
    assert.equal(await kv.incr('n'), 1);
    assert.equal(await kv.incrBy('n', 2n ** 53n), 2n ** 53n + 1n);
    assert.equal(await kv.decrBy('n', 2n ** 53n), 1);
    assert.equal(await kv.decr('n'), 0);
    await kv.set('text', 'x');
    await assert.rejects(kv.incr('text'), { code: 'command_refused', message: /not an integer/ });
  });

  test('takes several keys at once', async () => {
    await kv.mset([
      ['a', '1'],
      ['b', '2'],
    ]);
    assert.deepEqual((await kv.mget(['a', 'none', 'b'])).map(String), ['1', 'null', '2']);
    assert.equal(await kv.exists(['a', 'b', 'none']), 2);
    assert.equal(await kv.exists('a'), 1);
    assert.equal(await kv.del(['a', 'none']), 1);
    assert.equal((await kv.getDel('b'))?.toString(), '2');
    assert.equal(await kv.dbSize(), 0);
  });

  test('knows lengths and types', async () => {
    assert.equal(await kv.append('k', 'ab'), 2);
    assert.equal(await kv.append('k', 'c'), 3);
    assert.equal(await kv.strlen('k'), 3);
    assert.equal(await kv.strlen('none'), 0);
    assert.deepEqual([await kv.type('k'), await kv.type('none')], ['string', 'none']);
  });

  test('scans every key once, and only those that match', async () => {
    const keys = Array.from({ length: 1000 }, (_, i) => `${i % 2 === 0 ? 'even' : 'odd'}:${i}`);
    await kv.mset(keys.map(key => [key, 'v'] as const));
    const found: string[] = [];
    for await (const key of kv.scan({ count: 37 })) found.push(key.toString());
    assert.deepEqual(found.sort(), [...keys].sort());
    let evens = 0;
    for await (const key of kv.scan({ match: 'even:*', count: 100 })) {
      assert.match(key.toString(), /^even:/);
      evens++;
    }
    assert.equal(evens, 500);
    const page = await kv.scanPage(undefined, { count: 10 });
    assert.equal(page.keys.length, 10);
    assert.ok(page.position);
  });

  test('applies a batch as a whole, or nothing of it', async () => {
    const { set, incr, get } = storeCommands;
    const [, sum, value] = await kv.batch([set('a', '1'), incr('a'), get('a')]);
    assert.deepEqual([sum, value?.toString()], [2, '2']);
    await assert.rejects(kv.batch([set('a', 'changed'), set('t', 'x'), incr('t')]), {
      code: 'command_refused',
    });
    assert.equal(await text('a'), '2');
    assert.equal(await text('t'), undefined);
  });

  test('answers thousands of calls at once, each with its own value', async () => {
    const numbers = Array.from({ length: 7000 }, (_, i) => i);
    await Promise.all(numbers.map(i => kv.set(`k${i}`, `v${i}`)));
    const values = await Promise.all(numbers.map(i => kv.get(`k${i}`)));
    assert.deepEqual(
      values.map(String),
      numbers.map(i => `v${i}`),
    );
  });
});
