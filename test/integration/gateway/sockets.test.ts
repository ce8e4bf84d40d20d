import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { describe, it } from 'node:test';
import { WebSocket } from 'ws';
import { eventually } from '../../support/eventually.ts';
import { followHeads } from '../../support/head-client.ts';
import { closeCodeOf, frame, openRawWebSocket } from '../../support/raw-http.ts';
import { startStubbedTrunkline } from '../../support/stubbed-trunkline.ts';
import { subscribe } from '../../support/subscriber.ts';

describe('client WebSockets', () => {
  it('lets a subscriber that does not read catch up from the log; the others miss nothing meanwhile', async t => {
    const { trunkline, stubs } = await startStubbedTrunkline(t, {
      server: '{ ws: { max_buffered_bytes: 64KiB } }',
    });
    const url = `${trunkline.wsUrl}/rpc/test`;
    const slow = await subscribe(url, ['newPendingTransactions']);
    const brisk = await subscribe(url, ['newPendingTransactions']);
    slow.socket.pause();
    await eventually(() => stubs[0]!.subscribed.length >= 2, 'subscribed upstream');
    const metrics = async () => (await fetch(`${trunkline.url}/metrics`)).text();
    const padding = 'f'.repeat(50_000);
    let sent = 0;
    await eventually(async () => {
      for (let i = 0; i < 20; i++) stubs[0]!.notify('newPendingTransactions', `0x${sent++}x${padding}`);
      await eventually(() => brisk.events.length === sent, 'all of it at the brisk one');
      return /feed_subscriptions\{state="catching_up"\} 1/.test(await metrics());
    }, 'the slow one is noticed');
    assert.match(await metrics(), /slow_clients_closed_total 0/);
    slow.socket.resume();
    await eventually(() => slow.events.length === sent, 'all of it at the slow one');
    assert.deepEqual(slow.events, brisk.events, 'in the same order');
    await eventually(
      async () => /feed_subscriptions\{state="live"\} 2/.test(await metrics()),
      'it has joined the others again',
    );
    slow.socket.terminate();
    await eventually(
      async () => /client_subscriptions\{chain="test"\} 1/.test(await metrics()),
      'its subscription ended',
    );
    brisk.socket.terminate();
  });

  it('closes a client with 1013 that asks and asks, and does not read the answers', async t => {
    const { trunkline, stubs } = await startStubbedTrunkline(t, {
      server: '{ ws: { max_buffered_bytes: 64KiB } }',
    });
    stubs[0]!.on('eth_call', `0x${'f'.repeat(1_000_000)}`);
    const slow = await openRawWebSocket(trunkline.exchange.port, '/rpc/test');
    slow.pause();
    await eventually(async () => {
      slow.write(frame(0x81, Buffer.from('{"jsonrpc":"2.0","id":1,"method":"eth_call","params":[{}]}')));
      return /slow_clients_closed_total 1/.test(await (await fetch(`${trunkline.url}/metrics`)).text());
    }, 'noticed');
    const code = closeCodeOf(slow);
    slow.resume();
    assert.ok([1013, undefined].includes(await code));
  });

  it('cuts off a client that answers no ping', async t => {
    const { trunkline } = await startStubbedTrunkline(t, { server: '{ ws: { ping_interval: 1s } }' });
    const dead = await openRawWebSocket(trunkline.exchange.port, '/rpc/test');
    const living = await followHeads(`${trunkline.wsUrl}/rpc/test`, t);
    let isCut = false;
    dead.on('error', () => {});
    dead.on('close', () => {
      isCut = true;
    });
    dead.resume();
    await eventually(() => isCut, 'cut off');
    assert.equal(living.closed(), undefined);
  });

  it('answers what it has read when it drains, and closes with 1001 however busy a client is', async t => {
    const { trunkline, stubs } = await startStubbedTrunkline(t);
    // Each is answered once five more were asked, so some are always in flight; from the stop on, at once.
    const held: ((result: string) => void)[] = [];
    let isStopping = false;
    stubs[0]!.on('eth_gasPrice', () =>
      isStopping
        ? '0x1'
        : new Promise<string>(resolve => {
            held.push(resolve);
            if (held.length > 5) held.shift()!('0x1');
          }),
    );
    const socket = new WebSocket(`${trunkline.wsUrl}/rpc/test`);
    await new Promise(resolve => socket.once('open', resolve));
    const closed = new Promise<number>(resolve => socket.once('close', resolve));
    const answered = new Set<number>();
    let id = 0;
    const ask = () =>
      socket.readyState === WebSocket.OPEN &&
      socket.send(JSON.stringify({ jsonrpc: '2.0', id: id++, method: 'eth_gasPrice' }));
    socket.on('message', data => answered.add(JSON.parse(String(data)).id));
    const asking = setInterval(ask, 5);
    t.after(() => clearInterval(asking));
    await eventually(() => answered.size > 20, 'traffic');
    const startedAt = performance.now();
    assert.equal(held.length, 5, 'in flight');
    const stopped = trunkline.stop();
    isStopping = true;
    for (const answer of held) answer('0x1');
    assert.equal(await closed, 1001);
    await stopped;
    const gaps = [...Array(Math.max(...answered)).keys()].filter(number => !answered.has(number));
    assert.deepEqual(gaps, [], 'everything up to the last answer is answered');
    assert.ok(performance.now() - startedAt < 5_000, 'long before the deadline of the drain');
  });

  it('is not held up by a refused upgrade whose client keeps its side open', async t => {
    const { trunkline } = await startStubbedTrunkline(t);
    const { port } = trunkline.exchange;
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    socket.on('error', () => {});
    socket.write(
      'GET /rpc/nonsense HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    );
    const text = await new Promise<string>(resolve => socket.once('data', data => resolve(String(data))));
    assert.match(text, /^HTTP\/1.1 404 [\s\S]*there are test/);
    const startedAt = performance.now();
    await trunkline.stop();
    assert.ok(performance.now() - startedAt < 5_000);
    socket.destroy();
  });
});
