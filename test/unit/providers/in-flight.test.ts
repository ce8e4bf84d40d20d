import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InFlight } from '../../../src/providers/in-flight.ts';

const item = (name: string) => ({ name, position: -1 });

describe('InFlight', () => {
  it('holds what was added and not deleted', () => {
    const list = new InFlight<ReturnType<typeof item>>();
    const items = ['a', 'b', 'c', 'd'].map(item);
    for (const each of items) list.add(each);
    assert.equal(list.delete(items[1]!), true);
    assert.equal(list.delete(items[3]!), true);
    assert.deepEqual(
      list
        .snapshot()
        .map(each => each.name)
        .sort(),
      ['a', 'c'],
    );
    assert.equal(list.size, 2);
  });

  it('takes a second deletion for none', () => {
    const list = new InFlight<ReturnType<typeof item>>();
    const [a, b] = [item('a'), item('b')];
    list.add(a);
    list.add(b);
    list.delete(a);
    assert.equal(list.delete(a), false);
    assert.deepEqual(list.snapshot(), [b]);
  });

  it('lets items be deleted while a snapshot is gone through', () => {
    const list = new InFlight<ReturnType<typeof item>>();
    for (let i = 0; i < 10; i++) list.add(item(String(i)));
    for (const each of list.snapshot()) list.delete(each);
    assert.equal(list.size, 0);
  });
});
