import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { adminActions } from '../../../src/exchange/admin-actions.ts';
import type { LogLevel } from '../../../src/telemetry/log-level.ts';
import { fakeAssembly } from './fake-assembly.ts';

function setUp() {
  const did: unknown[][] = [];
  const devnet = {
    fault: async (...args: unknown[]) => did.push(['fault', ...args]),
    heal: async (...args: unknown[]) => did.push(['heal', ...args]),
    fork: async (...args: unknown[]) => {
      did.push(['fork', ...args]);
      return [8, 7];
    },
    skip: async (...args: unknown[]) => did.push(['skip', ...args]),
    status: () => ({ chain: 'devnet', providers: [] }),
  };
  const chains = new Map([
    ['devnet', fakeAssembly('devnet', ['up'], { devnet })],
    ['ethereum', fakeAssembly('ethereum', ['up'])],
  ]);
  const levels: LogLevel[] = [];
  const actions = adminActions({
    tree: () => undefined,
    chain: name => chains.get(name),
    chains: () => chains.values(),
    setLogLevel: level => levels.push(level),
  });
  const run = async (path: string, body: unknown = {}) =>
    actions.find(action => action.path === path)!.run(body);
  return { did, levels, run };
}

describe('adminActions', () => {
  it('gives a provider of an embedded chain a fault, by number or id, with options', async () => {
    const { did, run } = setUp();
    await run('devnet/fault', { chain: 'devnet', provider: 1, kind: 'kill' });
    await run('devnet/fault', {
      chain: 'devnet',
      provider: 'node-2',
      kind: 'delay',
      options: { ms: '50', jitter: 2, on: true },
    });
    assert.deepEqual(did, [
      ['fault', '1', 'kill', {}],
      ['fault', 'node-2', 'delay', { ms: '50', jitter: 2, on: true }],
    ]);
  });

  it('heals all providers or one', async () => {
    const { did, run } = setUp();
    await run('devnet/heal', { chain: 'devnet' });
    await run('devnet/heal', { chain: 'devnet', provider: '3' });
    assert.deepEqual(did, [
      ['heal', undefined],
      ['heal', '3'],
    ]);
  });

  it('makes an embedded chain fork and skip slots', async () => {
    const { did, run } = setUp();
    const forked = await run('devnet/fork', { chain: 'devnet', depth: 2, drop: true });
    assert.deepEqual(forked, { dead: [8, 7] });
    await run('devnet/fork', { chain: 'devnet' });
    assert.deepEqual(await run('devnet/skip', { chain: 'devnet', slots: '3' }), { slots: 3 });
    assert.deepEqual(did, [
      ['fork', 2, { drop: true }],
      ['fork', 1, { drop: false }],
      ['skip', 3],
    ]);
    for (const [path, body, message] of [
      ['devnet/fork', { depth: 0 }, /"depth" is a whole number from 1 to 1000/],
      ['devnet/fork', { drop: 1 }, /"drop" is true or false/],
      ['devnet/skip', { slots: 'many' }, /"slots" is a whole number/],
    ] as const)
      await assert.rejects(run(path, { chain: 'devnet', ...body }), { message });
  });

  it('lists the embedded chains when another one is named', async () => {
    const { run } = setUp();
    for (const chain of ['ethereum', 'nonsense', '__proto__']) {
      await assert.rejects(run('devnet/heal', { chain }), {
        code: 'no_embedded_chain',
        message: `"${chain}" is no embedded chain; there are: devnet`,
      });
    }
  });

  it('says what is wrong with a body', async () => {
    const { did, run } = setUp();
    for (const [body, message] of [
      [null, /JSON object/],
      [[], /JSON object/],
      ['text', /JSON object/],
      [{}, /"chain"/],
      [{ chain: 'devnet' }, /"provider"/],
      [{ chain: 'devnet', provider: 1 }, /"kind"/],
      [{ chain: 'devnet', provider: 1, kind: 'delay', options: [] }, /JSON object/],
      [{ chain: 'devnet', provider: 1, kind: 'delay', options: { ms: {} } }, /option "ms"/],
    ] as const) {
      await assert.rejects(run('devnet/fault', body), { code: 'admin_request_invalid', message });
    }
    assert.deepEqual(did, []);
  });

  it('sets the log level, and lists the levels when it is none', async () => {
    const { levels, run } = setUp();
    assert.deepEqual(await run('log-level', { level: 'debug' }), { level: 'debug' });
    await assert.rejects(run('log-level', { level: 'loud' }), { message: /error, warn, info, debug/ });
    assert.deepEqual(levels, ['debug']);
  });

  it('shows the embedded chains alone', async () => {
    assert.deepEqual(await setUp().run('devnet'), { chains: [{ chain: 'devnet', providers: [] }] });
  });
});
