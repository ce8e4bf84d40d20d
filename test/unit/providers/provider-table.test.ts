import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Provider } from '../../../src/providers/provider.ts';
import { ProviderTable } from '../../../src/providers/provider-table.ts';

const provider = (id: string, priority = 1) => ({ id, priority }) as Provider;
const ids = (table: ProviderTable) => table.providers.map(({ id }) => id);

describe('ProviderTable', () => {
  it('keeps providers by priority, equal ones in the order of their addition', () => {
    const table = new ProviderTable();
    for (const [id, priority] of [
      ['c', 2],
      ['a', 1],
      ['d', 2],
      ['b', 1],
    ] as const)
      table.put(provider(id, priority));
    assert.deepEqual(ids(table), ['a', 'b', 'c', 'd']);
    assert.equal(table.get('c')?.priority, 2);
    assert.equal(table.get('x'), undefined);
  });

  it('gives the place of a provider to its successor and hands the old one back', () => {
    const table = new ProviderTable();
    const old = provider('b');
    for (const each of [provider('a'), old, provider('c')]) assert.equal(table.put(each), undefined);
    const successor = provider('b');
    assert.equal(table.put(successor), old);
    assert.deepEqual(ids(table), ['a', 'b', 'c']);
    assert.equal(table.get('b'), successor);
    assert.equal(table.remove('b'), successor);
    assert.equal(table.remove('b'), undefined);
    assert.deepEqual(ids(table), ['a', 'c']);
  });

  it('never changes an array that a reader holds, and counts its versions', () => {
    const table = new ProviderTable();
    table.put(provider('a'));
    const { providers, version } = table;
    table.put(provider('b'));
    table.remove('a');
    assert.deepEqual(
      providers.map(({ id }) => id),
      ['a'],
    );
    assert.equal(table.version, version + 2);
  });
});
