import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { type Cleanup, startDevnet, startFaultProxy } from '../../support/devnet.ts';
import { eventually } from '../../support/eventually.ts';
import { type StubUpstream, startStubUpstream } from '../../support/stub-upstream.ts';
import { httpClient, httpText, isSilent, rpcBody, tcpClient, wsClient } from './provider-client.ts';

async function setUp(cleanup: Cleanup, stub?: StubUpstream) {
  const upstream = stub ?? (await startStubUpstream(cleanup));
  const proxy = await startFaultProxy(cleanup, upstream.url);
  const ws = await wsClient(cleanup, proxy.wsUrl);
  const http = httpClient(cleanup, proxy.url);
  // Both connections are open before the fault is set.
  assert.equal((await http.call('eth_chainId')).result, '0x7a69');
  return { stub: upstream, proxy, http, ws };
}

test('error answers with an HTTP status, over WebSocket with a JSON-RPC error, and refuses handshakes', async t => {
  const { stub, proxy, http, ws } = await setUp(t);
  await proxy.fault('error', { message: 'out of order' });
  const reply = await http.post(rpcBody('eth_blockNumber'));
  assert.deepEqual([reply.status, reply.text], [500, 'out of order']);
  assert.deepEqual((await ws.call('eth_blockNumber')).error, { code: -32603, message: 'out of order' });
  await assert.rejects(wsClient(t, proxy.wsUrl), /500/);
  await proxy.fault('error', { status: 503 });
  assert.equal((await http.post(rpcBody('eth_blockNumber'))).status, 503);
  assert.equal(stub.count('eth_blockNumber'), 0);
  assert.equal(proxy.counters().requestsByMethod.eth_blockNumber, 3);
  await proxy.heal();
  assert.equal((await http.call('eth_blockNumber')).result, '0x64');
  assert.equal(proxy.counters().connections, 3);
});

test('error in JSON-RPC answers each call of a batch, and only the methods and number asked for', async t => {
  const { proxy, http, ws } = await setUp(t);
  await proxy.fault('error', { style: 'rpc', code: -32000, method: 'eth_blockNumber', times: 3 });
  const { json, status } = await http.post(
    `[${rpcBody('eth_blockNumber', [], 'a')},${rpcBody('eth_chainId', [], 2)}]`,
  );
  assert.equal(status, 200);
  assert.deepEqual(json, [
    { jsonrpc: '2.0', id: 'a', error: { code: -32000, message: 'internal error' } },
    { jsonrpc: '2.0', id: 2, result: '0x7a69' },
  ]);
  ws.socket.send(`[${rpcBody('eth_blockNumber', [], 'a')},${rpcBody('eth_chainId', [], 99)}]`);
  await eventually(() => ws.messages.some(text => text.startsWith('[')), 'the batch');
  assert.deepEqual(
    (JSON.parse(ws.messages.find(text => text.startsWith('[')) as string) as { id: unknown }[])
      .map(({ id }) => id)
      .sort(),
    ['a', 99].sort(),
  );
  assert.ok((await http.call('eth_blockNumber')).error);
  assert.equal((await http.call('eth_blockNumber')).result, '0x64');
});

test('rate-limit answers 429 with Retry-After, as HTML, or HTTP 200 with an error', async t => {
  const { proxy, http, ws } = await setUp(t);
  await proxy.fault('rate-limit', { retry_after: 7 });
  const plain = await http.post(rpcBody('eth_chainId'));
  assert.deepEqual([plain.status, plain.headers['retry-after']], [429, '7']);
  await assert.rejects(wsClient(t, proxy.wsUrl), /429/);
  assert.equal(((await ws.call('eth_chainId')).error as { code: number }).code, -32005);
  await proxy.fault('rate-limit', { style: 'html' });
  const html = await http.post(rpcBody('eth_chainId'));
  assert.deepEqual([html.status, html.headers['content-type']], [429, 'text/html']);
  assert.match(html.text, /^<!DOCTYPE html>.*Too Many Requests/);
  await proxy.fault('rate-limit', { style: 'rpc' });
  const rpc = await http.post(rpcBody('eth_chainId'));
  assert.equal(rpc.status, 200);
  assert.match((rpc.json.error as { message: string }).message, /rate limit/);
});

test('truncate cuts the JSON with a length that fits, or the connection in the middle of the body', async t => {
  const { proxy, http, ws } = await setUp(t);
  const whole = '{"jsonrpc":"2.0","id":1,"result":"0x7a69"}';
  await proxy.fault('truncate', { keep: 10 });
  assert.equal((await http.post(rpcBody('eth_chainId'))).text, whole.slice(0, 10));
  ws.socket.send(rpcBody('eth_chainId'));
  await eventually(() => ws.messages.at(-1) === whole.slice(0, 10), 'the cut message');
  await proxy.fault('truncate');
  assert.equal((await http.post(rpcBody('eth_chainId'))).text, whole.slice(0, whole.length / 2));

  await proxy.fault('truncate', { style: 'connection', keep: 12 });
  await assert.rejects(http.post(rpcBody('eth_chainId')), { code: 'ECONNRESET' });
  const { socket, state } = tcpClient(t, proxy.port);
  socket.write(httpText(proxy.url, rpcBody('eth_chainId')));
  await eventually(() => state.isClosed, 'the connection to end');
  assert.match(state.text, new RegExp(`content-length: ${whole.length}`, 'i'));
  assert.ok(state.text.endsWith(`\r\n\r\n${whole.slice(0, 12)}`));
  ws.socket.send(rpcBody('eth_chainId'));
  await eventually(() => ws.closedWith === 1006, 'the WebSocket to end in mid-message');
});

test('delay adds to each answer and event and keeps their order', async t => {
  const { stub, proxy, http, ws } = await setUp(t);
  await ws.call('eth_subscribe', ['newHeads']);
  await proxy.fault('delay', { ms: 120 });
  const asked = performance.now();
  await http.call('eth_chainId');
  assert.ok(performance.now() - asked >= 115);
  const started = performance.now();
  stub.mine(20);
  await eventually(() => ws.events().length === 20, 'the events');
  const took = performance.now() - started;
  assert.ok(took >= 115 && took < 120 * 10, `one delay, not twenty: ${took} ms`);
  assert.deepEqual(
    ws.events().map(({ number }) => Number(number)),
    Array.from({ length: 20 }, (_, i) => 101 + i),
  );
  await proxy.fault('delay', { ms: 50, jitter: 50, method: 'eth_blockNumber' });
  const before = performance.now();
  await http.call('eth_blockNumber');
  assert.ok(performance.now() - before < 1_000);
});

test('events delayed when the fault is healed are not overtaken', async t => {
  const { stub, proxy, ws } = await setUp(t);
  await ws.call('eth_subscribe', ['newHeads']);
  await proxy.fault('delay', { ms: 300 });
  stub.mine(2);
  assert.ok(await isSilent(eventually(() => ws.events().length > 0)));
  await proxy.heal();
  stub.mine();
  await eventually(() => ws.events().length === 3, 'the events');
  assert.deepEqual(
    ws.events().map(({ number }) => Number(number)),
    [101, 102, 103],
  );
});

test('slow-drip sends an answer a few bytes at a time, and the rest at once when healed', async t => {
  const { proxy, ws } = await setUp(t);
  await proxy.fault('slow-drip', { bytes: 1, interval_ms: 200 });
  const { socket, state } = tcpClient(t, proxy.port);
  socket.write(httpText(proxy.url, rpcBody('eth_chainId')));
  ws.socket.send(rpcBody('eth_chainId', [], 'slow'));
  await eventually(() => state.text.length >= 3, 'the first bytes');
  assert.ok(state.text.length < 30);
  assert.equal(ws.messages.length, 0);
  await proxy.heal();
  await eventually(() => state.text.endsWith('"0x7a69"}'), 'the whole answer', 5_000);
  await eventually(() => ws.messages.length === 1, 'the whole message', 5_000);
});

test('huge does not end, or announces a length that nobody wants', async t => {
  const { proxy, ws } = await setUp(t);
  await proxy.fault('huge');
  const { socket, state } = tcpClient(t, proxy.port);
  socket.write(httpText(proxy.url, rpcBody('eth_chainId')));
  await eventually(() => state.text.length > 3_000_000, 'three MB');
  assert.match(state.text, /transfer-encoding: chunked\r\n\r\n24\r\n\{"jsonrpc"/);
  await proxy.heal();
  await eventually(() => state.isClosed, 'the connection to end with the fault');

  await proxy.fault('huge', { bytes: 1_000_000_000 });
  const { socket: second, state: announced } = tcpClient(t, proxy.port);
  second.write(httpText(proxy.url, rpcBody('eth_chainId')));
  await eventually(() => announced.text.length > 100_000, 'some of it');
  assert.match(announced.text, /content-length: 1000000000\r\n/);
  second.destroy();
  ws.socket.send(rpcBody('eth_chainId'));
  await eventually(() => ws.closedWith !== undefined, 'the client to refuse a message above its limit');
});

test('huge does not pile up in memory when the client does not read', async t => {
  const { proxy } = await setUp(t);
  await proxy.fault('huge');
  const { socket } = tcpClient(t, proxy.port);
  socket.pause();
  socket.write(httpText(proxy.url, rpcBody('eth_chainId')));
  await eventually(() => proxy.counters().bytesOut > 60_000, 'the first of it');
  let before = -1;
  await eventually(() => {
    const now = proxy.counters().bytesOut;
    const isStill = now === before;
    before = now;
    return isStill;
  }, 'the sending to pause');
  assert.ok(before < 32_000_000);
});

test('huge ends with a client that ends its half, over HTTP and WebSocket', async t => {
  const { proxy, ws } = await setUp(t);
  await proxy.fault('huge');
  const socket = connect({ port: proxy.port, host: '127.0.0.1', allowHalfOpen: true });
  t.after(() => void socket.destroy());
  socket.on('error', () => {}).resume();
  socket.write(httpText(proxy.url, rpcBody('eth_chainId')));
  await eventually(() => socket.bytesRead > 100_000, 'the first of it');
  socket.end();
  await eventually(() => socket.closed || socket.readableEnded, 'the connection to end');

  const webSocket = (ws.socket as unknown as { _socket: Socket })._socket;
  ws.socket.send(rpcBody('eth_chainId'));
  await eventually(() => webSocket.bytesRead > 100_000, 'the first of it over WebSocket');
  webSocket.end();
  await eventually(() => ws.closedWith !== undefined, 'the WebSocket to end');
  await proxy.heal();
  assert.equal((await httpClient(t, proxy.url).call('eth_chainId')).result, '0x7a69');
});

test('redirect sends requests and handshakes to a private address', async t => {
  const { proxy, http, ws } = await setUp(t);
  await proxy.fault('redirect');
  const reply = await http.post(rpcBody('eth_chainId'));
  assert.deepEqual([reply.status, reply.headers.location], [302, 'http://10.0.0.1/']);
  await assert.rejects(wsClient(t, proxy.wsUrl), /302/);
  assert.equal((await ws.call('eth_chainId')).result, '0x7a69');
});

test('echo-url puts the URL, key included, into its error', async t => {
  const { proxy, http, ws } = await setUp(t);
  await proxy.fault('echo-url');
  const reply = await http.post(rpcBody('eth_chainId'));
  assert.equal(reply.status, 500);
  assert.ok(reply.text.includes('/v1/canary-5f2a9c'));
  assert.match(JSON.stringify((await ws.call('eth_chainId')).error), /canary-5f2a9c/);
  await proxy.fault('echo-url', { style: 'rpc' });
  const rpc = await http.post(rpcBody('eth_chainId'));
  assert.equal(rpc.status, 200);
  assert.match(JSON.stringify(rpc.json.error), /canary-5f2a9c/);
});

test('several faults add up', async t => {
  const { proxy, http } = await setUp(t);
  await proxy.fault('delay', { ms: 60 });
  await proxy.fault('rate-limit');
  await proxy.fault('truncate', { keep: 3 });
  const started = performance.now();
  const reply = await http.post(rpcBody('eth_chainId'));
  assert.deepEqual([reply.status, reply.text], [429, 'Too']);
  assert.ok(performance.now() - started >= 55);
  await proxy.heal('rate-limit');
  assert.deepEqual(
    proxy.faults.map(({ kind }) => kind),
    ['delay', 'truncate'],
  );
  assert.equal((await http.post(rpcBody('eth_chainId'))).text, '{"j');
});

test('a fault begins with the next frame of a WebSocket that is in the middle of one', async t => {
  const stub = await startStubUpstream(t);
  stub.on('big', 'x'.repeat(3_000_000));
  const { proxy, ws } = await setUp(t, stub);
  ws.socket.pause();
  ws.socket.send(rpcBody('big', [], 'big'));
  ws.socket.send(rpcBody('big', [], 'big'));
  await eventually(() => stub.count('big') === 2, 'the calls to arrive');
  assert.ok(await isSilent(eventually(() => ws.messages.length > 0)));
  await proxy.fault('delay', { ms: 1 });
  ws.socket.resume();
  await eventually(() => ws.messages.length === 2, 'both answers');
  for (const message of ws.messages)
    assert.equal((JSON.parse(message) as { result: string }).result.length, 3_000_000);
  await proxy.heal();
  assert.equal((await ws.call('eth_chainId')).result, '0x7a69');
});

test('faults in front of anvil leave its data alone', async t => {
  const devnet = await startDevnet(t, { providers: 1 });
  const provider = devnet.provider(1);
  const direct = await httpClient(t, devnet.node.url).call('eth_getBlockByNumber', ['latest', true]);
  await provider.fault('delay', { ms: 1 });
  const http = httpClient(t, provider.url);
  assert.deepEqual(await http.call('eth_getBlockByNumber', ['latest', true]), direct);
  await provider.fault('wrong-id');
  assert.deepEqual((await http.call('eth_getBlockByNumber', ['latest', true])).result, direct.result);
});
