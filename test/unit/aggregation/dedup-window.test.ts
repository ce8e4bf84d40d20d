import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DedupWindow, type DedupWindowOptions, firstArrival } from '../../../src/aggregation/dedup-window.ts';

const anchored = { capacity: 10, windowMs: Number.POSITIVE_INFINITY, evictionRatio: 0.2 };

test('the first arrival of a key is new, later ones point to its winner and time', () => {
  const window = new DedupWindow(anchored);
  assert.equal(window.claim('a', 3, 100), firstArrival);
  const slot = window.claim('a', 5, 140);
  assert.notEqual(slot, firstArrival);
  assert.equal(window.winner(slot), 3);
  assert.equal(window.firstAt(slot), 100);
});

test('a full window evicts its least recently seen share at once', () => {
  const window = new DedupWindow(anchored);
  for (let i = 0; i < 10; i++) window.claim(`k${i}`, 0, i);
  window.claim('k0', 1, 20);
  window.claim('new', 0, 21);
  assert.equal(window.evictions, 2);
  assert.equal(window.size, 9);
  assert.deepEqual(
    ['k0', 'k1', 'k2', 'k3', 'new'].map(key => window.has(key)),
    [true, false, false, true, true],
  );
});

test('a key of a timed window is forgotten when its time is over, counted from its first arrival', () => {
  const window = new DedupWindow({ ...anchored, windowMs: 2000 });
  assert.equal(window.claim('a', 0, 0), firstArrival);
  assert.notEqual(window.claim('a', 1, 1999), firstArrival);
  assert.equal(window.claim('a', 1, 2000), firstArrival);
  assert.equal(window.expired, 1);
});

test('a key of a window without time outlives any delay', () => {
  const window = new DedupWindow(anchored);
  window.claim('a', 0, 0);
  assert.notEqual(window.claim('a', 1, 3_600_000), firstArrival);
});

test('a window grows to its capacity before it evicts', () => {
  const window = new DedupWindow({ ...anchored, capacity: 1000 });
  for (let i = 0; i < 1000; i++) assert.equal(window.claim(`k${i}`, 0, i), firstArrival);
  assert.equal(window.evictions, 0);
  for (let i = 0; i < 1000; i++) assert.notEqual(window.claim(`k${i}`, 0, i), firstArrival);
  window.claim('one more', 0, 0);
  assert.equal(window.evictions, 200);
});

test('a window that may not grow evicts at the size it has', () => {
  const window = new DedupWindow({ ...anchored, capacity: 1000, mayGrow: () => false });
  for (let i = 0; i < 1000; i++) window.claim(`k${i}`, 0, i);
  assert.ok(window.evictions > 0);
  assert.ok(window.size <= 256);
});

test('an heir knows every key with its winner and time', () => {
  const before = new DedupWindow({ ...anchored, capacity: 600 });
  for (let i = 0; i < 600; i++) before.claim(`k${i}`, i % 7, i);
  const heir = new DedupWindow({ ...anchored, capacity: 600 });
  heir.inherit(before, winner => winner + 10);
  for (let i = 0; i < 600; i++) {
    const slot = heir.claim(`k${i}`, 9, 1000);
    assert.equal(heir.winner(slot), (i % 7) + 10);
    assert.equal(heir.firstAt(slot), i);
  }
});

test('any sequence of keys and times is judged as by a plain list', () => {
  const step = fc.record({ key: fc.integer({ min: 0, max: 30 }), pauseMs: fc.integer({ min: 0, max: 400 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), fc.boolean(), (steps, isTimed) => {
      const options = {
        capacity: 12,
        windowMs: isTimed ? 1000 : Number.POSITIVE_INFINITY,
        evictionRatio: 0.25,
      };
      const window = new DedupWindow(options);
      const model = new ListModel(options);
      let now = 0;
      for (const { key, pauseMs } of steps) {
        now += pauseMs;
        assert.equal(window.claim(`key ${key}`, 0, now) === firstArrival, model.claim(`key ${key}`, now));
        assert.equal(window.size, model.entries.length);
      }
    }),
  );
});

/** The same window as an array, oldest first. */
class ListModel {
  entries: { readonly key: string; readonly at: number }[] = [];
  readonly #options: DedupWindowOptions;

  constructor(options: DedupWindowOptions) {
    this.#options = options;
  }

  claim(key: string, now: number): boolean {
    const { capacity, windowMs, evictionRatio } = this.#options;
    this.entries = this.entries.filter(entry => now - entry.at < windowMs);
    const known = this.entries.find(entry => entry.key === key);
    if (known !== undefined) {
      if (windowMs === Number.POSITIVE_INFINITY) {
        this.entries = [...this.entries.filter(entry => entry !== known), known];
      }
      return false;
    }
    if (this.entries.length === capacity) this.entries.splice(0, Math.floor(capacity * evictionRatio));
    this.entries.push({ key, at: now });
    return true;
  }
}
