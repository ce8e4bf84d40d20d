import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { describe, it, type TestContext } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';
import { SocketSink } from '../../../../src/gateway/socket/socket-sink.ts';
import { textFrame } from '../../../../src/protocol/websocket/text-frame.ts';
import { eventually } from '../../../support/eventually.ts';

/** A real WebSocket over loopback, both ends of it. */
async function setUp(t: TestContext) {
  const server = createServer();
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const accepted = new Promise<{ peer: WebSocket; raw: Duplex }>(resolve =>
    server.on('upgrade', (request, raw, head) =>
      sockets.handleUpgrade(request, raw, head, peer => resolve({ peer, raw })),
    ),
  );
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const received: string[] = [];
  client.on('message', data => received.push(String(data)));
  await once(client, 'open');
  const { peer, raw } = await accepted;
  t.after(() => {
    client.terminate();
    peer.terminate();
    server.close();
  });
  const slow: string[] = [];
  const sink = new SocketSink(peer, raw, cursor => slow.push(cursor));
  return { client, peer, raw, sink, received, slow };
}

const frame = (text: string) => textFrame(Buffer.from(text));

describe('SocketSink', () => {
  it('keeps the order of frames of its own and of `ws`, whatever their sizes', async t => {
    const { peer, sink, received } = await setUp(t);
    const wanted: string[] = [];
    for (let index = 0; index < 200; index++) {
      const big = 'x'.repeat((index * 997) % 100_000);
      wanted.push(`own ${index} ${big}`, `own too ${index}`, `ws ${index} ${big}`, `alone ${index}`);
      sink.write([frame(`own ${index} ${big}`), frame(`own too ${index}`)]);
      peer.send(`ws ${index} ${big}`);
      sink.write([frame(`alone ${index}`)]);
      if (index % 10 === 0) peer.ping();
    }
    await eventually(() => received.length === wanted.length, 'all frames');
    assert.deepEqual(received, wanted);
  });

  it('writes several frames of a tick at once', async t => {
    const { sink, raw, received } = await setUp(t);
    let writes = 0;
    const inner = raw as unknown as { _writev(...args: unknown[]): void; _write(...args: unknown[]): void };
    for (const name of ['_writev', '_write'] as const) {
      const original = inner[name];
      inner[name] = function counted(...args) {
        writes++;
        original.apply(this, args);
      };
    }
    sink.write([frame('a'), frame('b'), frame('c')]);
    await eventually(() => received.length === 3, 'three messages');
    assert.equal(writes, 1);
  });

  it('says how much waits, and when nothing does any more', async t => {
    const { client, sink, raw, received } = await setUp(t);
    client.pause();
    const text = 'y'.repeat(1_000_000);
    let count = 0;
    while (sink.bufferedBytes < 4_000_000) {
      sink.write([frame(text)]);
      count++;
    }
    assert.equal(sink.bufferedBytes, raw.writableLength);
    const calls: string[] = [];
    sink.onDrained(() => calls.push('first'));
    sink.onDrained(() => calls.push('second'));
    assert.deepEqual(calls, []);
    client.resume();
    await eventually(() => calls.length > 0, 'drained');
    assert.deepEqual(calls, ['second'], 'a later call replaces the earlier one');
    assert.equal(sink.bufferedBytes, 0);
    await eventually(() => received.length === count, 'all of it');
  });

  it('says that nothing waits when little was written, or nothing', async t => {
    const { sink } = await setUp(t);
    await new Promise<void>(resolve => sink.onDrained(resolve));
    sink.write([frame('z')]);
    await new Promise<void>(resolve => sink.onDrained(resolve));
    assert.equal(sink.bufferedBytes, 0);
  });

  it('writes nothing behind a close frame, nor to a socket that is gone', async t => {
    const { client, peer, sink, received } = await setUp(t);
    sink.write([frame('before')]);
    peer.close(1013, 'too slow');
    sink.write([frame('behind')]);
    const [code] = await once(client, 'close');
    assert.equal(code, 1013);
    assert.deepEqual(received, ['before']);
    sink.write([frame('gone')]);
    sink.onDrained(() => assert.fail('never drained'));
  });

  it('leaves the closing of a slow client to who holds the connection', async t => {
    const { sink, slow } = await setUp(t);
    sink.closeSlow('e:7');
    assert.deepEqual(slow, ['e:7']);
  });
});
