import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { Redis } from 'ioredis';
import { explainFailure } from '../../../src/cli/explain-failure.ts';
import { eventually } from '../../support/eventually.ts';
import { processesOf } from '../../support/live-tree.ts';
import { startStubUpstream } from '../../support/stub-upstream.ts';
import { startTrunkline } from '../../support/trunkline.ts';
import { TrunklineCommands } from '../../support/trunkline-process.ts';

function newDirectory(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'trunkline-storage-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

const yamlOf = (directory: string, url = 'http://127.0.0.1:1/', resp = 0) =>
  [
    `storage: { directory: "${directory}", resp: { port: ${resp} }, readers: { min: 1, max: 1 } }`,
    'chains:',
    `  test: { chain_id: 31337, block_time: 1s, providers: [{ id: s1, url: "${url}" }] }`,
  ].join('\n');

function redisOf(t: TestContext, port: number): Redis {
  const redis = new Redis({ port, host: '127.0.0.1', retryStrategy: () => 50 });
  redis.on('error', () => {});
  t.after(() => redis.disconnect());
  return redis;
}

describe('a Trunkline with storage', () => {
  it('shows it in health, statistics and metrics, and keeps what is written over a restart', async t => {
    const directory = newDirectory(t);
    const stub = await startStubUpstream(t);
    const first = await startTrunkline(yamlOf(directory, stub.url), t);
    const storage = first.exchange.storage!;
    const redis = redisOf(t, storage.respPort!);
    assert.equal(await redis.set('a', '1'), 'OK');
    assert.equal(await storage.store('kv').incr('a'), 2);
    await eventually(
      () => storage.stats().threads.every(({ loopDelayP99Ms }) => loopDelayP99Ms > 0),
      'reports',
    );

    const read = async (path: string) => (await fetch(first.url + path)).text();
    for (const path of ['/health', '/ready']) {
      const { checks } = JSON.parse(await read(path));
      assert.equal(checks.storage.status, 'ok', path);
      assert.equal(checks.storage.details.breaker, 'closed');
    }
    const { storage: shown } = JSON.parse(await read('/stats'));
    assert.deepEqual([shown.writer, shown.recovery, shown.readers], ['running', 'running', 1]);
    assert.deepEqual(
      shown.stores.map(({ name, keys }: { name: string; keys: number }) => [name, name === 'log' || keys]),
      [
        ['kv', 1],
        ['log', true],
        ['pipelines', 0],
      ],
    );
    const metrics = await read('/metrics');
    assert.match(metrics, /trunkline_storage_thread_commands_total\{thread="writer"\} [1-9]/);
    assert.match(metrics, /trunkline_storage_keys\{store="kv"\} 1\n/);
    assert.match(metrics, /trunkline_storage_readers 1\n/);
    assert.match(metrics, /trunkline_health_status\{check="storage"\} 1\n/);

    await first.stop();
    const second = await startTrunkline(yamlOf(directory, stub.url), t);
    assert.deepEqual(await second.exchange.storage!.store('kv').get('a'), Buffer.from('2'));
  });

  it('serves the chains while its storage restarts, and Redis clients stay connected', async t => {
    const stub = await startStubUpstream(t);
    stub.on('eth_gasPrice', () => '0x77');
    const { exchange, url, allUp } = await startTrunkline(yamlOf(newDirectory(t), stub.url), t);
    await allUp();
    const redis = redisOf(t, exchange.storage!.respPort!);
    await redis.set('a', '1');
    const before = processesOf(exchange);
    let isOver = false;
    let calls = 0;
    const rpc = (async () => {
      while (!isOver) {
        const response = await fetch(`${url}/rpc/test`, {
          method: 'POST',
          body: '{"jsonrpc":"2.0","id":1,"method":"eth_gasPrice"}',
        });
        assert.match(await response.text(), /"0x77"/);
        calls++;
      }
    })();
    exchange.system.exit(before.get('storage/storage_threads/writer')!, 'kill');
    assert.equal(await redis.get('a'), '1');
    await eventually(() => calls > 20, 'calls');
    isOver = true;
    await rpc;
    const after = processesOf(exchange);
    const replaced = [...before.keys()].filter(place => after.get(place) !== before.get(place));
    assert.deepEqual(replaced, ['storage/storage_threads/writer', 'storage/storage_threads/readers']);
    assert.equal(redis.status, 'ready');
    assert.equal(exchange.storage!.stats().restarts, 1);
  });

  for (const victim of ['storage_threads', 'storage_resp', 'circuit_breaker'])
    it(`restarts nothing outside of its storage when ${victim} dies`, async t => {
      const { exchange } = await startTrunkline(yamlOf(newDirectory(t)), t);
      const store = exchange.storage!.store('kv');
      await store.set('a', '1');
      const before = processesOf(exchange);
      exchange.system.exit(before.get(`storage/${victim}`)!, 'kill');
      const after = await eventually(() => {
        const now = processesOf(exchange);
        return [...before.keys()].every(place => now.has(place)) ? now : undefined;
      }, 'all processes');
      const replaced = [...before.keys()].filter(place => after!.get(place) !== before.get(place));
      assert.ok(replaced.length > 0);
      assert.deepEqual(
        replaced.filter(place => !place.startsWith(`storage/${victim}`)),
        [],
      );
      assert.deepEqual(await store.get('a'), Buffer.from('1'));
      assert.equal(exchange.tree()!.children.find(({ id }) => id === 'storage')!.restarts, 0);
    });

  it('survives the death of its storage supervisor as one restart, and keeps its directory', async t => {
    const { exchange } = await startTrunkline(yamlOf(newDirectory(t)), t);
    const store = exchange.storage!.store('kv');
    await store.set('a', '1');
    const before = processesOf(exchange);
    exchange.system.exit(before.get('storage')!, 'kill');
    await eventually(async () => String(await store.get('a')) === '1', 'the value');
    assert.equal(processesOf(exchange).get('telemetry'), before.get('telemetry'));
  });

  it('does not start on a directory that another one uses, and can once it stops', async t => {
    const directory = newDirectory(t);
    const first = await startTrunkline(yamlOf(directory), t);
    await assert.rejects(startTrunkline(yamlOf(directory)), { code: 'storage_locked' });
    await first.stop();
    await startTrunkline(yamlOf(directory), t);
  });

  it('does not start when the port for Redis clients is taken, and can once it is free', async t => {
    const taken = createServer().listen(0, '127.0.0.1');
    t.after(() => taken.close());
    await eventually(() => taken.listening);
    const { port } = taken.address() as { port: number };
    const directory = newDirectory(t);
    const failure = await startTrunkline(yamlOf(directory, undefined, port)).catch(explainFailure);
    assert.match(String(failure), new RegExp(`${port}`));
    // It holds nothing back: not the directory, not the threads.
    await startTrunkline(yamlOf(directory), t);
  });

  it('ends with 1 and one clear line when its database is damaged', async t => {
    const directory = newDirectory(t);
    mkdirSync(join(directory, 'kv'));
    writeFileSync(join(directory, 'kv', 'data.mdb'), Buffer.alloc(65_536, 'garbage'));
    const commands = new TrunklineCommands(t);
    const run = await commands.startUnready(yamlOf(directory));
    assert.equal(await run.exited, 1);
    assert.match(
      run.stderr(),
      /trunkline: The store in .*kv is damaged and was not opened.*trunkline storage check/,
    );
  });
});
