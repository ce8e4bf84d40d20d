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

  it('names the pipelines to stop and to start, chain by chain', () => {
    const chains = '  a: { family: solana, devnet: {} }\n  b: { family: solana, devnet: {} }\n';
    const pipeline = (name: string, on: string, more = '') =>
      `  ${name}: { chain: ${on}, handlers: [{ type: log }]${more} }\n`;
    const section = (...pipelines: string[]) => `${chains}pipelines:\n${pipelines.join('')}`;
    const change = (chain: string, removedPipelines: string[], startedPipelines: string[]) => ({
      kind: 'pipelines_changed',
      chain,
      removedPipelines,
      startedPipelines,
    });
    const [x, y, z] = [pipeline('x', 'a'), pipeline('y', 'b'), pipeline('z', 'a')];
    const slow = ', drain_timeout: 40s';
    assert.deepEqual(changes(section(x, y, z), section(pipeline('x', 'a', slow), y, z)), [
      change('a', [], ['x']),
    ]);
    assert.deepEqual(changes(section(x, y, z), section(y, z)), [change('a', ['x'], [])]);
    assert.deepEqual(changes(section(x, y, z), section(pipeline('x', 'a', ', enabled: false'), y, z)), [
      change('a', ['x'], []),
    ]);
    assert.deepEqual(changes(section(y, z), section(x, y, pipeline('z', 'a', slow))), [
      change('a', [], ['x', 'z']),
    ]);
    assert.deepEqual(
      changes(section(x, z), section(pipeline('x', 'b'), pipeline('z', 'a', slow))),
      [change('a', ['x'], []), change('a', [], ['z']), change('b', [], ['x'])],
      'one that moves has left before it begins elsewhere',
    );
    const other = (text: string) =>
      text.replace('a: { family: solana, devnet: {} }', 'a: { family: solana, devnet: { providers: 1 } }');
    const replaced = changes(section(x, y), other(section(pipeline('x', 'a', slow), pipeline('y', 'a'))));
    assert.deepEqual(
      replaced.map(({ kind, chain }) => [kind, chain]),
      [
        ['pipelines_changed', 'b'],
        ['chain_replaced', 'a'],
      ],
      'those of a chain that is replaced begin with it',
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
