import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startTrunkline } from '../../support/trunkline.ts';

const key = 'k3y5f2a9c77e01';

describe('the statistics', () => {
  it('hold no URL, no key and no header of any provider', async t => {
    const trunkline = await startTrunkline(
      `
chains:
  test:
    chain_id: 1
    providers:
      - id: secretive
        url: "http://user:${key}@127.0.0.1:1/v3/${key}"
        ws_url: "ws://127.0.0.1:1/ws?apikey=${key}"
        headers: { x-api-key: ${key} }
`,
      t,
    );
    const { exchange, url } = trunkline;
    const shown = [
      JSON.stringify(exchange.stats()),
      JSON.stringify(exchange.tree()),
      ...(await Promise.all(
        ['/stats', '/ready', '/health', '/metrics', '/'].map(async path => (await fetch(url + path)).text()),
      )),
      trunkline.log(),
    ];
    for (const text of shown) assert.doesNotMatch(text, /127\.0\.0\.1:1[^0-9]|k3y5f|wss?:|x-api-key/);
    const { chains } = exchange.stats();
    assert.equal(chains[0]!.name, 'test');
    assert.equal(chains[0]!.providers[0]!.id, 'secretive');
  });

  it('say why a chain cannot serve', async t => {
    const { exchange } = await startTrunkline(
      'chains:\n  test: { chain_id: 1, providers: [{ id: a, url: "https://a.example/${KEY}" }] }\n',
      t,
    );
    assert.match(exchange.stats().chains[0]!.unavailable!, /environment variables are unset/);
  });
});
