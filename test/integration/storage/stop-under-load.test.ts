import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Redis } from 'ioredis';
import { findFreePort } from '../../../src/devnet/free-port.ts';
import { eventually } from '../../support/eventually.ts';
import { TrunklineCommands } from '../../support/trunkline-process.ts';

describe('SIGTERM while Redis clients write', () => {
  it('ends the process with 0, and every write that was answered is there afterwards', async t => {
    const directory = mkdtempSync(join(tmpdir(), 'trunkline-storage-'));
    t.after(() => rmSync(directory, { recursive: true, force: true }));
    const port = await findFreePort('127.0.0.1');
    const commands = new TrunklineCommands(t);
    const yaml = [
      `storage: { directory: "${directory}", resp: { port: ${port} }, readers: { min: 1, max: 1 } }`,
      'chains:',
      '  test: { chain_id: 31337, providers: [{ id: s1, url: "http://127.0.0.1:1/" }] }',
    ].join('\n');
    const connected = () => {
      const redis = new Redis({ port, host: '127.0.0.1', retryStrategy: () => 50 });
      redis.on('error', () => {});
      t.after(() => redis.disconnect());
      return redis;
    };
    const ping = async () => (await connected().ping()) === 'PONG';

    const first = await commands.startUnready(yaml);
    await eventually(ping, 'the port', 20_000);
    const acknowledged: string[] = [];
    const clients = Array.from(
      { length: 5 },
      () => new Redis({ port, host: '127.0.0.1', retryStrategy: () => null, enableOfflineQueue: false }),
    );
    await Promise.all(clients.map(client => new Promise(resolve => client.once('ready', resolve))));
    const loads = clients.flatMap((client, c) => {
      client.on('error', () => {});
      let next = 0;
      return Array.from({ length: 20 }, async () => {
        for (;;) {
          const key = `${c}-${next++}`;
          const answer = await client.set(key, key).catch(() => undefined);
          if (answer !== 'OK') return;
          acknowledged.push(key);
        }
      });
    });
    await eventually(() => acknowledged.length > 2_000, 'writes');
    first.child.kill('SIGTERM');
    assert.equal(await first.exited, 0);
    await Promise.all(loads);
    assert.doesNotMatch(first.stderr() + first.stdout(), /"level":"error"|storage thread/);

    const second = await commands.startUnready(yaml);
    await eventually(ping, 'the port again', 20_000);
    const redis = connected();
    const missing: string[] = [];
    for (let at = 0; at < acknowledged.length; at += 1_000) {
      const keys = acknowledged.slice(at, at + 1_000);
      const values = await redis.mget(keys);
      missing.push(...keys.filter((key, i) => values[i] !== key));
    }
    assert.deepEqual(missing, []);
    second.child.kill('SIGTERM');
    assert.equal(await second.exited, 0);
  });
});
