import assert from 'node:assert/strict';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { WebSocketServer } from 'ws';
import { startDevnet, startFaultProxy } from '../../support/devnet.ts';
import { eventually } from '../../support/eventually.ts';
import { startStubUpstream } from '../../support/stub-upstream.ts';
import { httpClient, httpText, rpcBody, tcpClient, wsClient } from './provider-client.ts';

test('answers as anvil does, byte for byte, over kept-alive HTTP', async t => {
  const devnet = await startDevnet(t, { providers: 1 });
  const provider = httpClient(t, devnet.provider(1).url);
  const anvil = httpClient(t, devnet.node.url);
  for (const body of [
    rpcBody('eth_chainId'),
    rpcBody('eth_getBlockByNumber', ['latest', false], 'a string'),
    rpcBody('no_such_method'),
    `[${rpcBody('eth_chainId')},${rpcBody('net_version', [], 2)}]`,
    '{"jsonrpc":"2.0","id":9007199254740993,"method":"eth_chainId"}',
    'not JSON',
  ]) {
    const [through, direct] = [await provider.post(body), await anvil.post(body)];
    assert.deepEqual([through.status, through.text], [direct.status, direct.text]);
    assert.deepEqual(Object.keys(through.headers), Object.keys(direct.headers));
  }
  assert.equal(devnet.provider(1).counters().connections, 1);
});

test('serves requests that arrive in one packet, in pieces and in chunks, one after the other', async t => {
  const stub = await startStubUpstream(t);
  stub.on('echo', params => params[0]);
  const proxy = await startFaultProxy(t, stub.url);
  const { socket, state } = tcpClient(t, proxy.port);
  const [one, two] = [
    httpText(proxy.url, rpcBody('echo', ['one'])),
    httpText(proxy.url, rpcBody('echo', ['two'])),
  ];
  socket.write(one + two.slice(0, 30));
  await eventually(() => state.text.includes('"one"'), 'the first answer');
  socket.write(two.slice(30));
  await eventually(() => state.text.includes('"two"'), 'the second answer');
  const body = rpcBody('echo', ['three']);
  const path = new URL(proxy.url).pathname;
  socket.write(
    `POST ${path} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n5\r\n${body.slice(0, 5)}\r\n`,
  );
  socket.write(`${(body.length - 5).toString(16)}\r\n${body.slice(5)}\r\n0\r\n\r\n`);
  await eventually(() => state.text.includes('"three"'), 'the answer to the chunked request');
});

test('passes bodies and messages of several MB in both directions', async t => {
  const stub = await startStubUpstream(t);
  stub.on('echo', params => params[0]);
  const proxy = await startFaultProxy(t, stub.url);
  const big = 'x'.repeat(5_000_000);
  assert.equal((await httpClient(t, proxy.url).call('echo', [big])).result, big);
  assert.equal((await (await wsClient(t, proxy.wsUrl)).call('echo', [big])).result, big);
});

test('relays subscriptions and pings over WebSocket', async t => {
  const devnet = await startDevnet(t, { providers: 1 });
  const client = await wsClient(t, devnet.provider(1).wsUrl);
  const pong = new Promise(resolve => client.socket.once('pong', resolve));
  client.socket.ping('hello');
  assert.equal(String(await pong), 'hello');
  assert.match(String((await client.call('eth_subscribe', ['newHeads'])).result), /^0x/);
  await client.call('evm_mine');
  await eventually(() => client.events().length === 1, 'the head of the mined block');
  assert.equal(devnet.provider(1).counters().subscriptions, 1);
  client.socket.close(1000);
  await eventually(() => client.closedWith !== undefined, 'anvil to end the connection');
  await eventually(() => devnet.provider(1).counters().subscriptions === 0, 'its subscription to end');
});

test('serves its key only', async t => {
  const stub = await startStubUpstream(t);
  const proxy = await startFaultProxy(t, stub.url, { key: 'right' });
  for (const path of ['/', '/v1/wrong', '/v1/rightish']) {
    const reply = await httpClient(t, `http://127.0.0.1:${proxy.port}${path}`).post(rpcBody('eth_chainId'));
    assert.equal(reply.status, 401, path);
    await assert.rejects(wsClient(t, `ws://127.0.0.1:${proxy.port}${path}`), /401/);
  }
  assert.equal((await httpClient(t, `${proxy.url}?a=1`).call('eth_chainId')).result, '0x7a69');
  assert.equal(stub.requests.length, 1);
});

test('passes any path on when it has no key of its own', async t => {
  const devnet = await startDevnet(t, { providers: 1 });
  const proxy = await startFaultProxy(t, devnet.node.url, { key: undefined } as object);
  assert.equal((await httpClient(t, proxy.url).call('eth_chainId')).result, '0x7a69');
  assert.equal((await httpClient(t, `${proxy.url}other`).post(rpcBody('eth_chainId'))).status, 404);
});

test('answers 502 while its upstream is gone, and serves again once that is back', async t => {
  const stub = await startStubUpstream(t);
  const proxy = await startFaultProxy(t, stub.url);
  const client = httpClient(t, proxy.url);
  await stub.stop();
  assert.equal((await client.post(rpcBody('eth_chainId'))).status, 502);
  await assert.rejects(wsClient(t, proxy.wsUrl));
  await stub.start(stub.port);
  assert.equal((await client.call('eth_chainId')).result, '0x7a69');
});

test('cuts the client off when its upstream breaks an answer off', async t => {
  const stub = await startStubUpstream(t);
  stub.raw('half', socket => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"half"'));
  const proxy = await startFaultProxy(t, stub.url);
  await assert.rejects(httpClient(t, proxy.url).post(rpcBody('half')), { code: 'ECONNRESET' });
});

test('counts calls, connections and bytes, and starts again from zero', async t => {
  const stub = await startStubUpstream(t);
  const proxy = await startFaultProxy(t, stub.url);
  const client = httpClient(t, proxy.url);
  assert.equal(proxy.counters().lastRequestAt, undefined);
  await client.call('eth_chainId');
  await client.post(`[${rpcBody('eth_call')},${rpcBody('eth_chainId')}]`);
  const before = performance.now();
  const ws = await wsClient(t, proxy.wsUrl);
  await ws.call('eth_blockNumber');
  const counters = proxy.counters();
  assert.deepEqual(counters.requestsByMethod, { eth_chainId: 2, eth_call: 1, eth_blockNumber: 1 });
  assert.deepEqual(
    [counters.requests, counters.connections, counters.openConnections, counters.openWebSockets],
    [4, 2, 2, 1],
  );
  assert.ok(counters.lastRequestAt !== undefined && counters.lastRequestAt >= before);
  assert.ok(counters.bytesIn > 300 && counters.bytesOut > 200);
  proxy.resetCounters();
  const { requests, requestsByMethod, connections, bytesIn, bytesOut, openConnections } = proxy.counters();
  assert.deepEqual(
    [requests, requestsByMethod, connections, bytesIn, bytesOut, openConnections],
    [0, {}, 0, 0, 0, 2],
  );
});

test('refuses an upstream that is not plain HTTP', async t => {
  await assert.rejects(startFaultProxy(t, 'https://127.0.0.1/'), { code: 'devnet_upstream_url_invalid' });
});

test('answers 502 for a request that its upstream drops unanswered, on a connection that has served others', async t => {
  const stub = await startStubUpstream(t);
  stub.raw('drop', socket => socket.destroy());
  const proxy = await startFaultProxy(t, stub.url);
  const client = httpClient(t, proxy.url);
  await client.call('eth_chainId');
  assert.equal((await client.post(rpcBody('drop'))).status, 502);
});

test('speaks no compression with an upstream that offers it', async t => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: true });
  t.after(() => void server.close());
  await eventually(() => server.address() !== null, 'the upstream to listen');
  const { port } = server.address() as AddressInfo;
  assert.match((await wsClient(t, `ws://127.0.0.1:${port}/`)).socket.extensions, /permessage-deflate/);
  const proxy = await startFaultProxy(t, `http://127.0.0.1:${port}/`);
  assert.equal((await wsClient(t, proxy.wsUrl)).socket.extensions, '');
});

for (const transport of ['http', 'ws'] as const) {
  test(`stops reading from the upstream when a client does not read, over ${transport}`, async t => {
    let upstream: Socket | undefined;
    const pour = (socket: Socket) => {
      upstream = socket;
      const piece = Buffer.alloc(1_000_000, 'x');
      const more = () => {
        while (!socket.destroyed && socket.write(piece));
      };
      socket.on('drain', more);
      more();
    };
    const head = 'HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n';
    const server = createServer(socket => {
      socket.on('error', () => {});
      socket.write(transport === 'ws' ? head : 'HTTP/1.1 200 OK\r\n\r\n');
      socket.once('data', () => pour(socket));
    }).listen(0, '127.0.0.1');
    t.after(() => void server.close());
    await eventually(() => server.listening, 'the upstream to listen');
    const { port } = server.address() as AddressInfo;
    const proxy = await startFaultProxy(t, `http://127.0.0.1:${port}/`);
    const { socket } = tcpClient(t, proxy.port);
    socket.pause();
    const upgrade = transport === 'ws' ? 'upgrade: websocket\r\nconnection: upgrade\r\n' : '';
    socket.write(`GET ${new URL(proxy.url).pathname} HTTP/1.1\r\nhost: x\r\n${upgrade}\r\n`);
    let before = -1;
    let isStill = 0;
    await eventually(() => {
      const now = upstream?.bytesWritten ?? 0;
      isStill = now > 0 && now === before ? isStill + 1 : 0;
      before = now;
      return isStill > 20;
    }, 'the upstream to be held');
    assert.ok(before < 40_000_000, `${before} bytes`);
  });
}
