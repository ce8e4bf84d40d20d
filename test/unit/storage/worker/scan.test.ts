import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { StoreCommands } from '../../../support/store-commands.ts';

/** All pages of a SCAN with these options. */
function pages(store: StoreCommands, ...options: string[]): string[][] {
  const all: string[][] = [];
  let position = '';
  do {
    const [next, keys] = store.run('scan', Buffer.from(position, 'latin1'), ...options) as [string, string[]];
    all.push(keys);
    position = next;
  } while (position !== '');
  return all;
}

describe('SCAN', () => {
  it('hands out every key once, in pages of COUNT, with keys in between added and removed', async () => {
    await using store = new StoreCommands();
    for (let i = 0; i < 95; i++) store.run('set', `k${i}`, 'v');
    store.run('set', '', 'v');
    const all = pages(store);
    assert.deepEqual(
      all.map(keys => keys.length),
      [10, 10, 10, 10, 10, 10, 10, 10, 10, 6],
    );
    assert.equal(new Set(all.flat()).size, 96);
    assert.equal(pages(store, 'count', '1000').length, 1);
    const [position, first] = store.run('scan', '', 'COUNT', '50') as [string, string[]];
    for (const key of first) store.run('del', key);
    store.run('set', 'zzz', 'v');
    const [, rest] = store.run('scan', Buffer.from(position, 'latin1'), 'count', '50') as [string, string[]];
    assert.equal(rest.length, 47);
    assert.equal(rest.includes('zzz'), true);
  });

  it('filters by pattern and type', async () => {
    await using store = new StoreCommands();
    for (let i = 0; i < 30; i++) store.run('set', `${i % 2 ? 'odd' : 'even'}:${i}`, 'v');
    assert.equal(pages(store, 'match', 'odd:*').flat().length, 15);
    assert.equal(pages(store, 'match', 'odd:?').flat().length, 5);
    assert.equal(pages(store, 'match', 'nothing*').flat().length, 0);
    assert.equal(pages(store, 'type', 'string').flat().length, 30);
    assert.equal(pages(store, 'TYPE', 'hash').flat().length, 0);
  });

  it('leaves out keys that expired and were not swept', async () => {
    await using store = new StoreCommands();
    for (let i = 0; i < 20; i++) store.run('set', `k${i}`, 'v', ...(i % 4 ? [] : ['px', '10']));
    store.clock.advance(10);
    assert.equal(pages(store).flat().length, 15);
  });

  it('refuses what is no position or no option', async () => {
    await using store = new StoreCommands();
    store.run('set', 'k', 'v');
    assert.equal(store.run('scan', '0'), '-ERR invalid cursor');
    assert.equal(store.run('scan', '', 'count', '0'), '-ERR syntax error');
    assert.equal(store.run('scan', '', 'count', 'x'), '-ERR value is not an integer or out of range');
    assert.equal(store.run('scan', '', 'count'), '-ERR syntax error');
    assert.equal(store.run('scan', '', 'nope', '1'), '-ERR syntax error');
    assert.deepEqual(store.run('scan', '', 'count', '9223372036854775807'), ['', ['k']]);
  });
});
