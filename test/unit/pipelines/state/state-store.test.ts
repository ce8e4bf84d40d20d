import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { memoryState, type StateStore, storedState } from '../../../../src/pipelines/state/state-store.ts';
import { RunningStorage } from '../../../support/storage-runtime.ts';

const kinds: Readonly<Record<string, () => Promise<{ make(): Promise<StateStore>; end(): Promise<void> }>>> =
  {
    async memoryState() {
      return { make: async () => memoryState({ maxBytes: 2 ** 24 }), end: async () => {} };
    },
    async storedState() {
      const storage = new RunningStorage();
      await storage.start();
      const store = storage.client.store('kv');
      return {
        make: async () => {
          await store.flushAll();
          return storedState(store, 'state/');
        },
        end: async () => {
          await storage.stop();
          await storage.remove();
        },
      };
    },
  };

const texts = (records: readonly { key: string; value: Buffer }[]) =>
  records.map(({ key, value }) => `${key}=${value}`);

for (const [name, open] of Object.entries(kinds)) {
  describe(name, async () => {
    const kind = await open();
    after(() => kind.end());

    it('gives back what was set, as a copy, until it is removed', async () => {
      const state = await kind.make();
      const value = Buffer.from('one');
      const set = state.set('k', value);
      value.fill(0);
      await set;
      assert.equal(String(await state.get('k')), 'one');
      assert.equal(await state.get('other'), undefined);
      await state.del('k');
      await state.del('k');
      assert.equal(await state.get('k'), undefined);
    });

    it('applies a batch in order', async () => {
      const state = await kind.make();
      await state.set('gone', 'x');
      await state.batch([
        { key: 'a', value: '1' },
        { key: 'a', value: '2' },
        { key: 'gone', value: undefined },
        { key: 'b', value: Buffer.from('ä') },
      ]);
      await state.batch([]);
      assert.deepEqual(texts(await state.range('', '\x7f')), ['a=2', 'b=ä']);
    });

    it('reads ranges in order, from the end, behind a key and a few at a time', async () => {
      const state = await kind.make();
      await state.batch(['q/1', 'q/2', 'q/3', 'r/1', 'p/9'].map(key => ({ key, value: key.slice(2) })));
      assert.deepEqual(texts(await state.range('q/2', 'r/1')), ['q/2=2', 'q/3=3']);
      assert.deepEqual(texts(await state.under('q/')), ['q/1=1', 'q/2=2', 'q/3=3']);
      assert.deepEqual(texts(await state.under('q/', { after: 'q/1', maxEntries: 1 })), ['q/2=2']);
      assert.deepEqual(texts(await state.under('q/', { isReverse: true, maxEntries: 2 })), [
        'q/3=3',
        'q/2=2',
      ]);
      assert.equal((await state.under('q/', { maxBytes: 1 })).length, 1);
    });

    it('removes what begins with a prefix and nothing beside it', async () => {
      const state = await kind.make();
      await state.batch(['q/1', 'q/2', 'q/3', 'r/1'].map(key => ({ key, value: '' })));
      assert.equal(await state.clear('q/', 2), 2);
      assert.deepEqual(texts(await state.range('', '\x7f')), ['q/3=', 'r/1=']);
      assert.equal(await state.clear('q/'), 1);
    });

    it('keeps its parts apart', async () => {
      const state = await kind.make();
      const one = state.within('one/');
      await one.set('k', '1');
      await state.within('two/').set('k', '2');
      assert.equal(String(await one.get('k')), '1');
      assert.deepEqual(texts(await one.under('k')), ['k=1']);
      assert.deepEqual(texts(await state.under('o')), ['one/k=1']);
    });
  });
}

describe('memoryState', () => {
  it('refuses what is over its bound, and takes it once there is room', async () => {
    const state = memoryState({ maxBytes: 1_000 });
    await state.set('a', Buffer.alloc(700));
    await assert.rejects(state.set('b', Buffer.alloc(700)), { code: 'store_full' });
    assert.equal(await state.get('b'), undefined);
    await state.del('a');
    await state.set('b', Buffer.alloc(700));
  });
});
