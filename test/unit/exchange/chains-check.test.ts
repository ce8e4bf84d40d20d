import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { chainsCheck } from '../../../src/exchange/chains-check.ts';
import { fakeAssembly } from './fake-assembly.ts';

const check = (chains: Readonly<Record<string, readonly string[]>>) =>
  chainsCheck(() => Object.entries(chains).map(([name, states]) => fakeAssembly(name, states)))();

describe('chainsCheck', () => {
  it('is well when every chain that has providers has one that is up', () => {
    assert.deepEqual(check({ one: ['up'], two: ['down', 'up'], keyless: [] }), {
      status: 'ok',
      details: { serving: ['one', 'two'], down: [] },
    });
  });

  it('is degraded when a chain has none that is up, and names it', () => {
    assert.deepEqual(check({ one: ['up'], two: ['down', 'syncing'], three: ['starting'] }), {
      status: 'degraded',
      reason: 'no provider takes calls: two, three',
      details: { serving: ['one'], down: ['two', 'three'] },
    });
  });

  it('does not count on a provider all of whose breakers are open', () => {
    assert.equal((check({ one: ['breakers_open'] }) as { status: string }).status, 'failed');
    assert.equal((check({ one: ['breakers_open', 'up'] }) as { status: string }).status, 'ok');
  });

  it('has failed when nobody serves anything', () => {
    for (const chains of [{ one: ['wrong_chain'] }, { keyless: [] }, {}])
      assert.equal((check(chains) as { status: string }).status, 'failed');
  });
});
