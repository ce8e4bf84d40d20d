import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { toJson } from '../../../../src/pipelines/parsers/to-json.ts';

describe('values as JSON', () => {
  it('has large integers as decimal text, bytes as base64, and the fields in their order', () => {
    const value = {
      z: 2n ** 64n - 1n,
      a: -(2n ** 127n),
      bytes: Uint8Array.of(1, 2, 3),
      buffer: Buffer.from([255]),
      none: null,
      left: undefined,
      list: [1, undefined, { deep: 1n }],
      map: new Map([['k', 1n]]),
      numbers: [0.5, Number.NaN, Number.NEGATIVE_INFINITY],
      when: new Date(0),
    };
    assert.equal(
      JSON.stringify(toJson(value)),
      '{"z":"18446744073709551615","a":"-170141183460469231731687303715884105728","bytes":"AQID","buffer":"/w==",' +
        '"none":null,"list":[1,null,{"deep":"1"}],"map":[["k","1"]],"numbers":[0.5,"NaN","-Infinity"],' +
        '"when":"1970-01-01T00:00:00.000Z"}',
    );
  });

  it('does not let a field set the prototype', () => {
    const converted = toJson(JSON.parse('{"__proto__": {"polluted": 1}}')) as { polluted?: unknown };
    assert.equal(converted.polluted, undefined);
    assert.equal(JSON.stringify(converted), '{"__proto__":{"polluted":1}}');
  });

  it('refuses what holds itself, and what has no form', () => {
    const loop: { self?: unknown } = {};
    loop.self = loop;
    assert.throws(() => toJson(loop), /deeper than 128/);
    assert.throws(() => toJson({ f: () => 1 }), /a function has no form/);
  });
});
