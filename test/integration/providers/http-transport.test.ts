import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { DeadlineWheel } from '../../../src/clock/deadline-wheel.ts';
import { systemClock } from '../../../src/clock/system-clock.ts';
import { HttpTransport, type HttpTransportOptions } from '../../../src/providers/http-transport.ts';
import { eventually } from '../../support/eventually.ts';
import { httpResponse, startRawServer } from './raw-server.ts';

const payload = Buffer.from('{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}');

type Outcome =
  | { status: number; body: string; headers: Record<string, unknown> }
  | { code: string; sent: boolean };

function setUp(t: TestContext, url: string, options: Partial<HttpTransportOptions> = {}) {
  const transport = new HttpTransport(
    {
      url,
      connections: 4,
      maxQueued: 4,
      connectTimeoutMs: 1000,
      keepAliveMs: 5000,
      maxResponseBytes: 1024 * 1024,
      ...options,
    },
    { deadlines: new DeadlineWheel(systemClock) },
  );
  t.after(() => transport.close());
  const send = (timeoutMs = 5000, isRepeatable = true) => {
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    let calls = 0;
    const once = (outcome: Outcome) => {
      assert.equal(++calls, 1, 'the receiver is called once');
      resolve(outcome);
    };
    const exchange = transport.send(payload, timeoutMs, systemClock.now(), {
      isRepeatable,
      onHttpAnswer: (status, headers, body) => once({ status, headers, body: body.toString() }),
      onHttpFailure: (code, sent) => once({ code, sent }),
    });
    return { promise, exchange, heard: () => calls };
  };
  return { transport, send };
}

/** What one scripted answer leads to. */
async function outcomeOf(
  t: TestContext,
  answer: (socket: Socket) => void,
  options?: Partial<HttpTransportOptions>,
  timeoutMs?: number,
) {
  const server = await startRawServer(t, socket => answer(socket));
  return setUp(t, server.url, options).send(timeoutMs).promise;
}

describe('HttpTransport', { timeout: 60_000 }, () => {
  it('posts the payload with its headers to the path of the URL and hands back status, headers and body', async t => {
    let seen = '';
    const server = await startRawServer(t, (socket, request) => {
      seen = request;
      socket.write(httpResponse('{"ok":1}', '429 Too Many Requests', 'Retry-After: 7\r\n'));
    });
    const url = server.url.replace('http://', 'http://user:p%40ss@');
    const outcome = await setUp(t, `${url}?k=v`, { headers: { 'X-Token': 'abc' } }).send().promise;
    assert.ok('status' in outcome);
    assert.equal(outcome.status, 429);
    assert.equal(outcome.body, '{"ok":1}');
    assert.equal(outcome.headers['retry-after'], '7');
    assert.match(seen, /^POST \/v1\/canary-5f2a9c\?k=v HTTP\/1\.1\r\n/);
    assert.match(seen, /x-token: abc\r\n/);
    assert.match(seen, new RegExp(`authorization: Basic ${Buffer.from('user:p@ss').toString('base64')}\r\n`));
    assert.ok(seen.endsWith(payload.toString()));
  });

  it('reuses one connection for requests that follow each other', async t => {
    const server = await startRawServer(t, socket => socket.write(httpResponse('{}')));
    const { send } = setUp(t, server.url);
    for (let i = 0; i < 20; i++) await send().promise;
    assert.equal(server.connections, 1);
    assert.equal(server.requests, 20);
  });

  it('opens at most `connections` connections, lets `maxQueued` requests wait and refuses the next unsent', async t => {
    const open: Socket[] = [];
    const server = await startRawServer(t, socket => open.push(socket));
    const { transport, send } = setUp(t, server.url, { connections: 2, maxQueued: 3 });
    const sent = Array.from({ length: 5 }, () => send());
    assert.deepEqual(await send().promise, { code: 'queue_full', sent: false });
    assert.equal(transport.queued, 3);
    await eventually(() => open.length === 2, 'both connections in use');
    for (let served = 0; served < 5; served++) {
      await eventually(() => open.length > 0);
      open.shift()!.write(httpResponse('{}'));
    }
    for (const { promise } of sent) assert.ok('status' in (await promise));
    assert.equal(server.connections, 2);
  });

  it('joins a body that arrives in many pieces, chunked or not', async t => {
    const text = JSON.stringify({ result: 'x'.repeat(200_000) });
    const drip = (socket: Socket, pieces: string[]) => {
      const piece = pieces.shift();
      if (piece === undefined) return;
      socket.write(piece);
      setImmediate(() => setImmediate(() => drip(socket, pieces)));
    };
    const whole = httpResponse(text);
    const plain = await outcomeOf(t, socket => drip(socket, whole.match(/.{1,7000}/gs)!));
    assert.ok('body' in plain && plain.body === text);
    const chunks = text.match(/.{1,9000}/gs)!.map(part => `${part.length.toString(16)}\r\n${part}\r\n`);
    const head = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n';
    const chunked = await outcomeOf(t, socket => drip(socket, [head, ...chunks, '0\r\n\r\n']));
    assert.ok('body' in chunked && chunked.body === text);
  });

  it('reports a refused connection as not sent', async t => {
    const server = await startRawServer(t, () => {});
    await server.stop();
    assert.deepEqual(await setUp(t, server.url).send().promise, { code: 'connection_refused', sent: false });
  });

  it('reports a name that does not resolve as not sent', async t => {
    assert.deepEqual(await setUp(t, 'http://no-such-host.invalid/').send().promise, {
      code: 'dns_failed',
      sent: false,
    });
  });

  it('reports a certificate that is not valid, or no TLS at all, as not sent', async t => {
    const server = await startRawServer(t, () => {});
    const outcome = await setUp(t, server.url.replace('http:', 'https:'), { connectTimeoutMs: 500 }).send()
      .promise;
    assert.ok('code' in outcome && !outcome.sent);
    assert.match(outcome.code, /^(tls_failed|connect_timeout|connection_refused)$/);
  });

  it('reports a reset before the answer as sent', async t => {
    assert.deepEqual(await outcomeOf(t, socket => socket.resetAndDestroy()), {
      code: 'connection_lost',
      sent: true,
    });
  });

  it('reports a close before the answer as sent', async t => {
    assert.deepEqual(await outcomeOf(t, socket => socket.end()), { code: 'connection_lost', sent: true });
  });

  it('reports a body that is cut in its middle, never a part of it', async t => {
    const cut = (end: (socket: Socket) => void) => (socket: Socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{"jsonrpc":"2.0","id":1,', () =>
        setTimeout(() => end(socket), 20),
      );
    };
    assert.deepEqual(
      await outcomeOf(
        t,
        cut(socket => socket.end()),
      ),
      { code: 'body_cut', sent: true },
    );
    assert.deepEqual(
      await outcomeOf(
        t,
        cut(socket => socket.resetAndDestroy()),
      ),
      { code: 'body_cut', sent: true },
    );
    const chunked = await outcomeOf(t, socket =>
      socket.end('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n10\r\n{"jsonrpc":"2.0"'),
    );
    assert.deepEqual(chunked, { code: 'body_cut', sent: true });
  });

  it('gives up at the deadline on a provider that accepts and says nothing', async t => {
    assert.deepEqual(await outcomeOf(t, () => {}, {}, 150), { code: 'attempt_timeout', sent: true });
  });

  it('gives up at the deadline on a body that drips', async t => {
    const timers: NodeJS.Timeout[] = [];
    t.after(() => {
      for (const timer of timers) clearInterval(timer);
    });
    const outcome = await outcomeOf(
      t,
      socket => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n');
        timers.push(setInterval(() => socket.writable && socket.write('x'), 20));
      },
      {},
      300,
    );
    assert.deepEqual(outcome, { code: 'attempt_timeout', sent: true });
  });

  it('reports a request that never got a connection at its deadline as not sent', async t => {
    const server = await startRawServer(t, () => {});
    const { send } = setUp(t, server.url, { connections: 1 });
    const first = send(500);
    const second = send(100);
    assert.deepEqual(await second.promise, { code: 'attempt_timeout', sent: false });
    assert.deepEqual(await first.promise, { code: 'attempt_timeout', sent: true });
  });

  it('refuses an answer that declares itself too large before reading it', async t => {
    let written = 0;
    const outcome = await outcomeOf(t, socket => {
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${1024 ** 3}\r\n\r\n`);
      const block = Buffer.alloc(65_536);
      const push = () => {
        while (socket.writable && written < 1024 ** 3) {
          written += block.length;
          if (!socket.write(block)) {
            socket.once('drain', push);
            return;
          }
        }
      };
      push();
    });
    assert.deepEqual(outcome, { code: 'response_too_large', sent: true });
    assert.ok(written < 64 * 1024 * 1024, `${written} bytes were taken`);
  });

  it('refuses an answer that grows too large without saying so', async t => {
    const outcome = await outcomeOf(t, socket => {
      socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n');
      const block = `10000\r\n${'x'.repeat(65_536)}\r\n`;
      const push = () => {
        while (socket.writable) {
          if (!socket.write(block)) {
            socket.once('drain', push);
            return;
          }
        }
      };
      push();
    });
    assert.deepEqual(outcome, { code: 'response_too_large', sent: true });
  });

  it('does not follow redirects', async t => {
    const other = await startRawServer(t, socket => socket.write(httpResponse('{}')));
    const outcome = await outcomeOf(t, socket =>
      socket.write(httpResponse('', '307 Temporary Redirect', `Location: ${other.url}\r\n`)),
    );
    assert.ok('status' in outcome && outcome.status === 307);
    assert.equal(other.requests, 0);
  });

  it('reports what is not HTTP', async t => {
    assert.deepEqual(await outcomeOf(t, socket => socket.write('SSH-2.0-OpenSSH_9.6\r\n')), {
      code: 'bad_http',
      sent: true,
    });
    assert.deepEqual(
      await outcomeOf(t, socket => socket.write(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(100_000)}\r\n\r\n`)),
      {
        code: 'bad_http',
        sent: true,
      },
    );
  });

  it('stays silent to a receiver that cancelled, in every phase, and goes on working', async t => {
    const open: Socket[] = [];
    const server = await startRawServer(t, socket => open.push(socket));
    const { transport, send } = setUp(t, server.url, { connections: 1 });
    const connecting = send();
    assert.equal(connecting.exchange.cancel(), true);
    assert.equal(connecting.exchange.cancel(), false);
    const running = send();
    const queued = send();
    await eventually(() => open.length === 1, 'a request arrived');
    queued.exchange.cancel();
    running.exchange.cancel();
    const last = send();
    await eventually(() => open.length === 2, 'the next request arrived');
    open[1]!.write(httpResponse('{"last":1}'));
    assert.ok('status' in (await last.promise));
    assert.equal(transport.inFlight, 0);
    assert.equal(transport.queued, 0);
    assert.deepEqual([connecting.heard(), running.heard(), queued.heard()], [0, 0, 0]);
  });

  it('never sends the bytes of a request that was cancelled before its connection was up', async t => {
    const server = await startRawServer(t, socket => socket.write(httpResponse('{}')));
    const { send } = setUp(t, server.url, { connections: 1 });
    send().exchange.cancel();
    assert.ok('status' in (await send().promise));
    assert.equal(server.requests, 1);
  });

  it('fails early what may be repeated, and lets the rest run', async t => {
    const open: Socket[] = [];
    const server = await startRawServer(t, socket => open.push(socket));
    const { transport, send } = setUp(t, server.url);
    const read = send(5000, true);
    const write = send(5000, false);
    await eventually(() => open.length === 2);
    transport.failRunning('provider_stalled');
    assert.deepEqual(await read.promise, { code: 'provider_stalled', sent: true });
    for (const socket of open) if (socket.writable) socket.write(httpResponse('{}'));
    assert.ok('status' in (await write.promise));
  });

  it('fails everything when it is closed, also what comes later', async t => {
    const server = await startRawServer(t, () => {});
    const { transport, send } = setUp(t, server.url);
    const running = send();
    await eventually(() => server.requests === 1);
    transport.close();
    assert.deepEqual(await running.promise, { code: 'provider_stopped', sent: true });
    assert.deepEqual(await send().promise, { code: 'provider_stopped', sent: false });
  });

  it('opens a new connection when the provider closed an idle one', async t => {
    const server = await startRawServer(t, socket => {
      socket.end(httpResponse('{}'));
    });
    const { send } = setUp(t, server.url);
    for (let i = 0; i < 3; i++) {
      assert.ok('status' in (await send().promise));
      await eventually(() => server.open === 0, 'the connection is closed');
    }
    assert.equal(server.connections, 3);
  });
});
