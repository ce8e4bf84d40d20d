import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { HttpMessage } from '../../../src/devnet/http-message.ts';

const post = 'POST /v1/key HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody';
const chunked =
  'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nbody\r\n5;x=1\r\n-more\r\n0\r\ntrailer: 1\r\n\r\n';

/** Feeds a stream in pieces and returns the message with the number of bytes it took. */
function read(role: 'request' | 'response', wire: string, cuts: readonly number[] = []) {
  const bytes = Buffer.from(wire, 'latin1');
  const message = new HttpMessage(role, { collect: true });
  const ends = [...new Set([...cuts.map(cut => cut % (bytes.length + 1)), bytes.length])].sort(
    (a, b) => a - b,
  );
  let at = 0;
  for (const end of ends) {
    if (message.isComplete || end === at) continue;
    const used = message.push(bytes.subarray(at, end));
    at += used;
  }
  return { message, used: at };
}

test('finds the end of a message with a length, and leaves what follows alone', () => {
  const { message, used } = read('request', `${post}POST / HTTP`);
  assert.ok(message.isComplete);
  assert.equal(used, post.length);
  assert.equal(message.wire().toString(), post);
  assert.equal(message.body().toString(), 'body');
});

test('joins a chunked body and keeps its wire form', () => {
  const { message } = read('response', chunked);
  assert.ok(message.isComplete);
  assert.equal(message.body().toString(), 'body-more');
  assert.equal(message.wire().toString(), chunked);
});

test('takes chunked framing over a length, as HTTP does', () => {
  const { message } = read('response', chunked.replace('\r\n', '\r\ncontent-length: 1\r\n'));
  assert.equal(message.body().toString(), 'body-more');
});

test('passes over an interim answer', () => {
  const { message } = read(
    'response',
    `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok`,
  );
  assert.match(message.head, /^HTTP\/1.1 200/);
  assert.equal(message.body().toString(), 'ok');
});

test('sees an answer without a length end with its connection', () => {
  const { message } = read('response', 'HTTP/1.1 200 OK\r\n\r\npart');
  assert.equal(message.isComplete, false);
  assert.ok(message.endsWithConnection);
});

for (const [what, wire] of [
  ['a request without a length', 'GET / HTTP/1.1\r\n\r\n'],
  ['a 204', 'HTTP/1.1 204 No Content\r\n\r\n'],
  ['a WebSocket handshake', 'HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n\r\n'],
] as const) {
  test(`sees no body in ${what}`, () => {
    const { message, used } = read(wire.startsWith('HTTP') ? 'response' : 'request', `${wire}rest`);
    assert.ok(message.isComplete);
    assert.equal(used, wire.length);
  });
}

test('sees no body in the answer to HEAD', () => {
  const message = new HttpMessage('response', { collect: false, isBodyless: true });
  message.push(Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n'));
  assert.ok(message.isComplete);
});

test('gives up on a head above 64 KiB and on a chunk without a size', () => {
  assert.throws(() => read('request', `GET / HTTP/1.1\r\nx: ${'y'.repeat(70_000)}`));
  assert.throws(() => read('response', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n'));
});

test('reads the same from any split of the bytes', () => {
  const streams = fc.constantFrom(['request', post], ['response', chunked], [
    'response',
    `HTTP/1.1 100 C\r\n\r\n${chunked}`,
  ] as const);
  fc.assert(
    fc.property(streams, fc.array(fc.nat(), { maxLength: 12 }), ([role, wire], cuts) => {
      const whole = read(role as 'request', wire as string);
      const split = read(role as 'request', wire as string, cuts);
      assert.equal(split.used, whole.used);
      assert.equal(split.message.isComplete, true);
      assert.equal(split.message.body().toString(), whole.message.body().toString());
    }),
  );
});
