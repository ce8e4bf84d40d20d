import assert from 'node:assert/strict';
import { isUtf8 } from 'node:buffer';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { NOT_JSON, skipSpace, skipValue, TOO_DEEP } from '../../../../src/protocol/json-rpc/skip-json.ts';
import { damagedJson, isJson, jsonLikeText, jsonText } from './json-texts.ts';

/** Whether all of the bytes are one JSON value. */
function accepts(bytes: Buffer): boolean {
  if (!isUtf8(bytes)) return false;
  const end = skipValue(bytes, skipSpace(bytes, 0, bytes.length), bytes.length, 64);
  return end >= 0 && skipSpace(bytes, end, bytes.length) === bytes.length;
}

describe('skipValue', () => {
  const texts = [
    ...[
      '0',
      '-0',
      '1',
      '-1.5',
      '1e5',
      '1E+5',
      '1.0e-9',
      '123456789012345678901234567890',
      '01',
      '+1',
      '.5',
      '1.',
      '1.e1',
      '1e',
      '1e+',
      '-',
      '--1',
      '0x1',
      'NaN',
      'Infinity',
    ],
    ...['true', 'false', 'null', 'tru', 'truE', 'nulll', 'fals', 't', 'undefined'],
    ...[
      '""',
      '"',
      '"a',
      '"\\"',
      '"\\""',
      '"\\u00e9"',
      '"\\u00g9"',
      '"\\u00"',
      '"\\u',
      '"\\x41"',
      '"\\/\\b\\f\\n\\r\\t"',
      '"\n"',
      '"\u0000"',
      '"\u001f"',
      '"\u007f"',
      '"é\u2028"',
      '"\\ud800"',
      "'a'",
    ],
    ...[
      '{}',
      '{',
      '}',
      '[]',
      '[',
      ']',
      '[}',
      '{]',
      '[1',
      '[1,',
      '[1,]',
      '[,1]',
      '[1 2]',
      '{"a"}',
      '{"a":}',
      '{"a":1',
      '{"a":1,}',
      '{,}',
      '{a:1}',
      '{1:1}',
      '{"a" : 1 , "b":[ ] }',
      '{"a":1 "b":2}',
      '{"a"::1}',
      '[[],{},[{}]]',
      '[[]',
    ],
    ...['', ' ', '1 1', '{}{}', '[] x', '\ufeff1', '\u00a01', '1\v', '//1', '1/**/'],
  ];
  for (const text of texts) {
    it(`agrees with JSON.parse about ${JSON.stringify(text)}`, () => {
      assert.equal(accepts(Buffer.from(text)), isJson(Buffer.from(text)));
    });
  }

  it('agrees with JSON.parse about any JSON, spaced and compact', () => {
    fc.assert(
      fc.property(jsonText, text => accepts(Buffer.from(text))),
      { numRuns: 500 },
    );
  });

  it('agrees with JSON.parse about damaged JSON', () => {
    fc.assert(
      fc.property(damagedJson, bytes => assert.equal(accepts(bytes), isJson(bytes))),
      { numRuns: 2_000 },
    );
  });

  it('agrees with JSON.parse about anything made of the bytes of JSON', () => {
    fc.assert(
      fc.property(jsonLikeText, text => assert.equal(accepts(Buffer.from(text)), isJson(Buffer.from(text)))),
      { numRuns: 3_000 },
    );
  });

  it('agrees with JSON.parse about arbitrary bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12 }), bytes =>
        assert.equal(accepts(Buffer.from(bytes)), isJson(Buffer.from(bytes))),
      ),
      { numRuns: 1_000 },
    );
  });

  it('finds what ends a long string wherever it stands, at every alignment', () => {
    for (const stop of ['"', '\\"', '\\u12', '\n', '\u0000', '\u001f', '!', '#', 'é', '\u007f', '\\\\']) {
      // Read one by one up to 256 bytes, then four at a time.
      for (let length = 236; length < 276; length++) {
        const text = `"${'a'.repeat(length)}${stop}${'b'.repeat(9)}"`;
        for (let shift = 0; shift < 4; shift++) {
          const bytes = Buffer.concat([Buffer.alloc(shift, 0x20), Buffer.from(text)]).subarray(shift);
          assert.equal(
            accepts(bytes),
            isJson(bytes),
            `${JSON.stringify(stop)} at ${length}, shifted by ${shift}`,
          );
        }
      }
    }
  });

  it('reads no byte behind the end it is given', () => {
    const source = Buffer.from(`"${'a'.repeat(300)}"`);
    for (let end = 0; end < source.length; end++) assert.equal(skipValue(source, 0, end, 1), NOT_JSON);
    assert.equal(skipValue(source, 0, source.length, 1), source.length);
    const object = Buffer.from('{"a":[true,-1.5e+3,"\\u00e9"]}  ');
    for (let end = 0; end < object.length - 2; end++) assert.equal(skipValue(object, 0, end, 9), NOT_JSON);
    assert.equal(skipValue(Buffer.from('12345'), 0, 3, 1), 3);
  });

  it('refuses what nests one level deeper than allowed', () => {
    const nested = (depth: number) => Buffer.from('['.repeat(depth) + ']'.repeat(depth));
    assert.equal(skipValue(nested(64), 0, 128, 64), 128);
    assert.equal(skipValue(nested(65), 0, 130, 64), TOO_DEEP);
    assert.equal(skipValue(Buffer.from('{}'), 0, 2, 0), TOO_DEEP);
    assert.equal(skipValue(Buffer.from('1'), 0, 1, 0), 1);
  });

  it('refuses endless nesting by its depth, whatever depth is allowed', () => {
    const endless = Buffer.from('[{"a":'.repeat(500_000));
    assert.equal(skipValue(endless, 0, endless.length, Number.MAX_SAFE_INTEGER), TOO_DEEP);
  });
});
