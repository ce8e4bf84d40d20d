import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { systemClock } from '../../../src/clock/system-clock.ts';
import { startFaultProxy } from '../../support/devnet.ts';
import { eventually } from '../../support/eventually.ts';
import { StubRpcError, startStubUpstream } from '../../support/stub-upstream.ts';
import { callOf } from '../../unit/providers/fixtures.ts';
import { httpResponse, startRawServer } from './raw-server.ts';
import { shown, startProvider } from './running-provider.ts';

const canary = /canary-5f2a9c/;

/** Answers health probes, and everything else with `answer`. */
function probed(answer: (socket: import('node:net').Socket, request: string, number: number) => void) {
  return (socket: import('node:net').Socket, request: string, number: number) => {
    const probe = /"method":"(eth_chainId|eth_syncing|eth_getBlockByNumber)"/.exec(request)?.[1];
    const results: Record<string, string> = {
      eth_chainId: '"0x7a69"',
      eth_syncing: 'false',
      eth_getBlockByNumber: 'null',
    };
    if (probe !== undefined)
      socket.write(httpResponse(`{"jsonrpc":"2.0","id":1,"result":${results[probe]}}`));
    else answer(socket, request, number);
  };
}

describe('a provider over HTTP', { timeout: 60_000 }, () => {
  it('gets no traffic before its chain id is verified, then answers with the very bytes of the upstream', async t => {
    const stub = await startStubUpstream(t);
    stub.on('eth_call', '0xabc');
    const running = await startProvider(t, { url: stub.url });
    assert.equal(running.refusal(), 'starting');
    await running.up();
    assert.equal(running.refusal(), undefined);
    assert.equal(stub.requests[0]?.method, 'eth_chainId');
    assert.equal(shown(await running.attempt()), 'answer {"jsonrpc":"2.0","id":7,"result":"0xabc"}');
    assert.ok(running.provider.latency('eth_call') > 0);
    assert.ok(running.provider.quantile('eth_call', 0.95) > 0);
    assert.equal(running.provider.inFlight, 0);
  });

  it('gets no traffic while it serves another chain, says so loudly, and is taken back when that changes', async t => {
    const stub = await startStubUpstream(t, { chainId: 1 });
    const running = await startProvider(t, { url: stub.url });
    await eventually(() => running.provider.state === 'wrong_chain');
    assert.equal(running.refusal(), 'wrong_chain');
    assert.equal(shown(await running.attempt()), 'failure breaker_open');
    const line = running.log.lines.find(({ level }) => level === 'error')!;
    assert.deepEqual(
      [line.fields.expected, line.fields.reported, line.fields.provider],
      ['31337', '1', 'node-1'],
    );
    assert.equal(stub.count('eth_call'), 0);
    stub.on('eth_chainId', '0x7a69');
    await running.up();
    stub.on('eth_chainId', '0x1');
    await eventually(
      () => running.refusal() === 'wrong_chain',
      'a provider that changes its chain later is found, too',
    );
  });

  it('gets no traffic while it is syncing', async t => {
    const stub = await startStubUpstream(t);
    stub.on('eth_syncing', { currentBlock: '0x1' });
    const running = await startProvider(t, { url: stub.url });
    await eventually(() => running.refusal() === 'syncing');
    stub.on('eth_syncing', () => {
      throw new StubRpcError(-32601, 'not offered here');
    });
    await running.up();
  });

  it('polls its head and reports each', async t => {
    const stub = await startStubUpstream(t, { head: 7 });
    const running = await startProvider(t, { url: stub.url });
    await eventually(() => running.provider.head === 7);
    stub.mine(3);
    await eventually(() => running.provider.head === 10);
    assert.deepEqual([running.heads[0]?.number, running.heads.at(-1)?.number], [7, 10]);
    // The block that was polled has the header in it, which nobody needs twice.
    await eventually(() => running.heads.length > 4);
    const headers = running.headers.filter(header => header !== undefined);
    const numbers = headers.map(header => Number((JSON.parse(header) as { number: string }).number));
    assert.deepEqual(numbers, [...new Set(running.heads.map(({ number }) => number))]);
  });

  it('reports heads that are absurd as they come: who compares providers judges them', async t => {
    const stub = await startStubUpstream(t, { head: 1 });
    const running = await startProvider(t, { url: stub.url });
    await eventually(() => running.heads.at(-1)?.number === 1);
    stub.head = 2 ** 50;
    await eventually(() => running.heads.at(-1)?.number === 2 ** 50);
    assert.equal(running.provider.state, 'up');
  });

  it('is left out of reads of the newest state when it is behind, and of blocks that only others have', async t => {
    const stub = await startStubUpstream(t, { head: 100 });
    let lag: number | undefined = 6;
    const heads = { best: { number: 106 }, lag: () => lag };
    const running = await startProvider(t, { url: stub.url, deps: { heads } });
    await eventually(() => running.provider.head === 100);
    const refusal = (demand: import('../../../src/chains/chain-family.ts').BlockDemand) =>
      running.provider.refusal(callOf('eth_call', { demand }), systemClock.now());
    assert.equal(refusal({ kind: 'tag', tag: 'latest' }), 'behind');
    assert.equal(refusal({ kind: 'tag', tag: 'earliest' }), undefined);
    assert.equal(refusal({ kind: 'none' }), undefined);
    assert.equal(refusal({ kind: 'number', number: 101 }), 'behind');
    assert.equal(refusal({ kind: 'number', number: 100 }), undefined);
    assert.equal(refusal({ kind: 'number', number: 107 }), undefined, 'nobody has it: anyone may say so');
    lag = 5;
    assert.equal(refusal({ kind: 'tag', tag: 'latest' }), undefined);
    assert.equal(refusal({ kind: 'tag', tag: 'confirmed', atLeast: 101 }), 'behind');
    assert.equal(refusal({ kind: 'tag', tag: 'confirmed', atLeast: 100 }), undefined);
    assert.equal(refusal({ kind: 'tag', tag: 'confirmed', atLeast: 107 }), undefined, 'nobody is there');
  });

  it('opens its breaker in the very attempt that reaches the threshold when it is killed, sends nothing more, and recovers', async t => {
    const stub = await startStubUpstream(t);
    stub.on('eth_call', '0x1');
    const proxy = await startFaultProxy(t, stub.url);
    const running = await startProvider(t, { url: proxy.url, chain: { health: { probe_interval: 60_000 } } });
    await running.up();
    await proxy.fault('kill');
    const outcomes: string[] = [];
    for (let i = 0; i < 3; i++) {
      assert.equal(running.refusal(), undefined);
      outcomes.push(shown(await running.attempt()));
    }
    assert.equal(running.refusal(), 'breaker_open');
    assert.deepEqual([...new Set(outcomes)], ['failure connection_refused']);
    assert.equal(shown(await running.attempt()), 'failure breaker_open');
    await proxy.heal();
    await eventually(() => running.provider.breakers.http === 'half_open');
    await running.attempt();
    await running.attempt();
    await eventually(() => running.provider.breakers.http === 'closed');
  });

  it('takes what was sent for sent: resets, cuts, and hangs', async t => {
    const stub = await startStubUpstream(t);
    stub.on('eth_call', '0x1');
    const proxy = await startFaultProxy(t, stub.url);
    const chain = { circuit_breaker: { failure_threshold: 100 } };
    const running = await startProvider(t, { url: proxy.url, chain });
    await running.up();
    for (const [fault, options, expected] of [
      ['reset', {}, 'failure connection_lost sent'],
      ['reset', { after_bytes: 120 }, 'failure body_cut sent'],
      ['truncate', { style: 'body' }, 'failure bad_response sent'],
      ['truncate', { style: 'connection' }, 'failure body_cut sent'],
      ['wrong-id', {}, 'failure wrong_id sent'],
      ['error', { status: 503 }, 'failure http_status sent'],
      ['redirect', {}, 'failure redirected sent'],
      ['slow-drip', {}, 'failure attempt_timeout sent'],
      ['hang', {}, 'failure attempt_timeout sent'],
      ['huge', {}, 'elsewhere response_too_large sent'],
    ] as const) {
      await proxy.fault(fault, { ...options, method: 'eth_call' });
      const outcome = await running.attempt('eth_call', expected.includes('timeout') ? 300 : 10_000);
      assert.ok(
        shown(outcome).startsWith(expected) ||
          (fault === 'reset' && / (body_cut|connection_lost) sent$/.test(shown(outcome))),
        `${fault}: ${shown(outcome)}`,
      );
      assert.doesNotMatch(JSON.stringify(outcome), canary);
      await proxy.heal();
    }
    assert.equal(shown(await running.attempt()), 'answer {"jsonrpc":"2.0","id":7,"result":"0x1"}');
    assert.equal(running.provider.inFlight, 0);
  });

  it('does not take half an answer for one when the connection just ends', async t => {
    const server = await startRawServer(
      t,
      probed(socket =>
        socket.end('HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{"jsonrpc":"2.0","id":7,"result":"0x12'),
      ),
    );
    const running = await startProvider(t, { url: server.url });
    await running.up();
    assert.equal(shown(await running.attempt()), 'failure bad_response sent');
  });

  it('cools down on every kind of rate limit, honours Retry-After, and its breaker does not count them', async t => {
    const answers = [
      httpResponse('{}', '429 Too Many Requests', 'Retry-After: 1\r\n'),
      httpResponse('<html><h1>429 Too Many Requests</h1></html>', '429 Too Many Requests'),
      httpResponse('<html><h1>429 Too Many Requests</h1></html>'),
      httpResponse('{"jsonrpc":"2.0","id":7,"error":{"code":-32005,"message":"limit exceeded"}}'),
      httpResponse('{"jsonrpc":"2.0","id":null,"error":{"code":429,"message":"rate limit reached"}}'),
    ];
    const server = await startRawServer(
      t,
      probed(socket => socket.write(answers.shift() ?? httpResponse('{"jsonrpc":"2.0","id":7,"result":1}'))),
    );
    const chain = { circuit_breaker: { failure_threshold: 1 } };
    const running = await startProvider(t, { url: server.url, chain });
    await running.up();
    const { coolDown } = running.provider;
    const start = systemClock.now();
    assert.equal(shown(await running.attempt()), 'rate_limited rate_limited sent');
    assert.equal(running.refusal(), 'cooling_down');
    assert.ok(coolDown.until - start >= 1000, 'a second was asked for');
    while (answers.length > 0) assert.equal(shown(await running.attempt()), 'rate_limited rate_limited sent');
    assert.equal(running.provider.breakers.http, 'closed');
    await eventually(() => running.refusal() === undefined, 'the cool-down ends');
    assert.match(shown(await running.attempt()), /^answer/);
  });

  it('remembers for a while which methods it does not serve', async t => {
    const stub = await startStubUpstream(t);
    stub.on('eth_call', '0x1');
    const running = await startProvider(t, { url: stub.url });
    await running.up();
    assert.equal(shown(await running.attempt('trace_block')), 'unsupported rpc_error sent');
    assert.equal(running.refusal('trace_block'), 'unsupported_method');
    assert.equal(running.refusal('eth_call'), undefined);
    await eventually(() => running.refusal('trace_block') === undefined, 'it is tried again one day');
  });

  it('takes its own address and key out of errors that repeat them', async t => {
    const stub = await startStubUpstream(t);
    const proxy = await startFaultProxy(t, stub.url);
    const running = await startProvider(t, { url: proxy.url });
    await running.up();
    await proxy.fault('echo-url', { method: 'eth_call', style: 'http' });
    assert.doesNotMatch(JSON.stringify(await running.attempt()), canary);
    await proxy.fault('echo-url', { method: 'eth_call', style: 'rpc' });
    const outcome = await running.attempt();
    const told =
      outcome.kind === 'answer' ? outcome.body.toString() : `${outcome.reason} ${outcome.answer?.body}`;
    assert.match(told, /redacted/);
    assert.doesNotMatch(told, canary);
    await proxy.fault('kill');
    await running.attempt();
    assert.doesNotMatch(JSON.stringify(running.log.lines), canary);
  });

  it('is told from its silence that it hangs: the breaker opens long before its requests time out, what may be repeated fails at once', async t => {
    const stub = await startStubUpstream(t);
    stub.on('eth_call', '0x1').on('eth_sendRawTransaction', '0x2');
    const proxy = await startFaultProxy(t, stub.url);
    const running = await startProvider(t, { url: proxy.url, chain: { health: { probe_interval: 60_000 } } });
    await running.up();
    await running.attempt();
    await proxy.fault('hang');
    const start = systemClock.now();
    const reads = Array.from({ length: 5 }, () => running.attempt('eth_call', 20_000));
    let written: string | undefined;
    running.provider.attempt(callOf('eth_sendRawTransaction'), 20_000, outcome => {
      written = shown(outcome);
    });
    for (const read of reads) assert.equal(shown(await read), 'failure provider_stalled sent');
    assert.ok(systemClock.now() - start < 10_000, `${systemClock.now() - start} ms`);
    assert.equal(running.refusal(), 'breaker_open');
    assert.equal(written, undefined, 'a write waits on: its answer may still come');
  });

  it('does not take slow answers for a hang: the probe is answered', async t => {
    const stub = await startStubUpstream(t);
    // Only suspicion asks: the next probe on its own is a minute away.
    const running = await startProvider(t, { url: stub.url, chain: { health: { probe_interval: 60_000 } } });
    await running.up();
    const probes = stub.count('eth_chainId');
    // Silent until it was suspected a second time: the answer to the first probe has been judged by then.
    stub.on('eth_call', async () => {
      await eventually(() => stub.count('eth_chainId') > probes + 1, 'a second suspicion');
      return '0x1';
    });
    const outcomes = await Promise.all(Array.from({ length: 6 }, () => running.attempt('eth_call', 20_000)));
    assert.ok(outcomes.every(outcome => outcome.kind === 'answer'));
    assert.ok(stub.count('eth_chainId') > probes + 1, 'it was asked');
    assert.equal(running.provider.breakers.http, 'closed');
  });

  it('opens its breaker on time-outs in a row as well', async t => {
    const stub = await startStubUpstream(t);
    stub.on('eth_call', () => new Promise(() => {}));
    const running = await startProvider(t, { url: stub.url });
    await running.up();
    for (let i = 0; i < 3; i++)
      assert.equal(shown(await running.attempt('eth_call', 50)), 'failure attempt_timeout sent');
    assert.equal(running.refusal(), 'breaker_open');
  });

  it('takes no traffic while it answers no probe, and does again when it does', async t => {
    const stub = await startStubUpstream(t);
    const proxy = await startFaultProxy(t, stub.url);
    const running = await startProvider(t, { url: proxy.url });
    await running.up();
    await proxy.fault('kill');
    await eventually(() => running.provider.state === 'down');
    assert.equal(running.refusal(), 'down');
    await proxy.heal();
    await running.up();
  });

  it('is checked at once when a call finds nobody else, and its WebSocket connects without the end of its pause', async t => {
    const stub = await startStubUpstream(t);
    stub.on('trace_block', () => {
      throw { code: -32601, message: 'no such method' };
    });
    const proxy = await startFaultProxy(t, stub.url);
    const running = await startProvider(t, {
      url: proxy.url,
      wsUrl: proxy.wsUrl,
      chain: {
        health: { probe_interval: 60_000, head_poll_interval: 60_000 },
        circuit_breaker: { failure_threshold: 1000 },
        websocket: { reconnect_min: 60_000, reconnect_max: 60_000 },
        failover: { unsupported_ttl: 60_000 },
      },
    });
    const { provider } = running;
    await eventually(() => provider.socket?.isOpen === true);
    await running.attempt('trace_block');
    await proxy.fault('kill');
    await eventually(() => provider.state === 'down');
    assert.equal(running.refusal('trace_block'), 'unsupported_method', 'whatever its state');
    const failed = () => running.provider.checks.mayBegin(performance.now());
    await eventually(failed, 'the check is over');
    await proxy.heal();
    provider.want(performance.now());
    assert.equal(provider.isReturning(performance.now()), true, 'it is being checked');
    await running.up();
    await eventually(() => provider.socket?.isOpen === true, 'connected');
  });

  it('is down from the start when nobody is there, without a crash', async t => {
    const server = await startRawServer(t, () => {});
    await server.stop();
    const running = await startProvider(t, { url: server.url });
    await eventually(() => running.provider.state === 'down');
    assert.doesNotMatch(JSON.stringify(running.log.lines), canary);
  });

  it('stays silent to a caller that cancelled and counts nothing against the provider', async t => {
    const stub = await startStubUpstream(t);
    stub.on('eth_call', () => new Promise(() => {}));
    const running = await startProvider(t, { url: stub.url });
    await running.up();
    let heard = 0;
    for (let i = 0; i < 10; i++) {
      const cancel = running.provider.attempt(callOf('eth_call'), 5000, () => heard++);
      await eventually(() => stub.count('eth_call') === i + 1);
      cancel();
      cancel();
    }
    assert.equal(running.provider.inFlight, 0);
    assert.equal(running.provider.breakers.http, 'closed');
    assert.equal(heard, 0);
  });

  it('keeps its health through a crash of the probe, and probes again', async t => {
    const stub = await startStubUpstream(t);
    const running = await startProvider(t, { url: stub.url });
    await running.up();
    const before = stub.count('eth_chainId');
    const { healthName } = await import('../../../src/providers/health-process.ts');
    running.system.exit(healthName('devnet', 'node-1'), 'kill');
    assert.equal(running.refusal(), undefined);
    await eventually(
      () => stub.count('eth_chainId') > before && running.system.isAlive(healthName('devnet', 'node-1')),
    );
    assert.equal(running.provider.state, 'up');
  });
});
