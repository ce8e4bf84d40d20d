import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { HttpListener, type HttpListenerOptions } from '../../../../src/gateway/http/http-listener.ts';
import { PromMetricRegistry } from '../../../../src/telemetry/prom-metric-registry.ts';
import { eventually } from '../../../support/eventually.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

const request = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n';

interface Client {
  readonly socket: Socket;
  readonly received: () => string;
  readonly isClosed: () => boolean;
}

/** A listener on a free port whose requests wait in `waiting` for the test to answer them. */
async function listening(t: TestContext, options: Partial<HttpListenerOptions> = {}) {
  const clock = new ManualClock();
  const metrics = new PromMetricRegistry();
  const waiting: ServerResponse[] = [];
  const upgrades: string[] = [];
  const listener = new HttpListener(
    {
      host: '127.0.0.1',
      port: 0,
      maxConnections: 100,
      headersTimeoutMs: 5_000,
      bodyTimeoutMs: 5_000,
      keepAliveTimeoutMs: 60_000,
      ...options,
    },
    {
      onRequest: (_request, response) => void waiting.push(response),
      onUpgrade: (upgrade, socket) => {
        upgrades.push(String(upgrade.headers.upgrade));
        socket.destroy();
      },
    },
    { clock, metrics },
  );
  await listener.listen();
  t.after(() => listener.close());
  const open = (bytes = ''): Client => {
    const socket = connect(listener.port, '127.0.0.1', () => socket.write(bytes));
    let received = '';
    let isClosed = false;
    socket.on('data', chunk => {
      received += chunk;
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      isClosed = true;
    });
    t.after(() => socket.destroy());
    return { socket, received: () => received, isClosed: () => isClosed };
  };
  return { clock, metrics, waiting, upgrades, listener, open };
}

/** A port that nobody listens on. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise(resolve => server.close(resolve));
  return port;
}

describe('HttpListener', () => {
  it('says that its port is in use', async t => {
    const { listener } = await listening(t);
    const second = listening(t, { port: listener.port });
    await assert.rejects(second, { code: 'port_in_use', message: /is in use; choose another port/ });
  });

  it('serves the same on a second port, and says which one is in use', async t => {
    const secondPort = await freePort();
    const { clock, listener, waiting } = await listening(t, { secondPort });
    const socket = connect(secondPort, '127.0.0.1', () => socket.write(request));
    t.after(() => socket.destroy());
    await eventually(() => waiting.length === 1, 'a request at the second port');
    const taken = listening(t, { secondPort });
    await assert.rejects(taken, { code: 'port_in_use', message: /choose another `server.ws_port`/ });
    waiting[0]!.end('done');
    const drained = listener.drain(1_000);
    await clock.advanceAndSettle(2_000, 10);
    await drained;
  });

  it('drains: accepts nobody, lets what runs finish, closes idle connections after a second', async t => {
    const { clock, waiting, listener, open } = await listening(t);
    const [busy, idle] = [open(request), open(request)];
    await eventually(() => waiting.length === 2, 'two requests');
    waiting[1]!.end('done');
    await eventually(() => idle.received().includes('done') || busy.received().includes('done'), 'an answer');
    let isDrained = false;
    const drained = listener.drain(10_000).then(() => {
      isDrained = true;
    });
    const late = open(request);
    await eventually(late.isClosed, 'the late one refused');
    await clock.advanceAndSettle(900, 9);
    assert.equal([busy, idle].filter(client => client.isClosed()).length, 0, 'a request may be on its way');
    await clock.advanceAndSettle(200, 2);
    await eventually(
      () => [busy, idle].filter(client => client.isClosed()).length === 1,
      'the idle one closed',
    );
    assert.equal(isDrained, false);
    waiting[0]!.end('late answer');
    await eventually(
      () => [busy, idle].some(client => client.received().includes('late answer')),
      'the late answer',
    );
    await eventually(async () => {
      await clock.advanceAndSettle(50);
      return isDrained;
    }, 'drained');
    await drained;
    assert.equal(waiting.length, 2);
  });

  it('serves a request that comes on an idle connection within that second', async t => {
    const { clock, waiting, listener, open } = await listening(t);
    const client = open(request);
    await eventually(() => waiting.length === 1, 'a request');
    waiting[0]!.end('first');
    await eventually(() => client.received().includes('first'), 'its answer');
    const drained = listener.drain(10_000);
    await clock.advanceAndSettle(500, 5);
    client.socket.write(request);
    await eventually(() => waiting.length === 2, 'another request');
    waiting[1]!.setHeader('connection', 'close').end('second');
    await eventually(() => client.received().includes('second') && client.isClosed(), 'its answer');
    await drained;
  });

  it('cuts at the deadline what has not finished, a connection that never said anything too', async t => {
    const { clock, waiting, listener, open } = await listening(t);
    const clients = [open(request), open('GET / HT'), open()];
    await eventually(() => waiting.length === 1, 'a request');
    const drained = listener.drain(3_000);
    await clock.advanceAndSettle(2_900, 29);
    assert.equal(clients[0]!.isClosed(), false);
    await clock.advanceAndSettle(200, 2);
    await drained;
    await eventually(() => clients.every(client => client.isClosed()), 'all cut');
  });

  it('frees its port at once when it is closed', async t => {
    const { waiting, listener, open } = await listening(t);
    const client = open(request);
    await eventually(() => waiting.length === 1, 'a request');
    const { port } = listener;
    listener.close();
    const next = await listening(t, { port });
    assert.equal(next.listener.port, port);
    await eventually(client.isClosed, 'cut');
  });

  it('answers a request that offers HTTP/2 as if it had not, and upgrades WebSockets only', async t => {
    const { waiting, upgrades, open } = await listening(t);
    const upgrade = (to: string) =>
      open(`GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: ${to}\r\n\r\n`);
    upgrade('h2c');
    await eventually(() => waiting.length === 1, 'a plain request');
    upgrade('WebSocket');
    await eventually(() => upgrades.length === 1, 'an upgrade');
    assert.deepEqual(upgrades, ['WebSocket']);
  });

  it('closes connections beyond the limit at once, and counts them and those that are open', async t => {
    const { metrics, open } = await listening(t, { maxConnections: 2 });
    const open2 = [open(), open()];
    await eventually(async () => /connections\{transport="tcp"\} 2/.test(await metrics.expose()), 'two open');
    const third = open();
    await eventually(third.isClosed, 'the third closed');
    assert.match(await metrics.expose(), /connections_refused_total 1/);
    open2[0]!.socket.destroy();
    await eventually(async () => /connections\{transport="tcp"\} 1/.test(await metrics.expose()), 'one open');
  });
});
