import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { OwnCalls } from '../../../src/exchange/own-calls.ts';
import { FakeChain } from '../gateway/routing/fake-chain.ts';

function setUp() {
  const fake = new FakeChain(2);
  const calls = new OwnCalls(fake.chain, {
    pipeline: () => ({ handle: (call, done) => fake.router.route(call, done) }),
    clock: fake.clock,
  });
  return { fake, calls };
}

describe('OwnCalls', () => {
  it('gives the result, parsed, from the provider that is wanted', async () => {
    const { fake, calls } = setUp();
    const call = calls.call('eth_chainId', [], { useProvider: 'p2' });
    fake.last.answer('{"a":[1,null]}');
    assert.deepEqual(await call, { a: [1, null] });
    assert.deepEqual(
      fake.attempts.map(({ provider }) => provider),
      ['p2'],
    );
  });

  it('rejects when nobody answers in time, when it is given up, and while the gateway is down', async () => {
    const { fake, calls } = setUp();
    const late = assert.rejects(calls.call('eth_chainId', [], { timeoutMs: 100 }), {
      code: 'own_call_failed',
    });
    await fake.clock.advanceAndSettle(1_000);
    await late;
    const stop = new AbortController();
    const given = assert.rejects(calls.call('eth_chainId', [], { signal: stop.signal }), /given up/);
    stop.abort();
    await given;
    const none = new OwnCalls(fake.chain, { pipeline: () => undefined, clock: fake.clock });
    await assert.rejects(none.call('eth_chainId', []), { code: 'own_call_failed' });
  });
});
