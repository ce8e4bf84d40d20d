import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { type WebSocket, WebSocketServer } from 'ws';
import { websocketName } from '../../../src/providers/websocket-process.ts';
import { startFaultProxy } from '../../support/devnet.ts';
import { eventually } from '../../support/eventually.ts';
import { StubRpcError, startStubUpstream } from '../../support/stub-upstream.ts';
import { callOf } from '../../unit/providers/fixtures.ts';
import { type RunningProvider, shown, startProvider } from './running-provider.ts';

const canary = /canary-5f2a9c/;

/** Nothing but the silence of its calls tells how a provider is: neither probes nor pings nor a recovery come in between. */
const undisturbed = {
  health: { probe_interval: 600_000, head_poll_interval: 600_000 },
  websocket: { ping_interval: 600_000, ping_timeout: 600_000 },
  circuit_breaker: { recovery_timeout: 600_000 },
};

class Events {
  readonly events: string[] = [];
  readonly ends: string[] = [];
  onEvent = (result: Buffer) => this.events.push(result.toString());
  onEnd = (reason: string) => this.ends.push(reason);
}

async function open(running: RunningProvider): Promise<void> {
  await running.up();
  await eventually(() => running.provider.streams?.isOpen, 'the WebSocket is open');
}

/** A WebSocket server whose frames the test writes; answers the probes of the health check. */
async function startRawSocketServer(
  t: TestContext,
  onCall: (socket: WebSocket, call: { id: number; method: string; params: unknown[] }) => void,
) {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  t.after(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  const probes: Record<string, unknown> = {
    eth_chainId: '0x7a69',
    eth_syncing: false,
    eth_getBlockByNumber: null,
  };
  server.on('connection', socket => {
    socket.on('error', () => {});
    socket.on('message', data => {
      const call = JSON.parse(String(data));
      const isHeads = call.method === 'eth_subscribe' && call.params[0] === 'newHeads';
      if (call.method in probes || isHeads) {
        socket.send(
          JSON.stringify({ jsonrpc: '2.0', id: call.id, result: isHeads ? '0xheads' : probes[call.method] }),
        );
      } else onCall(socket, call);
    });
  });
  return { server, wsUrl: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/v1/canary-5f2a9c` };
}

describe('a provider over WebSocket', { timeout: 60_000 }, () => {
  it('is down within 3 s of its end without any traffic, and up soon after it is back', async t => {
    const stub = await startStubUpstream(t);
    const proxy = await startFaultProxy(t, stub.url);
    const running = await startProvider(t, {
      url: proxy.url,
      wsUrl: proxy.wsUrl,
      chain: {
        health: { probe_interval: 60_000, head_poll_interval: 60_000 },
        circuit_breaker: { failure_threshold: 1, recovery_timeout: 60_000 },
        websocket: { reconnect_min: 500, reconnect_max: 30_000 },
      },
    });
    await open(running);
    const killedAt = performance.now();
    await proxy.fault('kill');
    await eventually(() => running.refusal() === 'down');
    assert.ok(performance.now() - killedAt < 3000, `${performance.now() - killedAt} ms`);
    assert.equal(running.provider.breakers.http, 'open');
    await proxy.heal();
    await running.up();
    await eventually(() => running.provider.breakers.http === 'half_open', 'not after a minute', 12_000);
    assert.equal(running.refusal(), undefined);
  });

  it('answers calls without a url, with the ids of the calls and not of the connection', async t => {
    const stub = await startStubUpstream(t);
    stub.on('eth_call', '0xabc').on('eth_fail', () => {
      throw new StubRpcError(3, 'execution reverted', '0x08c379a0');
    });
    const running = await startProvider(t, { wsUrl: stub.wsUrl });
    assert.match(running.refusal()!, /^(starting|disconnected)$/);
    await open(running);
    assert.equal(running.refusal(), undefined);
    const outcomes = await Promise.all([
      running.attempt(callOf('eth_call', { id: '"a"' })),
      running.attempt(callOf('eth_call', { id: '123456789' })),
      running.attempt(callOf('eth_fail', { id: '0' })),
    ]);
    assert.deepEqual(outcomes.map(shown), [
      'answer {"jsonrpc":"2.0","id":"a","result":"0xabc"}',
      'answer {"jsonrpc":"2.0","id":123456789,"result":"0xabc"}',
      'answer {"jsonrpc":"2.0","id":0,"error":{"code":3,"message":"execution reverted","data":"0x08c379a0"}}',
    ]);
  });

  it('takes over calls while the breaker of HTTP is open', async t => {
    const stub = await startStubUpstream(t);
    stub.on('eth_call', '0x1');
    const proxy = await startFaultProxy(t, stub.url);
    const running = await startProvider(t, {
      url: proxy.url,
      wsUrl: proxy.wsUrl,
      chain: { circuit_breaker: { recovery_timeout: 60_000 } },
    });
    await open(running);
    await proxy.fault('error', { transport: 'http', method: 'eth_call' });
    for (let i = 0; i < 3; i++) assert.equal(shown(await running.attempt()), 'failure http_status sent');
    assert.equal(running.provider.breakers.http, 'open');
    assert.equal(running.refusal(), undefined);
    const before = stub.requests.length;
    assert.match(shown(await running.attempt()), /^answer/);
    assert.equal(stub.requests.slice(before).find(call => call.method === 'eth_call')?.transport, 'ws');
  });

  it('is told from the silence of its WebSocket that it hangs, long before a ping or a time-out tells', async t => {
    const stub = await startStubUpstream(t);
    stub.on('eth_call', '0x1').on('eth_sendRawTransaction', '0x2');
    const proxy = await startFaultProxy(t, stub.url);
    const running = await startProvider(t, { wsUrl: proxy.wsUrl, chain: undisturbed });
    await open(running);
    await running.attempt();
    await proxy.fault('hang');
    const reads = Array.from({ length: 5 }, () => running.attempt('eth_call', 600_000));
    let written: string | undefined;
    running.provider.attempt(callOf('eth_sendRawTransaction'), 600_000, outcome => {
      written = shown(outcome);
    });
    for (const read of reads) assert.equal(shown(await read), 'failure provider_stalled sent');
    assert.equal(running.refusal(), 'breaker_open');
    assert.equal(written, undefined, 'a write waits on: its answer may still come');
    assert.equal(running.provider.streams?.isOpen, true, 'the subscriptions are judged by the pings');
  });

  it('does not send over the WebSocket of a provider what its HTTP no longer gets because all of it hangs', async t => {
    const stub = await startStubUpstream(t);
    const proxy = await startFaultProxy(t, stub.url);
    const running = await startProvider(t, { url: proxy.url, wsUrl: proxy.wsUrl, chain: undisturbed });
    await open(running);
    await proxy.fault('hang');
    const reads = Array.from({ length: 5 }, () => running.attempt('eth_call', 600_000));
    for (const read of reads) assert.equal(shown(await read), 'failure provider_stalled sent');
    assert.deepEqual(running.provider.breakers, { http: 'open', websocket: 'open' });
    assert.equal(running.refusal(), 'breaker_open');
  });

  it('delivers events as the bytes that came, one upstream subscription for equal params', async t => {
    const stub = await startStubUpstream(t);
    const running = await startProvider(t, { wsUrl: stub.wsUrl });
    await open(running);
    const streams = running.provider.streams!;
    const base = () => stub.subscribed.filter(([kind]) => kind === 'logs').length;
    const [first, second, other] = [new Events(), new Events(), new Events()];
    const handles = await Promise.all([
      streams.subscribe('["logs",{"address":"0x1"}]', first),
      streams.subscribe('["logs",{"address":"0x1"}]', second),
      streams.subscribe('["logs",{}]', other),
    ]);
    assert.equal(base(), 2);
    stub.notify('logs', { data: '0x12', n: 1.5 });
    await eventually(() => other.events.length === 1);
    for (const { events } of [first, second, other]) assert.deepEqual(events, ['{"data":"0x12","n":1.5}']);
    handles[0]!.cancel();
    stub.notify('logs', 'again');
    await eventually(() => second.events.length === 2);
    assert.equal(first.events.length, 1);
    assert.equal(base(), 2, 'the other listener still wants it');
    handles[1]!.cancel();
    handles[1]!.cancel();
    await eventually(() => base() === 1, 'the last listener has left');
    assert.deepEqual([first.ends, second.ends], [[], []]);
  });

  it('loses no event that comes before or right behind the reply to its subscription', async t => {
    const { wsUrl } = await startRawSocketServer(t, (socket, call) => {
      const event = (n: number) =>
        socket.send(
          `{"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"0xabc","result":${n}}}`,
        );
      event(1);
      socket.send(JSON.stringify({ jsonrpc: '2.0', id: call.id, result: '0xabc' }));
      event(2);
      event(3);
    });
    const running = await startProvider(t, { wsUrl });
    await open(running);
    const events = new Events();
    await running.provider.streams!.subscribe('["logs",{}]', events);
    await eventually(() => events.events.length === 3);
    assert.deepEqual(events.events, ['1', '2', '3']);
  });

  it('says why a subscription was refused, without a key, and lets the next one try again', async t => {
    let isRefusing = true;
    const { wsUrl } = await startRawSocketServer(t, (socket, call) => {
      const error = { code: -32000, message: 'not on this plan: ws://x/v1/canary-5f2a9c' };
      socket.send(
        JSON.stringify({ jsonrpc: '2.0', id: call.id, ...(isRefusing ? { error } : { result: '0x1' }) }),
      );
    });
    const running = await startProvider(t, { wsUrl });
    await open(running);
    const streams = running.provider.streams!;
    const events = new Events();
    await assert.rejects(streams.subscribe('["logs",{}]', events), (error: Error & { code: string }) => {
      assert.equal(error.code, 'subscribe_refused');
      assert.match(error.message, /^not on this plan: /);
      assert.doesNotMatch(error.message, canary);
      return true;
    });
    isRefusing = false;
    await streams.subscribe('["logs",{}]', events);
    assert.deepEqual(events.ends, []);
  });

  it('ends subscriptions and fails what is in flight as sent when the connection drops, then reconnects', async t => {
    const stub = await startStubUpstream(t);
    stub.on('eth_call', () => new Promise(() => {}));
    const running = await startProvider(t, { wsUrl: stub.wsUrl });
    await open(running);
    const streams = running.provider.streams!;
    const events = new Events();
    const states: boolean[] = [];
    streams.onStateChange(isOpen => states.push(isOpen));
    await streams.subscribe('["logs",{}]', events);
    const pending = running.attempt('eth_call', 10_000);
    await eventually(() => stub.count('eth_call') === 1);
    stub.dropWebSockets();
    assert.equal(shown(await pending), 'failure websocket_closed sent');
    assert.equal(events.ends.length, 1);
    await assert.rejects(streams.subscribe('["logs",{}]', events), { code: 'websocket_closed' });
    await open(running);
    assert.deepEqual(states, [false, true]);
    await streams.subscribe('["logs",{}]', events);
    stub.notify('logs', 1);
    await eventually(() => events.events.length === 1);
    assert.equal(events.ends.length, 1);
  });

  it('finds a connection that is dead but not closed by its pings', async t => {
    const stub = await startStubUpstream(t);
    const proxy = await startFaultProxy(t, stub.url);
    const running = await startProvider(t, { wsUrl: proxy.wsUrl });
    await open(running);
    const events = new Events();
    await running.provider.streams!.subscribe('["logs",{}]', events);
    await proxy.fault('hang');
    await eventually(() => events.ends.length === 1, 'the dead connection is found');
    assert.match(events.ends[0]!, /silent/);
    await proxy.heal();
    await open(running);
  });

  it('follows the heads by subscription, and by polling when the WebSocket is gone', async t => {
    const stub = await startStubUpstream(t, { head: 5 });
    const proxy = await startFaultProxy(t, stub.url);
    const chain = { health: { head_poll_interval: 60_000 } };
    const running = await startProvider(t, { url: proxy.url, wsUrl: proxy.wsUrl, chain });
    await open(running);
    await eventually(() => stub.subscriptions === 1);
    stub.mine();
    await eventually(() => running.provider.head === 6);
    assert.equal(running.heads.at(-1)?.hash, `0x${'6'.padStart(64, '0')}`);

    const polling = await startProvider(t, { url: proxy.url, wsUrl: proxy.wsUrl });
    await open(polling);
    await eventually(() => stub.subscriptions === 2);
    await proxy.fault('drop-ws');
    stub.mine();
    await eventually(() => polling.provider.head === 7);
  });

  it('polls the head of a provider whose subscription has gone quiet', async t => {
    const stub = await startStubUpstream(t, { head: 5 });
    const running = await startProvider(t, { url: stub.url, wsUrl: stub.wsUrl });
    await open(running);
    stub.head = 9;
    await eventually(() => running.provider.head === 9);
  });

  it('is not open to others while it leads to another chain than the configured one', async t => {
    const right = await startStubUpstream(t);
    const wrong = await startStubUpstream(t, { chainId: 1 });
    const running = await startProvider(t, { url: right.url, wsUrl: wrong.wsUrl });
    await eventually(() => running.provider.state === 'wrong_chain');
    assert.equal(running.provider.streams?.isOpen, false);
    assert.equal(running.refusal(), 'wrong_chain');
    assert.equal(wrong.subscriptions, 0);
    wrong.on('eth_chainId', '0x7a69');
    await open(running);
  });

  it('closes a connection whose message is too large, and survives frames that are no JSON-RPC', async t => {
    let huge = false;
    const { wsUrl } = await startRawSocketServer(t, (socket, call) => {
      if (huge) socket.send(Buffer.alloc(2 * 1024 * 1024, 'x'), { binary: false });
      else {
        for (const frame of ['not json', '[]', '{}', '{"jsonrpc":"2.0","id":999999,"result":1}'])
          socket.send(frame);
        socket.send(Buffer.from('{"jsonrpc":"2.0"}'), { binary: true });
        socket.send(JSON.stringify({ jsonrpc: '2.0', id: call.id, result: 'ok' }));
      }
    });
    const running = await startProvider(t, { wsUrl, chain: { websocket: { max_payload: 1024 * 1024 } } });
    await open(running);
    assert.equal(shown(await running.attempt()), 'answer {"jsonrpc":"2.0","id":7,"result":"ok"}');
    huge = true;
    assert.equal(shown(await running.attempt()), 'failure websocket_closed sent');
    await open(running);
    assert.ok(running.log.lines.some(line => line.fields.end === 'protocol_error'));
  });

  it('gives up waiting for an answer at the deadline and drops it when it comes late', async t => {
    const late: (() => void)[] = [];
    const { wsUrl } = await startRawSocketServer(t, (socket, call) => {
      const answer = () => socket.send(JSON.stringify({ jsonrpc: '2.0', id: call.id, result: call.method }));
      if (call.method === 'eth_late') late.push(answer);
      else answer();
    });
    const running = await startProvider(t, { wsUrl });
    await open(running);
    assert.equal(shown(await running.attempt('eth_late', 100)), 'failure attempt_timeout sent');
    late[0]!();
    assert.equal(
      shown(await running.attempt('eth_call')),
      'answer {"jsonrpc":"2.0","id":7,"result":"eth_call"}',
    );
  });

  it('closes when its process crashes and is connected again by the next one', async t => {
    const stub = await startStubUpstream(t);
    const running = await startProvider(t, { wsUrl: stub.wsUrl });
    await open(running);
    const events = new Events();
    await running.provider.streams!.subscribe('["logs",{}]', events);
    running.system.exit(websocketName('devnet', 'node-1'), 'kill');
    await eventually(() => events.ends.length === 1);
    await open(running);
    await running.provider.streams!.subscribe('["logs",{}]', events);
    await eventually(() => stub.subscriptions === 2, 'the old connection is gone');
  });

  it('is closed, its subscriptions over, once its processes are stopped', async t => {
    const stub = await startStubUpstream(t);
    const running = await startProvider(t, { wsUrl: stub.wsUrl });
    await open(running);
    const events = new Events();
    await running.provider.streams!.subscribe('["logs",{}]', events);
    await running.system.stop();
    assert.equal(running.provider.streams!.isOpen, false);
    assert.equal(events.ends.length, 1);
    assert.equal(running.refusal(), 'disconnected');
  });

  it('waits longer and longer for a provider that is not there, and never shows its address', async t => {
    const stub = await startStubUpstream(t);
    const proxy = await startFaultProxy(t, stub.url);
    await proxy.fault('kill');
    const running = await startProvider(t, { wsUrl: proxy.wsUrl });
    const waits = () =>
      running.log.lines
        .filter(line => line.message === 'WebSocket ended')
        .map(line => Number(line.fields.reconnectMs));
    await eventually(() => waits().length >= 6);
    const [first = 0, , , fourth = 0] = waits();
    assert.ok(first >= 10 && first <= 20 && fourth >= 80 && fourth <= 160, String(waits()));
    assert.ok(Math.max(...waits()) <= 200);
    await proxy.heal();
    await open(running);
    assert.doesNotMatch(JSON.stringify(running.log.lines), canary);
  });

  it('does not follow a redirect of the handshake', async t => {
    const stub = await startStubUpstream(t);
    const proxy = await startFaultProxy(t, stub.url);
    await proxy.fault('redirect', { location: stub.url });
    const running = await startProvider(t, { wsUrl: proxy.wsUrl });
    await eventually(() => running.log.lines.some(line => line.fields.end === 'handshake_refused'));
    assert.equal(stub.requests.length, 0);
  });

  it('sends its headers with the handshake', async t => {
    const { server, wsUrl } = await startRawSocketServer(t, () => {});
    const token = new Promise(resolve =>
      server.once('connection', (_socket, request) => resolve(request.headers['x-token'])),
    );
    await startProvider(t, { wsUrl, headers: { 'X-Token': 'abc' } });
    assert.equal(await token, 'abc');
  });
});
