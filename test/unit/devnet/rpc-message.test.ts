import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eachMethod, parseRpc } from '../../../src/devnet/rpc-message.ts';

const methods = (body: string) => {
  const seen: string[] = [];
  eachMethod(Buffer.from(body), method => seen.push(method));
  return seen;
};

test('keeps ids and numbers that a double cannot hold', () => {
  const text = '{"id":9007199254740993,"params":[1.0,18446744073709551615,-5,1e400],"result":"<"}';
  assert.equal(JSON.stringify(parseRpc(Buffer.from(text))?.calls[0]), text);
});

test('tells a call from a batch, and from what is neither', () => {
  assert.equal(parseRpc(Buffer.from('{"method":"a"}'))?.isBatch, false);
  assert.equal(parseRpc(Buffer.from('[{"method":"a"},{"method":"b"}]'))?.calls.length, 2);
  for (const body of ['', '{', '1', 'null', '[1]'])
    assert.equal(parseRpc(Buffer.from(body)), undefined, body);
});

test('counts the method of a call wherever it stands, and each of a batch', () => {
  assert.deepEqual(methods('{"jsonrpc":"2.0","method" : "eth_call","id":1}'), ['eth_call']);
  assert.deepEqual(methods(`{"params":["${'0'.repeat(9_000)}"],"method":"eth_sendRawTransaction"}`), [
    'eth_sendRawTransaction',
  ]);
  assert.deepEqual(methods('[{"method":"a"},{"method":"b"}]'), ['a', 'b']);
  assert.deepEqual(methods('not JSON'), []);
});
