import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { RespListener } from '../../../src/resp/resp-listener.ts';
import type { Log } from '../../../src/telemetry/log.ts';
import { silentLog } from '../../../src/telemetry/log.ts';
import { eventually } from '../../support/eventually.ts';
import { type RespServer, RespWire, startRespServer, wire } from '../../support/resp-server.ts';

const heap = () => process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed;

/** That the port serves others as if nothing had happened. */
async function assertServes(listener: RespListener): Promise<void> {
  const client = new RespWire(listener.port);
  assert.equal(await client.command('PING'), 'PONG');
  client.end();
}

async function metric(server: RespServer, line: string): Promise<boolean> {
  return (await server.metrics.expose()).split('\n').includes(line);
}

describe('attack 27: absurd lengths on the RESP port', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['*3000000000\r\n', 'ERR Protocol error: invalid multibulk length'],
    ['*1\r\n$2000000000\r\n', 'ERR Protocol error: invalid bulk length'],
    ['*2147483648\r\n', 'ERR Protocol error: invalid multibulk length'],
    ['*-99999999999999999999\r\n', 'ERR Protocol error: invalid multibulk length'],
    ['*1\r\n$-1\r\n', 'ERR Protocol error: invalid bulk length'],
    ['*2\r\n$3\r\nGET\r\n$99999999999999999999\r\n', 'ERR Protocol error: invalid bulk length'],
    ['*1\r\n:1\r\n', "ERR Protocol error: expected '$', got ':'"],
    ['set "unbalanced\r\n', 'ERR Protocol error: unbalanced quotes in request'],
    ['x'.repeat(70_000), 'ERR Protocol error: too big inline request'],
    [`*${'1'.repeat(70_000)}`, 'ERR Protocol error: too big mbulk count string'],
    [`*1\r\n$${'1'.repeat(70_000)}`, 'ERR Protocol error: too big bulk count string'],
  ];
  for (const [bytes, error] of cases) {
    it(`${JSON.stringify(bytes.slice(0, 40))} is a protocol error, answered and closed`, async t => {
      const server = await startRespServer(t);
      const client = wire(t, server);
      const before = heap();
      client.send(['PING']);
      client.write(bytes);
      assert.equal(await client.read(), 'PONG');
      assert.equal(await client.readRaw(), `-${error}\r\n`);
      await client.closed;
      assert.equal(client.rest, '');
      assert.ok(heap() - before < 32 * 2 ** 20, 'nothing of that size was allocated');
      assert.ok(await metric(server, 'trunkline_resp_connections_closed_total{reason="protocol_error"} 1'));
      await assertServes(server.listener);
    });
  }

  it('strangers may send small commands only', async t => {
    const server = await startRespServer(t, { password: 'secret enough' });
    for (const [bytes, error] of [
      ['*11\r\n', 'ERR Protocol error: unauthenticated multibulk length'],
      ['*2\r\n$4\r\nAUTH\r\n$16385\r\n', 'ERR Protocol error: unauthenticated bulk length'],
    ] as const) {
      const client = wire(t, server);
      client.write(bytes);
      assert.equal(await client.readRaw(), `-${error}\r\n`);
      await client.closed;
    }
    const client = wire(t, server);
    assert.equal(await client.raw('GET', 'a'), '-NOAUTH Authentication required.\r\n');
    assert.equal(
      await client.raw('AUTH', 'wrong'),
      '-WRONGPASS invalid username-password pair or user is disabled.\r\n',
    );
    assert.equal(await client.raw('AUTH', 'secret enough'), '+OK\r\n');
    assert.equal(await client.raw('SET', 'a', 'x'.repeat(100_000)), '+OK\r\n');
    assert.equal(server.storage.requests.length, 1);
  });
});

describe('attack 28: HTTP on the RESP port', () => {
  const requests = [
    'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20\r\n\r\nSET stolen 1\r\n',
    'post /x HTTP/1.1\r\n\r\nSET stolen 1\r\n',
    'GET / HTTP/1.1\r\nHost: localhost:6379\r\n\r\nSET stolen 1\r\n',
    '*2\r\n$4\r\nPOST\r\n$1\r\n/\r\n*3\r\n$3\r\nSET\r\n$6\r\nstolen\r\n$1\r\n1\r\n',
    'Host: localhost\r\nSET stolen 1\r\n',
  ];
  for (const request of requests) {
    it(`${JSON.stringify(request.slice(0, 34))} closes the connection at once, and what follows does not run`, async t => {
      const warnings: string[] = [];
      const log: Log = { ...silentLog, warn: message => void warnings.push(message) };
      const server = await startRespServer(t, {}, { log });
      const client = wire(t, server);
      client.write(request);
      await client.closed;
      assert.equal(server.storage.values.has('stolen'), false);
      assert.doesNotMatch(client.rest, /OK/);
      assert.deepEqual(warnings, ['HTTP was sent to the RESP port; the connection was closed']);
      await assertServes(server.listener);
    });
  }
});

describe('attack 29: a client that never reads its replies', () => {
  it('is closed at the output limit; others go on', async t => {
    const server = await startRespServer(t, { maxOutputBytes: 2 ** 20 });
    const client = wire(t, server);
    assert.equal(await client.raw('SET', 'big', 'x'.repeat(100_000)), '+OK\r\n');
    client.socket.pause();
    const commands = Array.from({ length: 200 }, () => ['GET', 'big']);
    client.send(...commands);
    await eventually(() => server.listener.connectionCount === 0, 'the connection is cut');
    assert.ok(await metric(server, 'trunkline_resp_connections_closed_total{reason="output_limit"} 1'));
    await assertServes(server.listener);
  });

  it('is closed when it is a subscriber; its publisher and the other subscribers go on', async t => {
    const server = await startRespServer(t, { maxOutputBytes: 2 ** 20 });
    const slow = wire(t, server);
    const good = wire(t, server);
    await slow.command('SUBSCRIBE', 'c');
    await good.command('SUBSCRIBE', 'c');
    slow.socket.pause();
    const publisher = wire(t, server);
    const message = 'x'.repeat(50_000);
    let receivers = 2;
    for (let i = 0; receivers === 2 && i < 1000; i++) {
      receivers = (await publisher.command('PUBLISH', 'c', message)) as number;
      await good.read();
    }
    assert.equal(receivers, 1);
    assert.equal(server.listener.connectionCount, 2);
  });

  it('in company holds no more memory than all may together, and the others are served meanwhile', async t => {
    const server = await startRespServer(t, { maxTotalOutputBytes: 4 * 2 ** 20 });
    const good = wire(t, server);
    assert.equal(await good.raw('SET', 'big', 'x'.repeat(500_000)), '+OK\r\n');
    const idle = Array.from({ length: 40 }, () => wire(t, server));
    for (const client of idle) {
      client.socket.pause();
      client.send(...Array.from({ length: 100 }, () => ['GET', 'big']));
    }
    await eventually(() => server.listener.connectionCount < 40, 'the first of them are cut');
    for (let i = 0; i < 20; i++) assert.equal(await good.command('GET', 'none'), null);
    const waiting = Number(/trunkline_resp_output_bytes (\d+)/.exec(await server.metrics.expose())?.[1]);
    assert.ok(waiting <= 5 * 2 ** 20, `${waiting} bytes wait`);
  });

  it('does not make memory grow while its commands pile up unread', async t => {
    const server = await startRespServer(t, { maxOutputBytes: 2 ** 20 });
    server.storage.isHeld = true;
    const client = wire(t, server);
    const chunk = Buffer.from('*2\r\n$3\r\nGET\r\n$1\r\na\r\n'.repeat(50_000));
    const before = heap();
    for (let i = 0; i < 20; i++) client.write(chunk);
    await eventually(() => server.listener.inFlight > 0);
    await new Promise(resolve => setImmediate(resolve));
    assert.ok(server.listener.inFlight <= 1024);
    assert.ok(heap() - before < 64 * 2 ** 20, 'the rest waits in the sockets');
    client.end();
    server.storage.release();
  });
});

describe('attack 5: names of properties as keys, channels and names', () => {
  const names = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf'];

  it('are keys and values like any other', async t => {
    const server = await startRespServer(t);
    const client = wire(t, server);
    for (const name of names) assert.equal(await client.raw('GET', name), '$-1\r\n', name);
    for (const name of names) assert.equal(await client.raw('SET', name, name), '+OK\r\n', name);
    for (const name of names) assert.equal(String(await client.command('GET', name)), name);
    assert.equal(await client.command('DEL', ...names), names.length);
  });

  it('are channels, patterns and client names like any other', async t => {
    const server = await startRespServer(t);
    const client = wire(t, server);
    const publisher = wire(t, server);
    for (const name of names) {
      assert.equal(await publisher.command('PUBLISH', name, 'x'), 0, name);
      await client.command('SUBSCRIBE', name);
      assert.equal(await publisher.command('PUBLISH', name, 'x'), 1, name);
      assert.deepEqual(String(await client.read()), `message,${name},x`);
      assert.equal(await publisher.raw('CLIENT', 'SETNAME', name), '+OK\r\n');
      assert.equal(String(await publisher.command('CLIENT', 'GETNAME')), name);
    }
    assert.equal(({} as Record<string, unknown>).x, undefined);
  });

  it('are no commands, subcommands or settings', async t => {
    const server = await startRespServer(t);
    const client = wire(t, server);
    for (const name of names) {
      assert.match(await client.raw(name), /^-ERR unknown command/);
      for (const container of ['CLIENT', 'CONFIG', 'COMMAND', 'PUBSUB']) {
        assert.match(await client.raw(container, name), /^-ERR unknown subcommand/);
      }
      assert.equal(await client.raw('CONFIG', 'GET', name), '*0\r\n');
      assert.equal(await client.raw('COMMAND', 'INFO', name), '*1\r\n$-1\r\n');
      assert.equal(await client.raw('INFO', name), '$0\r\n\r\n');
    }
  });
});

describe('garbage on the RESP port', () => {
  it('never ends the listener, and is answered or closed within a bound', async t => {
    const server = await startRespServer(t);
    const word = fc.constantFrom(
      ...[
        '*1\r\n',
        '*3\r\n',
        '$3\r\n',
        'GET\r\n',
        '$-1\r\n',
        '\r\n',
        'SET k v\r\n',
        'HELLO 3\r\n',
        'CLIENT REPLY OFF\r\n',
      ],
      ...[
        'SUBSCRIBE a\r\n',
        'RESET\r\n',
        'PUBLISH a b\r\n',
        'MULTI\r\n',
        '"',
        "'",
        '\0',
        '\xff',
        'CLIENT KILL ID 1\r\n',
      ],
      ...[
        'SCAN 0\r\n',
        'CLIENT REPLY SKIP\r\n',
        'INFO\r\n',
        'COMMAND\r\n',
        'CLIENT LIST\r\n',
        'QUIT\r\n',
        'HELLO 2\r\n',
      ],
    );
    const bytes = fc.oneof(
      fc.array(word, { maxLength: 30 }).map(words => words.join('')),
      fc.string({ unit: 'binary-ascii', maxLength: 200 }),
    );
    await fc.assert(
      fc.asyncProperty(bytes, async text => {
        const client = new RespWire(server.listener.port);
        client.write(text);
        client.socket.end();
        await client.closed;
      }),
      { numRuns: 150 },
    );
    await eventually(() => server.listener.connectionCount === 0);
    await assertServes(server.listener);
  });
});
