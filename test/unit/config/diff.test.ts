import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { diff } from '../../../src/config/diff.ts';
import type { Environment } from '../../../src/config/interpolate.ts';
import { accept, smallest, withChain } from './sample-config.ts';

const compare = (before: string, after: string, env: Environment = {}) =>
  diff(accept(before, env).config, accept(after, env).config);

const providers = (...entries: string[]) => entries.map(entry => `- { ${entry} }`).join('\n');
const a = 'id: a, url: "https://a.example"';
const b = 'id: b, url: "https://b.example"';

describe('diff', () => {
  it('is empty for the same settings written differently', () => {
    const difference = compare(
      `server: { drain_timeout: 10s }\n${smallest}`,
      'chains:\n  local:\n    devnet: { providers: 3 }\n    chain_id: 31337\n',
    );
    assert.equal(difference.isEmpty, true);
    assert.deepEqual(difference.changes, []);
  });

  it('tells added, removed and restarted chains apart', () => {
    const difference = compare(
      'chains: { a: { chain_id: 1, devnet: {} }, b: { chain_id: 2, devnet: {} }, c: { chain_id: 3, devnet: {} } }',
      'chains: { b: { chain_id: 22, devnet: {} }, c: { chain_id: 3, devnet: {} }, d: { chain_id: 4, devnet: {} } }',
    );
    assert.deepEqual(difference.chains, { added: ['d'], removed: ['a'], restarted: ['b'] });
    assert.deepEqual(difference.providers, []);
  });

  it('says that storage waits for a restart, and shows nothing of a section with a password', () => {
    const storage = 'storage: { resp: { port: 0, password: "${P}" } }';
    const env = { P: 'hidden-password' };
    for (const difference of [
      compare(smallest, `${storage}\n${smallest}`, env),
      compare(`${storage}\n${smallest}`, smallest, env),
    ]) {
      assert.deepEqual(difference.restartNeeded, [{ path: 'storage', applies: 'restart' }]);
    }
    const tuned = compare(`${storage}\n${smallest}`, `${storage.replace('0,', '7000,')}\n${smallest}`, env);
    assert.deepEqual(tuned.restartNeeded, [
      { path: 'storage.resp.port', applies: 'restart', from: '0', to: '7000' },
    ]);
  });

  it('counts a chain that is switched off as removed, and changes of one that is off as none', () => {
    const off = 'chains: { a: { chain_id: 1, devnet: {} }, b: { chain_id: 2, enabled: false, devnet: {} } }';
    const both = off.replace(', enabled: false', '');
    assert.deepEqual(compare(both, off).chains, { added: [], removed: ['b'], restarted: [] });
    assert.deepEqual(compare(off, both).chains, { added: ['b'], removed: [], restarted: [] });
    assert.equal(compare(off, off.replace('chain_id: 2', 'chain_id: 3')).isEmpty, true);
  });

  it('names the providers that came, went and changed, and nothing else', () => {
    const difference = compare(
      withChain('', providers(a, b, 'id: c, url: "https://c.example"')),
      withChain(
        '',
        providers('id: d, url: "https://d.example"', `${b}, priority: 2`, 'id: c, url: "https://c.example"'),
      ),
    );
    assert.deepEqual(difference.providers, [{ chain: 'main', added: ['d'], removed: ['a'], changed: ['b'] }]);
    assert.deepEqual(difference.chains, { added: [], removed: [], restarted: [] });
    assert.deepEqual(difference.live, []);
    assert.ok(
      difference.changes.some(
        ({ path, from, to }) => path === 'chains.main.providers.b.priority' && from === '1' && to === '2',
      ),
    );
  });

  it('does not mind another order of providers', () => {
    assert.equal(compare(withChain('', providers(a, b)), withChain('', providers(b, a))).isEmpty, true);
  });

  it('restarts every provider of a chain when tuning changes that they take at their start', () => {
    const difference = compare(withChain(), withChain('circuit_breaker: { failure_threshold: 9 }'));
    assert.deepEqual(difference.providers, [{ chain: 'main', added: [], removed: [], changed: ['a', 'b'] }]);
    assert.deepEqual(difference.chains.restarted, []);
  });

  it('lists live sections, and not those of a chain that restarts anyway', () => {
    assert.deepEqual(compare(withChain(), withChain('failover: { deadline: 9s }')).live, [
      'chains.main.failover',
    ]);
    assert.deepEqual(compare(`log: { level: warn }\n${smallest}`, smallest).live, ['log']);
    const restarted = compare(
      withChain(),
      withChain('failover: { deadline: 9s }\naggregation: { width: 3 }'),
    );
    assert.deepEqual(restarted.live, []);
    assert.deepEqual(restarted.chains.restarted, ['main']);
  });

  it('lists what waits for a restart of Trunkline, with values and units', () => {
    const difference = compare(
      smallest,
      `server: { port: 4001, headers_timeout: 6s, ws: { max_payload: 6MiB } }\n${smallest}`,
    );
    assert.deepEqual(
      difference.restartNeeded.map(({ path, from, to }) => [path, from, to]),
      [
        ['server.port', '4000', '4001'],
        ['server.headers_timeout', '5s', '6s'],
        ['server.ws.max_payload', '5MiB', '6MiB'],
      ],
    );
    assert.deepEqual(difference.live, []);
  });

  it('follows a change in `defaults` into every chain', () => {
    const text = `defaults: { selection: { strategy: fastest } }\n${withChain()}`;
    assert.deepEqual(compare(withChain(), text).live, ['chains.main.selection']);
  });

  it('shows no secret value', () => {
    const text = (key: string) =>
      `admin: { token: "token-${key}" }\n${withChain('', providers(`id: a, url: "https://a.example/${key}", headers: { X-Key: "${key}" }`))}`;
    const { changes } = compare(text('first-key-1'), text('second-key-2'));
    assert.deepEqual(
      changes.map(({ path }) => path),
      ['admin.token', 'chains.main.providers.a.url', 'chains.main.providers.a.headers'],
    );
    assert.doesNotMatch(JSON.stringify(changes), /first-key-1|second-key-2/);
  });

  it('starts a provider whose variable has come, and stops one whose variable has gone', () => {
    const text = withChain('', providers(a, 'id: x, url: "https://x.example/${KEY}"'));
    const [without, having] = [accept(text, {}).config, accept(text, { KEY: 'k' }).config];
    assert.deepEqual(diff(without, having).providers, [
      { chain: 'main', added: ['x'], removed: [], changed: [] },
    ]);
    assert.deepEqual(diff(having, without).providers, [
      { chain: 'main', added: [], removed: ['x'], changed: [] },
    ]);
  });
});
