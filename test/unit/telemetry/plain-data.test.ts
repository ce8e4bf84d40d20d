import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { TrunklineError } from '../../../src/errors/trunkline-error.ts';
import { type PlainDataOptions, toPlainData, toPlainFields } from '../../../src/telemetry/plain-data.ts';

const options: PlainDataOptions = {
  text: text => text,
  isSecretKey: key => key === 'token',
  secretMark: '***',
};
/** Through JSON, as a log line shows it. */
const plain = (value: unknown, more: Partial<PlainDataOptions> = {}) =>
  JSON.parse(JSON.stringify(toPlainData(value, { ...options, ...more })));

describe('toPlainData', () => {
  it('keeps plain data as it is', () => {
    const value = { a: [1, 'x', null, true], b: { c: 0.5 } };
    assert.deepEqual(plain(value), value);
  });

  it('says what JSON cannot', () => {
    const date = new Date(0);
    assert.deepEqual(
      plain([
        1n,
        Number.NaN,
        undefined,
        () => 1,
        Buffer.from('abc'),
        date,
        new Set([1]),
        new Map([['a', 1]]),
      ]),
      ['1', 'NaN', '[undefined]', '[function]', '[3 bytes]', date.toISOString(), [1], { a: 1 }],
    );
    assert.deepEqual(plain({ left: undefined, kept: 1 }), { kept: 1 });
  });

  it('shows code, message, details and the chain of causes of an error', () => {
    const catalogue = { no_provider: { sentence: 'None.' } };
    const socket = Object.assign(new TypeError('other side closed'), { code: 'UND_ERR_SOCKET' });
    const error = new TrunklineError(catalogue, 'no_provider', 'none left', {
      cause: socket,
      details: { chain: 'ethereum' },
    });
    assert.deepEqual(plain({ error }), {
      error: {
        code: 'no_provider',
        message: 'none left',
        details: { chain: 'ethereum' },
        cause: { name: 'TypeError', code: 'UND_ERR_SOCKET', message: 'other side closed' },
      },
    });
  });

  it('shows stacks only when asked to', () => {
    const shown = plain(new Error('x', { cause: new Error('y') }), { stacks: true });
    assert.match(shown.stack, /plain-data\.test/);
    assert.match(shown.cause.stack, /plain-data\.test/);
  });

  it('shows what an AggregateError holds', () => {
    assert.deepEqual(plain(new AggregateError([new Error('a')], 'all')).errors, [{ message: 'a' }]);
  });

  it('survives cycles, depth, width and sheer number', () => {
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    assert.deepEqual(plain(cycle), { self: '[circular]' });
    let deep: unknown = 1;
    for (let i = 0; i < 100_000; i++) deep = { deep };
    assert.match(JSON.stringify(plain(deep)), /\[deep\]/);
    assert.equal(plain(Array.from({ length: 1000 }, () => 1)).length, 101);
    const wide = Array.from({ length: 100 }, () => Array.from({ length: 100 }, () => Array(100).fill(1)));
    assert.ok(JSON.stringify(plain(wide)).length < 100_000);
  });

  it('survives getters, proxies and toJSON that throw', () => {
    const fail = () => {
      throw new Error('no');
    };
    const proxy = new Proxy({}, { get: fail, ownKeys: fail, getPrototypeOf: fail });
    const getter = Object.defineProperty({ ok: 1 }, 'bad', { get: fail, enumerable: true });
    assert.deepEqual(plain({ proxy, getter, json: { toJSON: fail } }), {
      proxy: '[unreadable]',
      getter: { ok: 1, bad: '[unreadable]' },
      json: '[unreadable]',
    });
    const error = new Error('x');
    Object.defineProperty(error, 'message', { get: fail });
    assert.equal(plain(error), '[unreadable]');
    assert.deepEqual({ ...toPlainFields(proxy, options) }, {});
  });

  it('keeps __proto__ an ordinary key', () => {
    const shown = toPlainData(JSON.parse('{"__proto__":{"polluted":1}}'), options);
    assert.equal(JSON.stringify(shown), '{"__proto__":{"polluted":1}}');
    assert.equal(({} as Record<string, unknown>).polluted, undefined);
  });

  it('never throws and always fits into JSON', () => {
    const anything = fc.anything({
      withBigInt: true,
      withMap: true,
      withSet: true,
      withTypedArray: true,
      withDate: true,
    });
    fc.assert(
      fc.property(anything, value => {
        assert.equal(typeof JSON.stringify(toPlainData(value, options)), 'string');
      }),
      { numRuns: 1000 },
    );
  });
});
