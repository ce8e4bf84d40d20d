import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { startDevnet, startFaultProxy } from '../../support/devnet.ts';
import { eventually } from '../../support/eventually.ts';
import { startStubUpstream } from '../../support/stub-upstream.ts';
import { httpClient, httpText, isSilent, rpcBody, tcpClient, wsClient } from './provider-client.ts';

test('kill cuts what is open and refuses connections; healed, the same port serves again', async t => {
  const devnet = await startDevnet(t, { providers: 2 });
  const provider = devnet.provider(1);
  const { port } = provider;
  const client = httpClient(t, provider.url);
  const ws = await wsClient(t, provider.wsUrl);
  await client.call('eth_chainId');
  await devnet.fault(1, 'kill');
  await assert.rejects(client.call('eth_chainId'), /ECONNRESET|ECONNREFUSED|hang up/);
  await assert.rejects(client.call('eth_chainId'), { code: 'ECONNREFUSED' });
  await eventually(() => ws.closedWith === 1006, 'the WebSocket to be cut');
  assert.equal(provider.counters().openConnections, 0);
  assert.equal((await httpClient(t, devnet.provider(2).url).call('eth_chainId')).result, '0x7a69');
  await devnet.heal();
  assert.equal(provider.port, port);
  assert.equal((await client.call('eth_chainId')).result, '0x7a69');
});

test('kill cuts an answer in the middle of its body', async t => {
  const stub = await startStubUpstream(t);
  const proxy = await startFaultProxy(t, stub.url);
  await proxy.fault('slow-drip', { bytes: 20, interval_ms: 60_000 });
  const { socket, state } = tcpClient(t, proxy.port);
  socket.write(httpText(proxy.url, rpcBody('eth_chainId')));
  await eventually(() => state.text.length > 0, 'the first bytes');
  await proxy.fault('kill');
  await eventually(() => state.isClosed, 'the connection to be cut');
  assert.equal(state.text.length, 20);
});

test('a killed provider whose port has been taken says so, and stays killed', async t => {
  const stub = await startStubUpstream(t);
  const proxy = await startFaultProxy(t, stub.url);
  await proxy.fault('kill');
  const thief = createServer().listen(proxy.port, '127.0.0.1');
  await eventually(() => thief.listening, 'the port to be taken');
  await assert.rejects(proxy.heal(), { code: 'devnet_port_taken' });
  assert.deepEqual(
    proxy.faults.map(fault => fault.kind),
    ['kill'],
  );
  await new Promise(resolve => thief.close(resolve));
  await proxy.heal();
  assert.equal((await httpClient(t, proxy.url).call('eth_chainId')).result, '0x7a69');
});

test('hang takes connections and requests, counts them and answers none; healed, it answers what is left', async t => {
  const devnet = await startDevnet(t, { providers: 1 });
  const provider = devnet.provider(1);
  const client = httpClient(t, provider.url);
  await client.call('eth_chainId');
  await provider.fault('hang');
  provider.resetCounters();
  const onOpenConnection = client.call('eth_chainId');
  const onNewConnection = httpClient(t, provider.url).call('eth_blockNumber');
  const handshake = wsClient(t, provider.wsUrl);
  await eventually(() => provider.counters().requests === 2, 'the requests to arrive');
  assert.ok(await isSilent(Promise.race([onOpenConnection, onNewConnection, handshake])));
  assert.deepEqual(provider.counters().requestsByMethod, { eth_chainId: 1, eth_blockNumber: 1 });
  await provider.heal();
  assert.equal((await onOpenConnection).result, '0x7a69');
  assert.equal((await onNewConnection).result, '0x0');
  assert.equal((await (await handshake).call('eth_chainId')).result, '0x7a69');
});

test('hang leaves an open WebSocket half-open: no event, no answer and no pong', async t => {
  const devnet = await startDevnet(t, { providers: 1 });
  const provider = devnet.provider(1);
  const client = await wsClient(t, provider.wsUrl);
  await client.call('eth_subscribe', ['newHeads']);
  await provider.fault('hang');
  const pong = new Promise(resolve => client.socket.once('pong', resolve));
  client.socket.ping();
  const answer = client.call('eth_chainId');
  await httpClient(t, devnet.node.url).call('evm_mine');
  assert.ok(await isSilent(Promise.race([pong, answer])));
  assert.equal(client.messages.length, 1);
  assert.equal(client.closedWith, undefined);
  await provider.heal();
  await Promise.all([pong, answer]);
  await eventually(() => client.events().length === 1, 'the event that was held');
});

test('hang freezes an answer of which a part is out', async t => {
  const stub = await startStubUpstream(t);
  let finish = () => {};
  stub.raw('slow', socket => {
    socket.write('HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nab');
    finish = () => void socket.write('cd');
  });
  const proxy = await startFaultProxy(t, stub.url);
  const { socket, state } = tcpClient(t, proxy.port);
  socket.write(httpText(proxy.url, rpcBody('slow')));
  await eventually(() => state.text.endsWith('ab'), 'the first half');
  await proxy.fault('hang');
  finish();
  assert.ok(await isSilent(eventually(() => state.text.endsWith('cd'), 'the second half')));
  await proxy.heal();
  await eventually(() => state.text.endsWith('cd'), 'the second half');
});

test('hang forgets a client that gives up', async t => {
  const stub = await startStubUpstream(t);
  const proxy = await startFaultProxy(t, stub.url);
  await proxy.fault('hang');
  await assert.rejects(httpClient(t, proxy.url).call('eth_chainId', [], AbortSignal.timeout(30)));
  await eventually(() => proxy.counters().openConnections === 0, 'its connection to be closed');
  await proxy.heal();
  assert.equal(stub.requests.length, 0);
});

test('hang for one method, or one call, holds that alone', async t => {
  const stub = await startStubUpstream(t);
  const proxy = await startFaultProxy(t, stub.url);
  const ws = await wsClient(t, proxy.wsUrl);
  await proxy.fault('hang', { method: 'eth_blockNumber' });
  const held = [httpClient(t, proxy.url).call('eth_blockNumber'), ws.call('eth_blockNumber')];
  assert.equal((await httpClient(t, proxy.url).call('eth_chainId')).result, '0x7a69');
  assert.equal((await ws.call('eth_chainId')).result, '0x7a69');
  assert.ok(await isSilent(Promise.race(held)));
  await proxy.heal();
  assert.deepEqual(
    (await Promise.all(held)).map(({ result }) => result),
    ['0x64', '0x64'],
  );

  await proxy.fault('hang', { times: 1 });
  const first = httpClient(t, proxy.url).call('eth_blockNumber');
  assert.ok(await isSilent(first, 50));
  assert.equal((await httpClient(t, proxy.url).call('eth_blockNumber')).result, '0x64');
  await proxy.heal('hang');
  assert.equal((await first).result, '0x64');
});

test('hang of one transport leaves the other alone', async t => {
  const stub = await startStubUpstream(t);
  const proxy = await startFaultProxy(t, stub.url);
  const ws = await wsClient(t, proxy.wsUrl);
  await proxy.fault('hang', { transport: 'ws' });
  assert.equal((await httpClient(t, proxy.url).call('eth_chainId')).result, '0x7a69');
  assert.ok(await isSilent(ws.call('eth_chainId')));
});

test('reset sends as many bytes of the answer as told, then a RST, and the upstream has seen the request', async t => {
  const stub = await startStubUpstream(t);
  const proxy = await startFaultProxy(t, stub.url);
  for (const after of [0, 30]) {
    await proxy.fault('reset', { after_bytes: after });
    const { socket, state } = tcpClient(t, proxy.port);
    socket.write(httpText(proxy.url, rpcBody('eth_chainId')));
    await eventually(() => state.isClosed, 'the connection to be reset');
    assert.deepEqual([state.text.length, state.error], [after, 'ECONNRESET']);
  }
  assert.equal(stub.count('eth_chainId'), 2);
});

test('reset of the request lets nothing through to the upstream', async t => {
  const stub = await startStubUpstream(t);
  const proxy = await startFaultProxy(t, stub.url);
  const client = httpClient(t, proxy.url);
  const ws = await wsClient(t, proxy.wsUrl);
  await client.call('eth_chainId');
  await proxy.fault('reset', { stage: 'request', method: 'eth_send*' });
  await assert.rejects(client.call('eth_sendRawTransaction'), { code: 'ECONNRESET' });
  ws.socket.send(rpcBody('eth_sendRawTransaction'));
  await eventually(() => ws.closedWith === 1006, 'the WebSocket to be reset');
  assert.equal((await client.call('eth_blockNumber')).result, '0x64');
  assert.equal(stub.count('eth_sendRawTransaction'), 0);
});

test('reset at once cuts what is open and every new connection', async t => {
  const stub = await startStubUpstream(t);
  const proxy = await startFaultProxy(t, stub.url);
  const open = tcpClient(t, proxy.port);
  await eventually(() => proxy.counters().openConnections === 1, 'the connection');
  await proxy.fault('reset', { stage: 'connect' });
  await eventually(() => open.state.error === 'ECONNRESET', 'the reset');
  await assert.rejects(httpClient(t, proxy.url).call('eth_chainId'), { code: 'ECONNRESET' });
});

test('reset meets a WebSocket at its next message and handshakes', async t => {
  const stub = await startStubUpstream(t);
  const proxy = await startFaultProxy(t, stub.url);
  const ws = await wsClient(t, proxy.wsUrl);
  await ws.call('eth_subscribe', ['newHeads']);
  await proxy.fault('reset');
  stub.mine();
  await eventually(() => ws.closedWith === 1006, 'the WebSocket to be reset');
  await assert.rejects(wsClient(t, proxy.wsUrl), { code: 'ECONNRESET' });
});

test('drop-ws cuts WebSockets, refuses new ones and serves HTTP', async t => {
  const stub = await startStubUpstream(t);
  const proxy = await startFaultProxy(t, stub.url);
  const client = httpClient(t, proxy.url);
  const ws = await wsClient(t, proxy.wsUrl);
  await client.call('eth_chainId');
  await proxy.fault('drop-ws');
  await eventually(() => ws.closedWith === 1006, 'the WebSocket to be cut');
  await assert.rejects(wsClient(t, proxy.wsUrl), /503/);
  assert.equal((await client.call('eth_chainId')).result, '0x7a69');
  assert.equal(proxy.counters().openConnections, 1);
  await proxy.heal();
  assert.equal((await (await wsClient(t, proxy.wsUrl)).call('eth_chainId')).result, '0x7a69');
});

test('drop-ws once cuts what is open and accepts the next', async t => {
  const stub = await startStubUpstream(t);
  const proxy = await startFaultProxy(t, stub.url);
  const ws = await wsClient(t, proxy.wsUrl);
  await proxy.fault('drop-ws', { once: true });
  await eventually(() => ws.closedWith === 1006, 'the WebSocket to be cut');
  assert.deepEqual(proxy.faults, []);
  assert.equal((await (await wsClient(t, proxy.wsUrl)).call('eth_chainId')).result, '0x7a69');
});
