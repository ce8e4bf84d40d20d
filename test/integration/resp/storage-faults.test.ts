import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { RespError } from '../../../src/protocol/resp/reply-reader.ts';
import type { RespOptions } from '../../../src/resp/resp-options.ts';
import { eventually } from '../../support/eventually.ts';
import { RespWire } from '../../support/resp-server.ts';
import { RespStack } from '../../support/resp-stack.ts';

const dyingThread = new URL('../../fixtures/storage/dying-thread.ts', import.meta.url);

async function started(t: TestContext, options: Partial<RespOptions> = {}): Promise<RespStack> {
  const stack = await RespStack.start(options, { entry: dyingThread });
  t.after(() => stack.stop());
  return stack;
}

function connect(t: TestContext, stack: RespStack): RespWire {
  const client = new RespWire(stack.port);
  t.after(() => client.end());
  return client;
}

describe('Redis clients while the storage fails', () => {
  it('stay connected when the storage thread dies, and lose no acknowledged write', async t => {
    const stack = await started(t);
    const writers = Array.from({ length: 8 }, () => connect(t, stack));
    const acknowledged: string[] = [];
    let isOver = false;
    const loops = writers.map(async (client, w) => {
      for (let i = 0; !isOver; i += 10) {
        const keys = Array.from({ length: 10 }, (_, k) => `w${w}:${i + k}`);
        client.send(...keys.map(key => ['SET', key, key]));
        for (const key of keys) if ((await client.read()) === 'OK') acknowledged.push(key);
      }
    });
    const control = connect(t, stack);
    const { restarts } = stack.storage.runtime.snapshot().writer;
    for (let deaths = 1; deaths <= 2; deaths++) {
      await eventually(() => acknowledged.length > deaths * 200);
      const reply = await control.command('INCR', 'die:throw');
      assert.deepEqual(
        reply,
        new RespError('ERR The storage ended meanwhile; a write may or may not have been applied'),
      );
      assert.equal(await control.command('PING'), 'PONG');
      await eventually(() => stack.storage.runtime.snapshot().writer.restarts === restarts + deaths);
    }
    const before = acknowledged.length;
    await eventually(() => acknowledged.length > before + 200, 'writes go on');
    isOver = true;
    await Promise.all(loops);
    for (let at = 0; at < acknowledged.length; at += 500) {
      const keys = acknowledged.slice(at, at + 500);
      const values = (await control.command('MGET', ...keys)) as Buffer[];
      assert.deepEqual(values.map(String), keys);
    }
    assert.equal(stack.listener.connectionCount, 9);
  });

  it('read loading:1 while the storage does not run, and are served when it does again', async t => {
    const stack = await started(t);
    const client = connect(t, stack);
    assert.equal(await client.command('SET', 'kept', 'yes'), 'OK');
    assert.match(String(await client.command('INFO', 'persistence')), /^loading:0\r?$/m);
    const refuse = join(stack.storage.directory, 'refuse');
    writeFileSync(refuse, '');
    await client.command('INCR', 'die:throw');
    await eventually(async () => /^loading:1\r?$/m.test(String(await client.command('INFO', 'persistence'))));
    assert.equal(await client.command('PING'), 'PONG');
    client.send(['GET', 'kept']);
    rmSync(refuse);
    assert.equal(String(await client.read()), 'yes');
  });

  it('are told that storage was stopped', async t => {
    const stack = await started(t);
    const client = connect(t, stack);
    await client.command('PING');
    await stack.storage.client.stop(1000);
    assert.deepEqual(await client.command('GET', 'a'), new RespError('ERR The server is shutting down'));
    assert.equal(await client.command('PING'), 'PONG');
  });
});

describe('large values over the RESP port', () => {
  it('come back whole, pipelined among small ones and in pieces', async t => {
    const stack = await started(t, { maxBulkBytes: 16 * 2 ** 20, maxOutputBytes: 64 * 2 ** 20 });
    const client = connect(t, stack);
    const large = Buffer.alloc(5 * 2 ** 20, 'large value ');
    client.send(['SET', 'large', large], ['GET', 'none'], ['GET', 'large'], ['STRLEN', 'large'], ['PING']);
    assert.equal(await client.read(), 'OK');
    assert.equal(await client.read(), null);
    assert.ok(large.equals((await client.read()) as Buffer));
    assert.equal(await client.read(), large.length);
    assert.equal(await client.read(), 'PONG');
    const tooLarge = connect(t, stack);
    tooLarge.write('*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$16777217\r\n');
    assert.deepEqual(await tooLarge.read(), new RespError('ERR Protocol error: invalid bulk length'));
  });
});
