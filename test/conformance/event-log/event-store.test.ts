import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { MemoryEventStore } from '../../../src/feed/log/memory-event-store.ts';
import { type EventStoreKind, eventStores } from '../../support/event-stores.ts';

const key = (text: string): Buffer => Buffer.from(text, 'latin1');
const set = (name: string, value = `value of ${name}`) => ({ key: key(name), value: Buffer.from(value) });
const many = { maxEntries: 100, maxBytes: 10_000 };
const names = (records: readonly { readonly key: Buffer }[]): string[] =>
  records.map(record => record.key.toString('latin1'));

for (const [name, begin] of Object.entries(eventStores)) {
  describe(`${name} as an EventStore`, () => {
    let subject: EventStoreKind;
    before(async () => {
      subject = await begin();
    });
    after(() => subject.end());

    it('gives back what was written', async () => {
      const store = await subject.make();
      assert.equal(await store.get(key('a')), undefined);
      await store.write([set('a'), set('b', '')]);
      assert.deepEqual(await store.get(key('a')), Buffer.from('value of a'));
      assert.deepEqual(await store.get(key('b')), Buffer.alloc(0));
      await store.write([set('a', 'new'), { key: key('b'), value: undefined }]);
      assert.deepEqual(await store.get(key('a')), Buffer.from('new'));
      assert.equal(await store.get(key('b')), undefined);
    });

    it('orders keys by their bytes', async () => {
      const store = await subject.make();
      const keys = ['a', 'a\0', 'a\0b', 'ab', 'b', '\x7f', '\x80', '\xff', '\xff\xff'];
      await store.write([...keys].reverse().map(text => set(text)));
      assert.deepEqual(names(await store.range(key(''), key('\xff\xff\xff'), many)), keys);
      assert.deepEqual(names(await store.last(key(''), key('\xff\xff\xff'), many)), [...keys].reverse());
      const all = await store.keys(key(''), key('\xff\xff\xff'), 100);
      assert.deepEqual(
        all.map(one => one.toString('latin1')),
        keys,
      );
    });

    it('reads ranges from the first key on and up to the last', async () => {
      const store = await subject.make();
      await store.write(['b', 'd', 'f'].map(text => set(text)));
      assert.deepEqual(names(await store.range(key('b'), key('f'), many)), ['b', 'd']);
      assert.deepEqual(names(await store.range(key('c'), key('g'), many)), ['d', 'f']);
      assert.deepEqual(names(await store.range(key('c'), key('c'), many)), []);
      assert.deepEqual(names(await store.range(key('g'), key('h'), many)), []);
      assert.deepEqual(names(await store.range(key('a'), key('g'), { ...many, maxEntries: 2 })), ['b', 'd']);
      assert.deepEqual(names(await store.range(key('a'), key('g'), { ...many, maxBytes: 1 })), ['b']);
      assert.deepEqual(names(await store.range(key('a'), key('g'), { ...many, maxBytes: 22 })), ['b', 'd']);
      assert.deepEqual(names(await store.last(key('b'), key('f'), many)), ['d', 'b']);
      assert.deepEqual(names(await store.last(key('c'), key('g'), { ...many, maxEntries: 1 })), ['f']);
      assert.deepEqual(names(await store.last(key('a'), key('b'), many)), []);
      assert.equal((await store.keys(key('a'), key('g'), 2)).length, 2);
    });

    it('begins at the key that holds the start, if asked', async () => {
      const store = await subject.make();
      await store.write(['b', 'd', 'f'].map(text => set(text)));
      const floor = { ...many, isFloor: true };
      assert.deepEqual(names(await store.range(key('c'), key('e'), floor)), ['b', 'd']);
      assert.deepEqual(names(await store.range(key('d'), key('e'), floor)), ['d']);
      assert.deepEqual(names(await store.range(key('a'), key('c'), floor)), ['b']);
      assert.deepEqual(names(await store.range(key('x'), key('y'), floor)), ['f']);
    });

    it('applies changes in their order, ranges among them', async () => {
      const store = await subject.make();
      await store.write(['a', 'b', 'c', 'd'].map(text => set(text)));
      await store.write([
        { from: key('b'), to: key('d') },
        set('c', 'again'),
        { key: key('x'), value: undefined },
      ]);
      assert.deepEqual(names(await store.range(key('a'), key('z'), many)), ['a', 'c', 'd']);
    });

    it('removes ranges by parts', async () => {
      const store = await subject.make();
      await store.write(['a', 'b', 'c', 'd'].map(text => set(text)));
      assert.equal(await store.removeRange(key('a'), key('d'), 2), 2);
      assert.deepEqual(names(await store.range(key('a'), key('z'), many)), ['c', 'd']);
      assert.equal(await store.removeRange(key('a'), key('d'), 2), 1);
      assert.equal(await store.removeRange(key('a'), key('d'), 2), 0);
    });

    it('applies nothing where a guard does not hold', async () => {
      const store = await subject.make();
      const guard = (...values: string[]) => ({
        key: key('state'),
        values: values.map(text => Buffer.from(text)),
      });
      await store.write([set('state', '1')]);
      await assert.rejects(store.write([set('a')], guard('0', '2')), { code: 'unexpected_value' });
      assert.equal(await store.get(key('a')), undefined);
      await store.write([set('state', '2'), set('a')], guard('1', '2'));
      await store.write([set('state', '2'), set('a')], guard('1', '2'));
      await assert.rejects(store.write([set('a')], { ...guard('x'), key: key('none') }), {
        code: 'unexpected_value',
      });
    });

    it('applies writes in the order of the calls, a failed one keeping those behind it out', async () => {
      const store = await subject.make();
      await store.write([set('state', '0')]);
      const write = (from: number) =>
        store
          .write([set('state', String(from + 1)), set(`k${from}`)], {
            key: key('state'),
            values: [Buffer.from(String(from))],
          })
          .then(
            () => true,
            () => false,
          );
      const outcomes = await Promise.all([write(0), write(1), write(7), write(2), write(8)]);
      assert.deepEqual(outcomes, [true, true, false, true, false]);
      assert.deepEqual(names(await store.range(key('k'), key('l'), many)), ['k0', 'k1', 'k2']);
    });
  });
}

describe('MemoryEventStore', () => {
  it('refuses what would take more than it may, and takes it when there is room again', async () => {
    const store = new MemoryEventStore({ maxBytes: 2_000 });
    const large = (name: string) => ({ key: key(name), value: Buffer.alloc(600) });
    await store.write([large('a'), large('b')]);
    await assert.rejects(store.write([large('c')]), { code: 'store_full' });
    await store.write([{ key: key('a'), value: undefined }, large('c')]);
    await store.write([large('c')]);
    assert.deepEqual(names(await store.range(key('a'), key('z'), many)), ['b', 'c']);
    await store.removeRange(key('a'), key('z'), 10);
    assert.equal(store.bytes, 0);
  });
});
