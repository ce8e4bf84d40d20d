import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { diff } from '../../../src/config/diff.ts';
import { chainChanges } from '../../../src/exchange/config-changes.ts';
import { accept } from '../config/sample-config.ts';

const chain = (name: string, id: number, providers: readonly string[], extra = '') =>
  `  ${name}: { chain_id: ${id}, ${extra}providers: [${providers.map(provider => `{ id: ${provider}, url: "http://${provider}.example/rpc" }`).join(', ')}] }\n`;

function changes(before: string, after: string) {
  const [old, now] = [accept(`chains:\n${before}`).config, accept(`chains:\n${after}`).config];
  return chainChanges(diff(old, now), now, old);
}

describe('chainChanges', () => {
  it('is nothing when nothing changed', () => {
    assert.deepEqual(changes(chain('one', 1, ['a']), chain('one', 1, ['a'])), []);
  });

  it('stops before it starts: what a removed chain holds is free for the others', () => {
    const kinds = changes(
      chain('one', 1, ['a']) + chain('two', 2, ['a']),
      chain('two', 20, ['a']) + chain('three', 3, ['a']),
    ).map(change => [change.kind, change.chain]);
    assert.deepEqual(kinds, [
      ['chain_removed', 'one'],
      ['chain_replaced', 'two'],
      ['chain_added', 'three'],
    ]);
  });

  it('restarts the pipelines of a chain when one of them comes, goes or changes, and of no other chain', () => {
    const chains = '  a: { family: solana, devnet: {} }\n  b: { family: solana, devnet: {} }\n';
    const pipeline = (name: string, on: string, level = 'info') =>
      `  ${name}: { chain: ${on}, handlers: [{ type: log, level: ${level} }] }\n`;
    const section = (...pipelines: string[]) => `${chains}pipelines:\n${pipelines.join('')}`;
    const one = section(pipeline('x', 'a'), pipeline('y', 'b'));
    const changed = [{ kind: 'pipelines_changed', chain: 'a' }];
    assert.deepEqual(changes(one, section(pipeline('x', 'a', 'warn'), pipeline('y', 'b'))), changed);
    assert.deepEqual(changes(one, section(pipeline('y', 'b'))), changed);
    assert.deepEqual(changes(section(pipeline('y', 'b')), one), changed);
    const moved = changes(one, section(pipeline('x', 'b'), pipeline('y', 'b')));
    assert.deepEqual(
      moved.map(change => change.chain),
      ['a', 'b'],
    );
    const replaced = changes(
      one,
      section(pipeline('x', 'a', 'warn')).replace('devnet: {}', 'devnet: { providers: 1 }'),
    );
    assert.deepEqual(
      replaced.map(({ kind, chain }) => [kind, chain]),
      [
        ['chain_replaced', 'a'],
        ['pipelines_changed', 'b'],
      ],
    );
  });

  it('names the providers to stop and the entries to start', () => {
    const [change, ...others] = changes(
      chain('one', 1, ['a', 'b', 'c']),
      chain('one', 1, ['a', 'c', 'd']).replace('http://c.', 'http://elsewhere.'),
    );
    assert.deepEqual(others, []);
    assert.ok(change?.kind === 'chain_tuned');
    assert.deepEqual(change.removedProviders, ['b']);
    assert.deepEqual(
      change.startedProviders.map(provider => [provider.id, provider.url]),
      [
        ['c', 'http://elsewhere.example/rpc'],
        ['d', 'http://d.example/rpc'],
      ],
    );
  });

  it('restarts all providers of a chain whose tuning they take at their start', () => {
    const [change] = changes(
      chain('one', 1, ['a', 'b']),
      chain('one', 1, ['a', 'b'], 'circuit_breaker: { failure_threshold: 9 }, '),
    );
    assert.ok(change?.kind === 'chain_tuned');
    assert.deepEqual(
      change.startedProviders.map(provider => provider.id),
      ['a', 'b'],
    );
    assert.equal(change.config.circuit_breaker.failure_threshold, 9);
  });

  it('hands live tuning on without a restart, once a chain', () => {
    const [change, ...others] = changes(
      chain('one', 1, ['a']),
      chain('one', 1, ['a'], 'failover: { max_attempts: 2 }, selection: { strategy: fastest }, '),
    );
    assert.deepEqual(others, []);
    assert.ok(change?.kind === 'chain_tuned');
    assert.deepEqual([change.removedProviders, change.startedProviders], [[], []]);
    assert.equal(change.config.failover.max_attempts, 2);
  });

  it('takes a chain that is switched off for a removed one', () => {
    const [change] = changes(
      chain('one', 1, ['a']) + chain('two', 2, ['a']),
      chain('one', 1, ['a'], 'enabled: false, ') + chain('two', 2, ['a']),
    );
    assert.deepEqual(change, { kind: 'chain_removed', chain: 'one' });
  });
});
