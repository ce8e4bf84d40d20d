import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ElementCursor } from '../../../../src/protocol/json-rpc/element-cursor.ts';
import { NOT_JSON, TOO_DEEP } from '../../../../src/protocol/json-rpc/skip-json.ts';

function walk(text: string, maxDepth = 8) {
  const source = Buffer.from(text);
  const cursor = new ElementCursor(source, 0, source.length, maxDepth);
  const elements: string[] = [];
  while (cursor.next()) elements.push(source.toString('utf8', cursor.valueStart, cursor.valueEnd));
  return { elements, at: cursor.at };
}

test('gives each element as it is written, and ends behind the array', () => {
  assert.deepEqual(walk('[]'), { elements: [], at: 2 });
  const array = '[ 1 , "a,]" ,{"b":[2]}\n]';
  assert.deepEqual(walk(`${array}x`), { elements: ['1', '"a,]"', '{"b":[2]}'], at: array.length });
});

for (const text of ['[', '[1', '[1,', '[1,]', '[,1]', '[1 2]', '[1}', '["a]', '[tru]']) {
  test(`tells that ${text} is no array`, () => {
    assert.equal(walk(text).at, NOT_JSON);
  });
}

test('tells that an element nests too deep', () => {
  assert.equal(walk('[[[]]]', 1).at, TOO_DEEP);
});

test('finds an element without reading to its end', () => {
  const source = Buffer.from('[1, {"a":');
  const cursor = new ElementCursor(source, 0, source.length, 8);
  assert.ok(cursor.next());
  assert.ok(cursor.nextStart());
  assert.equal(cursor.valueStart, 4);
  assert.equal(cursor.skip(), false);
});
