import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, it, type TestContext } from 'node:test';
import { type RedisOptions as AllRedisOptions, Redis } from 'ioredis';
import { eventually } from '../../support/eventually.ts';
import { RespStack } from '../../support/resp-stack.ts';

type RedisOptions = Omit<AllRedisOptions, 'replyMapping'>;

for (const protocol of [2, 3] as const) {
  describe(`ioredis with RESP${protocol}`, () => {
    let stack: RespStack;

    before(async () => {
      stack = await RespStack.start();
    });

    after(async () => {
      await stack?.stop();
    });

    function connect(t: TestContext, options: RedisOptions = {}): Redis {
      const redis = new Redis({ host: '127.0.0.1', port: stack.port, protocol, ...options });
      redis.on('error', () => {});
      t.after(() => redis.disconnect());
      return redis;
    }

    it('reads and writes values of any bytes', async t => {
      const redis = connect(t);
      assert.equal(await redis.set('key', 'value'), 'OK');
      assert.equal(await redis.get('key'), 'value');
      assert.equal(await redis.get('none'), null);
      const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
      await redis.set(bytes, bytes);
      assert.deepEqual(await redis.getBuffer(bytes), bytes);
      const large = Buffer.alloc(900_000, 'abc');
      await redis.set('large', large);
      assert.deepEqual(await redis.getBuffer('large'), large);
      assert.equal(await redis.set('key', 'other', 'EX', 100, 'NX'), null);
      assert.equal(await redis.set('key', 'other', 'EX', 100, 'GET'), 'value');
      assert.ok((await redis.ttl('key')) > 90);
      assert.deepEqual(await redis.mget('key', 'none'), ['other', null]);
      assert.equal(await redis.incrby('n', 5), 5);
      await assert.rejects(redis.incr('key'), /ERR value is not an integer or out of range/);
      await assert.rejects(
        redis.call('NOPE', 'x'),
        /ERR unknown command 'NOPE', with args beginning with: 'x'/,
      );
    });

    it('pipelines, each command with its own reply', async t => {
      const redis = connect(t);
      const pipeline = redis.pipeline();
      for (let i = 0; i < 5000; i++) pipeline.set(`p:${i}`, i).get(`p:${i}`);
      const replies = (await pipeline.exec())!;
      assert.equal(replies.length, 10_000);
      for (let i = 0; i < 5000; i++) {
        assert.deepEqual(replies[2 * i], [null, 'OK']);
        assert.deepEqual(replies[2 * i + 1], [null, `${i}`]);
      }
    });

    it('pipelines by itself across many connections', async t => {
      const clients = Array.from({ length: 10 }, () => connect(t, { enableAutoPipelining: true }));
      await Promise.all(
        clients.map(async (redis, c) => {
          const replies = await Promise.all(Array.from({ length: 500 }, () => redis.incr(`auto:${c}`)));
          assert.deepEqual(
            replies,
            Array.from({ length: 500 }, (_, i) => i + 1),
          );
        }),
      );
    });

    it('iterates over all keys with scanStream', async t => {
      const redis = connect(t, { keyPrefix: '' });
      await redis.flushall();
      await redis.mset(new Map(Array.from({ length: 1000 }, (_, i) => [`s:${i}`, '1'])));
      await redis.set('other', '1');
      const found: string[] = [];
      for await (const page of redis.scanStream({ match: 's:*', count: 37 }))
        found.push(...(page as string[]));
      assert.equal(found.length, 1000);
      assert.equal(new Set(found).size, 1000);
      assert.equal(await redis.dbsize(), 1001);
    });

    it('subscribes to channels and patterns', async t => {
      const subscriber = connect(t);
      const publisher = connect(t);
      const received: string[] = [];
      subscriber.on('message', (channel, message) => received.push(`${channel} ${message}`));
      subscriber.on('pmessage', (pattern, channel, message) =>
        received.push(`${pattern} ${channel} ${message}`),
      );
      assert.equal(await subscriber.subscribe('news', 'constructor'), 2);
      assert.equal(await subscriber.psubscribe('n?ws'), 3);
      assert.deepEqual(await publisher.pubsub('NUMSUB', 'news', 'none'), ['news', 1, 'none', 0]);
      assert.equal(await publisher.publish('news', 'one'), 2);
      assert.equal(await publisher.publish('constructor', 'two'), 1);
      assert.equal(await publisher.publish('nothing', 'nobody'), 0);
      await eventually(() => received.length === 3);
      assert.deepEqual(received, ['news one', 'n?ws news one', 'constructor two']);
      await subscriber.unsubscribe('news', 'constructor');
      await subscriber.punsubscribe('n?ws');
      assert.equal(await subscriber.get('none'), null, 'an ordinary connection again');
    });

    it('loses no message of a burst, in order', async t => {
      const subscriber = connect(t);
      const publisher = connect(t);
      const received: number[] = [];
      subscriber.on('message', (_channel, message) => received.push(Number(message)));
      await subscriber.subscribe('burst');
      await Promise.all(Array.from({ length: 5000 }, (_, i) => publisher.publish('burst', `${i}`)));
      await eventually(() => received.length === 5000);
      assert.deepEqual(
        received,
        Array.from({ length: 5000 }, (_, i) => i),
      );
    });

    it('names itself and is found in the list', async t => {
      const redis = connect(t, { connectionName: 'worker-1' });
      assert.equal(await redis.client('GETNAME'), 'worker-1');
      const list = String(await redis.client('LIST'));
      assert.match(list, new RegExp(`name=worker-1 .*resp=${protocol} lib-name=ioredis`));
    });

    it('connects again when its connection is killed', async t => {
      const redis = connect(t, { retryStrategy: () => 10 });
      await redis.set('kept', 'yes');
      const id = await redis.client('ID');
      const closed = once(redis, 'close');
      await connect(t).call('CLIENT', 'KILL', 'ID', String(id));
      await closed;
      assert.equal(await redis.get('kept'), 'yes');
    });
  });
}

describe('ioredis with a password', () => {
  let stack: RespStack;

  before(async () => {
    stack = await RespStack.start({ password: 'correct horse' });
  });

  after(async () => {
    await stack?.stop();
  });

  for (const protocol of [2, 3] as const) {
    it(`is let in with the right one only (RESP${protocol})`, async t => {
      const open = (options: RedisOptions) => {
        const redis = new Redis({
          host: '127.0.0.1',
          port: stack.port,
          protocol,
          retryStrategy: () => null,
          ...options,
        });
        redis.on('error', () => {});
        t.after(() => redis.disconnect());
        return redis;
      };
      assert.equal(await open({ password: 'correct horse' }).set('a', '1'), 'OK');
      assert.equal(await open({ username: 'default', password: 'correct horse' }).get('a'), '1');
      await assert.rejects(open({}).get('a'), /NOAUTH|closed/);
      await assert.rejects(open({ password: 'wrong' }).get('a'), /WRONGPASS|NOAUTH|closed/);
      await assert.rejects(
        open({ username: 'root', password: 'correct horse' }).get('a'),
        /WRONGPASS|NOAUTH|closed/,
      );
    });
  }
});
