import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { canonicalJson } from '../../../../src/protocol/json-rpc/canonical-json.ts';
import { damagedJson, isJson, jsonText } from './json-texts.ts';

const canonical = (text: string) => canonicalJson(Buffer.from(text));

describe('canonicalJson', () => {
  it('sorts the keys of every object and drops white space', () => {
    assert.equal(
      canonical(' [ "logs" , { "topics" : [ null , "0x1" ] , "address" : "0x2" } ] '),
      '["logs",{"address":"0x2","topics":[null,"0x1"]}]',
    );
    assert.equal(
      canonical('{"b":{"d":1,"c":2},"a":[{"z":1,"y":2}]}'),
      '{"a":[{"y":2,"z":1}],"b":{"c":2,"d":1}}',
    );
  });

  it('writes each string one way', () => {
    assert.equal(canonical('"\\u0061\\/\\u00e9\\u000a\\ud83d\\ude80"'), '"a/é\\n🚀"');
    assert.equal(canonical('{"\\u0062":1,"a":2}'), '{"a":2,"b":1}');
  });

  it('keeps numbers as they are written', () => {
    assert.equal(
      canonical('[9007199254740993,1.0,1e3,-0,18446744073709551615]'),
      '[9007199254740993,1.0,1e3,-0,18446744073709551615]',
    );
  });

  it('keeps __proto__ as a key like any other', () => {
    assert.equal(canonical('{"b":1,"__proto__":{"x":1}}'), '{"__proto__":{"x":1},"b":1}');
  });

  it('gives undefined for an object that has a key twice', () => {
    assert.equal(canonical('{"a":1,"a":1}'), undefined);
    assert.equal(canonical('[{"a":1,"\\u0061":2}]'), undefined);
  });

  it('gives undefined above the depth allowed', () => {
    const nested = (depth: number) => Buffer.from('['.repeat(depth) + ']'.repeat(depth));
    assert.ok(canonicalJson(nested(64)));
    assert.equal(canonicalJson(nested(65)), undefined);
    assert.equal(canonicalJson(nested(3), 0, 6, 2), undefined);
    assert.equal(canonicalJson(nested(100_000), 0, 200_000, 1_000_000), undefined);
    assert.equal(canonical('[{"a":'.repeat(100_000)), undefined);
  });

  it('reads a part of the source and no byte around it', () => {
    const source = Buffer.from('x{"b":1,"a":2}]');
    assert.equal(canonicalJson(source, 1, source.length - 1), '{"a":2,"b":1}');
    assert.equal(canonicalJson(source, 1), undefined);
    assert.equal(canonicalJson(source, 1, source.length - 2), undefined);
  });

  it('gives undefined exactly for what JSON.parse refuses, duplicate keys aside', () => {
    fc.assert(
      fc.property(damagedJson, bytes => {
        const text = canonicalJson(bytes);
        if (text !== undefined) assert.ok(isJson(bytes));
        else if (isJson(bytes))
          assert.match(bytes.toString(), /\{.*:.*,/s, 'only an object of two members can be refused');
      }),
      { numRuns: 1_000 },
    );
  });

  it('means the same as its source, and is its own canonical text', () => {
    fc.assert(
      fc.property(jsonText, source => {
        const text = canonical(source);
        if (text === undefined) return;
        assert.deepEqual(JSON.parse(text), JSON.parse(Buffer.from(source).toString()));
        assert.equal(canonical(text), text);
      }),
    );
  });

  it('is the same for any order of members', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 })),
        fc.infiniteStream(fc.nat()),
        (value, order) => {
          const entries = Object.entries(value);
          const shuffled = entries
            .map(entry => [order.next().value, entry] as const)
            .sort((a, b) => a[0] - b[0]);
          const write = (members: readonly [string, unknown][]) =>
            `{${members.map(([key, member]) => `${JSON.stringify(key)}: ${JSON.stringify(member)}`).join(' , ')}}`;
          assert.equal(canonical(write(shuffled.map(([, entry]) => entry))), canonical(write(entries)));
        },
      ),
    );
  });
});
