import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RespError } from '../../../src/protocol/resp/reply-reader.ts';
import { RespListener } from '../../../src/resp/resp-listener.ts';
import { StorageError } from '../../../src/storage/errors.ts';
import { silentLog } from '../../../src/telemetry/log.ts';
import { PromMetricRegistry } from '../../../src/telemetry/prom-metric-registry.ts';
import { eventually } from '../../support/eventually.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MapStorage } from '../../support/map-storage.ts';
import { RespWire, respOptions, startRespServer, wire } from '../../support/resp-server.ts';

const ok = '+OK\r\n';

describe('RespListener', () => {
  it('answers storage commands and its own in the order they came', async t => {
    const server = await startRespServer(t);
    const client = wire(t, server);
    client.send(
      ['SET', 'a', '1'],
      ['PING'],
      ['GET', 'a'],
      ['ECHO', 'x'],
      ['NOPE'],
      ['GET', 'none'],
      ['PING', 'y'],
    );
    const replies: string[] = [];
    for (let i = 0; i < 7; i++) replies.push(await client.readRaw());
    assert.deepEqual(replies, [
      ok,
      '+PONG\r\n',
      '$1\r\n1\r\n',
      '$1\r\nx\r\n',
      "-ERR unknown command 'NOPE', with args beginning with: \r\n",
      '$-1\r\n',
      '$1\r\ny\r\n',
    ]);
  });

  it('keeps the order when the storage answers the last request first', async t => {
    const server = await startRespServer(t);
    server.storage.isHeld = true;
    const client = wire(t, server);
    client.send(['SET', 'a', '1'], ['ECHO', 'one'], ['GET', 'a'], ['ECHO', 'two'], ['DBSIZE']);
    await eventually(() => server.storage.waiting === 3);
    server.storage.release(true);
    assert.equal(await client.readRaw(), ok);
    assert.equal(await client.readRaw(), '$3\r\none\r\n');
    assert.equal(await client.readRaw(), '$-1\r\n', 'the map ran the last one first');
    assert.equal(await client.readRaw(), '$3\r\ntwo\r\n');
    assert.equal(await client.readRaw(), ':0\r\n');
  });

  it('packs a pipeline of storage commands into one request', async t => {
    const server = await startRespServer(t);
    const client = wire(t, server);
    client.send(['SET', 'a', '1'], ['SET', 'b', '2'], ['GET', 'a']);
    for (let i = 0; i < 3; i++) await client.read();
    client.send(['GET', 'a'], ['GET', 'b']);
    for (let i = 0; i < 2; i++) await client.read();
    client.send(['SET', 'a', '1'], ['SET', 'b', '2']);
    for (let i = 0; i < 2; i++) await client.read();
    client.send(['INCR', 'n']);
    await client.read();
    const seen = server.storage.requests.map(r => [
      r.count,
      r.access,
      r.isRepeatable,
      r.isAtomic,
      r.protocol,
    ]);
    assert.deepEqual(seen, [
      [3, 'write', false, false, 2],
      [2, 'read', true, false, 2],
      [2, 'write', true, false, 2],
      [1, 'write', false, false, 2],
    ]);
    assert.equal(new Set(server.storage.requests.map(r => r.session)).size, 1);
  });

  it('stops reading while many commands are in flight, and loses none', async t => {
    const server = await startRespServer(t);
    server.storage.isHeld = true;
    const client = wire(t, server);
    const count = 5000;
    client.send(...Array.from({ length: count }, () => ['INCR', 'n']));
    await eventually(async () =>
      (await server.metrics.expose()).includes('trunkline_resp_reads_paused_total 1'),
    );
    const taken = server.storage.requests.reduce((sum, request) => sum + request.count, 0);
    assert.ok(taken <= 1024, `${taken} commands in flight`);
    server.storage.release();
    for (let i = 1; i <= count; i++) assert.equal(await client.read(), i);
  });

  it('holds all connections together below the limit in flight', async t => {
    const server = await startRespServer(t, { maxInFlight: 100 });
    server.storage.isHeld = true;
    const clients = Array.from({ length: 4 }, () => wire(t, server));
    for (const client of clients) client.send(...Array.from({ length: 80 }, () => ['INCR', 'n']));
    await eventually(() => server.listener.inFlight >= 100);
    assert.equal(server.listener.inFlight, 100);
    server.storage.release();
    for (const client of clients) for (let i = 0; i < 80; i++) await client.read();
    assert.equal(server.storage.values.get('n')?.toString(), '320');
  });

  it('answers each command of a request that failed, in words that clients act on', async t => {
    const server = await startRespServer(t);
    const client = wire(t, server);
    const cases = [
      ['storage_overloaded', '-TRYAGAIN Too many commands wait for the storage, try again later\r\n'],
      ['storage_unavailable', '-LOADING Redis is loading the dataset in memory\r\n'],
      ['storage_timeout', '-ERR The storage did not answer in time\r\n'],
      ['storage_outcome_unknown', '-ERR The storage ended meanwhile\r\n'],
    ] as const;
    for (const [code, line] of cases) {
      server.storage.failure = new StorageError(code);
      client.send(['GET', 'a'], ['GET', 'b']);
      assert.equal(await client.readRaw(), line);
      assert.equal(await client.readRaw(), line);
    }
  });

  it('says of a write, not of a read, that it may have been applied', async t => {
    const server = await startRespServer(t);
    const client = wire(t, server);
    const cases = [
      ['storage_timeout', '-ERR The storage did not answer in time'],
      ['storage_outcome_unknown', '-ERR The storage ended meanwhile'],
      ['storage_breaker_open', undefined],
    ] as const;
    for (const [code, line] of cases) {
      server.storage.failure = new StorageError(code);
      client.send(['SET', 'a', '1'], ['INCR', 'b']);
      for (const reply of [await client.readRaw(), await client.readRaw()])
        if (line === undefined) assert.doesNotMatch(reply, /applied/);
        else assert.equal(reply, `${line}; a write may or may not have been applied\r\n`);
    }
  });

  it('gives SCAN numbers for cursors, and refuses those it does not know', async t => {
    const server = await startRespServer(t);
    const client = wire(t, server);
    for (const key of ['a', 'b', 'c', 'd', 'e']) await client.command('SET', key, '1');
    const keys: string[] = [];
    let cursor = '0';
    do {
      const [next, page] = (await client.command('SCAN', cursor)) as [Buffer, Buffer[]];
      assert.match(next.toString(), /^[0-9]+$/);
      cursor = next.toString();
      keys.push(...page.map(String));
    } while (cursor !== '0');
    assert.deepEqual(keys, ['a', 'b', 'c', 'd', 'e']);
    for (const bad of ['x', '-1', '99999', '1 ']) {
      assert.equal(await client.raw('SCAN', bad), '-ERR invalid cursor\r\n');
    }
  });

  it('refuses connections above the limit in the words of Redis', async t => {
    const server = await startRespServer(t, { maxConnections: 1 });
    const first = wire(t, server);
    assert.equal(await first.command('PING'), 'PONG');
    const second = wire(t, server);
    assert.deepEqual(await second.read(), new RespError('ERR max number of clients reached'));
    await second.closed;
    first.end();
    await eventually(() => server.listener.connectionCount === 0);
    assert.equal(await wire(t, server).command('PING'), 'PONG');
  });

  it('closes silent connections, but not those that subscribe', async t => {
    const clock = new ManualClock();
    const server = await startRespServer(t, { idleTimeoutMs: 60_000 }, { clock });
    const silent = wire(t, server);
    const subscriber = wire(t, server);
    await silent.command('PING');
    await subscriber.command('SUBSCRIBE', 'c');
    clock.advance(59_000);
    assert.equal(server.listener.connectionCount, 2);
    clock.advance(3000);
    await silent.closed;
    assert.equal(server.listener.connectionCount, 1);
  });

  it('closes strangers after a while, where there is a password', async t => {
    const clock = new ManualClock();
    const server = await startRespServer(t, { password: 'secret enough' }, { clock });
    const stranger = wire(t, server);
    const friend = wire(t, server);
    assert.match(await stranger.raw('PING'), /^-NOAUTH/);
    assert.equal(await friend.raw('AUTH', 'secret enough'), ok);
    clock.advance(62_000);
    await stranger.closed;
    assert.equal(await friend.command('PING'), 'PONG');
  });

  it('lets others have their turn while one sends costly commands', async t => {
    const server = await startRespServer(t, { maxOutputBytes: 512 * 2 ** 20 });
    const greedy = wire(t, server);
    const other = wire(t, server);
    await other.command('PING');
    greedy.socket.removeAllListeners('data').resume();
    // All of them fit into one chunk.
    const count = 6000;
    greedy.write('COMMAND\n'.repeat(count));
    const done = async () => {
      const found = /^trunkline_resp_commands_total\{command="command"\} (\d+)$/m.exec(
        await server.metrics.expose(),
      );
      return Number(found?.[1] ?? 0);
    };
    await eventually(async () => (await done()) > 0);
    await other.command('PING');
    assert.ok((await done()) < count, 'the other was answered in between');
    await eventually(async () => (await done()) === count);
  });

  it('counts what it does', async t => {
    const server = await startRespServer(t);
    const client = wire(t, server);
    client.send(['SET', 'a', '1'], ['GET', 'a'], ['GET', 'a'], ['PING'], ['NOPE'], ['WORSE'], ['GET']);
    for (let i = 0; i < 7; i++) await client.read();
    await client.command('SUBSCRIBE', 'c');
    await wire(t, server).command('PUBLISH', 'c', 'm');
    const exposed = await server.metrics.expose();
    for (const line of [
      'trunkline_resp_connections 2',
      'trunkline_resp_connections_accepted_total 2',
      'trunkline_resp_commands_total{command="get"} 3',
      'trunkline_resp_commands_total{command="set"} 1',
      'trunkline_resp_commands_total{command="ping"} 1',
      'trunkline_resp_commands_total{command="unknown"} 2',
      'trunkline_resp_commands_refused_total{reason="unknown"} 2',
      'trunkline_resp_commands_refused_total{reason="arguments"} 1',
      'trunkline_resp_subscriptions 1',
      'trunkline_resp_messages_published_total 1',
      'trunkline_resp_messages_delivered_total 1',
      'trunkline_resp_commands_in_flight 0',
    ]) {
      assert.ok(exposed.split('\n').includes(line), line);
    }
    assert.match(exposed, /^trunkline_resp_received_bytes_total [1-9]/m);
    assert.match(exposed, /^trunkline_resp_sent_bytes_total [1-9]/m);
  });

  it('answers the same whether bytes come together or one by one', async t => {
    const server = await startRespServer(t);
    const script =
      'PING\r\n*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$3\r\na\r\n\r\nGET k\r\nHELLO 3\r\n*2\r\n$4\r\nECHO\r\n$2\r\nhi\r\nNOPE "x y"\r\nGET none\r\nQUIT\r\n';
    const outcome = async (chunks: Iterable<string>): Promise<string> => {
      const client = wire(t, server);
      for (const chunk of chunks) {
        client.write(chunk);
        await new Promise(resolve => setImmediate(resolve));
      }
      await client.closed;
      return client.rest.replace(/\$2\r\nid\r\n:\d+/, 'id');
    };
    const whole = await outcome([script]);
    assert.match(
      whole,
      /^\+PONG\r\n\+OK\r\n\$3\r\na\r\n\r\n%7.*-ERR unknown command 'NOPE'.*_\r\n\+OK\r\n$/s,
    );
    assert.equal(await outcome(script), whole);
  });

  it('bounds what all connections hold of commands that are not complete', async t => {
    const server = await startRespServer(t, { maxBulkBytes: 16 * 2 ** 20, maxQueryBytes: 8 * 2 ** 20 });
    const clients = Array.from({ length: 4 }, () => wire(t, server));
    const part = Buffer.alloc(3 * 2 ** 20, 'x');
    for (const client of clients) {
      client.write('*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$16000000\r\n');
      client.write(part);
    }
    await eventually(async () =>
      /closed_total\{reason="query_limit"\} [1-3]$/m.test(await server.metrics.expose()),
    );
    assert.equal(await wire(t, server).command('PING'), 'PONG');
    for (const client of clients) client.end();
    await eventually(() => server.listener.connectionCount === 1);
    assert.match(await server.metrics.expose(), /^trunkline_resp_query_bytes 0$/m);
  });

  it('answers what a client sent before it closed its side', async t => {
    const server = await startRespServer(t);
    server.storage.isHeld = true;
    const client = wire(t, server);
    client.send(['SET', 'a', '1'], ['PING']);
    client.socket.end();
    await eventually(() => server.storage.waiting === 1);
    server.storage.release();
    assert.equal(await client.readRaw(), ok);
    assert.equal(await client.read(), 'PONG');
    await client.closed;
  });

  it('lets commands in flight be answered when it stops', async t => {
    const server = await startRespServer(t);
    server.storage.isHeld = true;
    const client = wire(t, server);
    client.send(['SET', 'a', '1']);
    await eventually(() => server.storage.waiting === 1);
    const drained = server.listener.drain();
    server.storage.release();
    assert.equal(await client.readRaw(), ok);
    await drained;
    await client.closed;
    await new RespWire(server.listener.port).closed;
  });

  it('stops within its bound when the storage does not answer', async t => {
    const clock = new ManualClock();
    const server = await startRespServer(t, { drainTimeoutMs: 1000 }, { clock });
    server.storage.isHeld = true;
    const client = wire(t, server);
    client.send(['SET', 'a', '1']);
    await eventually(() => server.storage.waiting === 1);
    const drained = server.listener.drain();
    clock.advance(1000);
    await drained;
    await client.closed;
    server.storage.release();
  });

  it('does not open to other machines without a password', async () => {
    const create = (host: string, password?: string) =>
      new RespListener(
        { ...respOptions, host, password },
        {
          storage: new MapStorage(),
          figures: () => ({ isReady: true, keys: 0, keysWithExpiry: 0, usedBytes: 0, maxBytes: 0 }),
          clock: new ManualClock(),
          log: silentLog,
          metrics: new PromMetricRegistry(),
        },
      );
    for (const host of ['0.0.0.0', '::', '10.0.0.1', 'example.org', '::ffff:0.0.0.0']) {
      assert.throws(() => create(host), { code: 'resp_exposed' }, host);
    }
    for (const host of ['127.0.0.1', '127.8.8.8', '::1', 'localhost']) create(host);
    create('0.0.0.0', 'long enough');
  });

  it('says so when the port is taken', async t => {
    const server = await startRespServer(t);
    await assert.rejects(startRespServer(t, { port: server.listener.port }), { code: 'resp_port_in_use' });
  });
});
