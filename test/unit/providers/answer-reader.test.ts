import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { scanResponse } from '../../../src/protocol/json-rpc/scan-response.ts';
import { AnswerReader, type ReadAnswer } from '../../../src/providers/answer-reader.ts';
import { Redactor } from '../../../src/providers/redactor.ts';
import { callOf, plainFamily } from './fixtures.ts';

const key = 'c4narykey0123456789abcdef';
const redactor = new Redactor({ urls: [`https://eth.example.com/v3/${key}`] });

function setUp() {
  let scrubbed = 0;
  const unknown: string[] = [];
  const reader = new AnswerReader(plainFamily, redactor, {
    onScrubbed: () => scrubbed++,
    onUnknownError: (code, message, method) => unknown.push(`${method}: ${code} ${message}`),
  });
  const read = (body: string | Buffer, status = 200, id = '7') =>
    reader.readHttp(callOf('eth_call', { id }), status, Buffer.from(body));
  return { reader, read, unknown, scrubbed: () => scrubbed };
}

function summary(read: ReadAnswer): unknown[] {
  if (read.kind === 'answer') return ['answer', read.body.toString()];
  return [read.failure, read.code, read.answer?.body.toString()];
}

describe('AnswerReader', () => {
  it('passes results through as the very bytes that came', () => {
    const body = Buffer.from('{"id":7,"result":9007199254740993,"jsonrpc":"2.0","x":"\\u003c"}');
    const read = setUp().reader.readHttp(callOf('eth_call'), 200, body);
    assert.equal(read.kind, 'answer');
    assert.equal(read.kind === 'answer' && read.body, body);
  });

  it('passes verdicts and the client errors through with their data untouched', () => {
    const { read } = setUp();
    const body = `{"jsonrpc":"2.0","id":7,"error":{"code":3,"message":"execution reverted","data":"0x08c379a0\\u0041"}}`;
    assert.deepEqual(summary(read(body)), ['answer', body]);
  });

  it('takes an answer with the id of another request for a failure', () => {
    const { read } = setUp();
    for (const id of ['8', '"7"', '7.0', '70', 'null']) {
      assert.deepEqual(
        summary(read(`{"jsonrpc":"2.0","id":${id},"result":"0x1"}`)),
        ['failure', 'wrong_id', undefined],
        id,
      );
    }
    assert.deepEqual(summary(read('{"jsonrpc":"2.0","id":8,"error":{"code":3,"message":"x"}}')).slice(0, 2), [
      'failure',
      'wrong_id',
    ]);
  });

  it('counts an error that came with a null id or none, and gives it the id of the call', () => {
    const { read } = setUp();
    for (const id of ['"id":null,', '']) {
      const limited = read(
        `{"jsonrpc":"2.0",${id}"error":{"code":-32005,"message":"slow down","data":{"n":9007199254740993}}}`,
        200,
        '"a-1"',
      );
      assert.deepEqual(summary(limited), [
        'rate_limited',
        'rate_limited',
        '{"jsonrpc":"2.0","id":"a-1","error":{"code":-32005,"message":"slow down","data":{"n":9007199254740993}}}',
      ]);
    }
  });

  it('classifies JSON-RPC errors by the chain family and keeps them for want of a better answer', () => {
    const { read } = setUp();
    const error = (code: number, message: string) =>
      `{"jsonrpc":"2.0","id":7,"error":{"code":${code},"message":"${message}"}}`;
    for (const [code, message, failure] of [
      [-32005, 'x', 'rate_limited'],
      [-32601, 'x', 'unsupported'],
      [-32000, 'header not found', 'elsewhere'],
      [-32000, 'range too wide', 'too_large'],
      [-32603, 'x', 'failure'],
    ] as const) {
      const body = error(code, message);
      const result = read(body);
      assert.ok(result.kind === 'failed');
      assert.equal(result.failure, failure);
      assert.equal(result.answer?.body.toString(), body);
      assert.equal(result.reason, `error ${code}: ${message}`);
    }
  });

  it('shows the classifier the beginning of the data', () => {
    const { read } = setUp();
    const body = '{"jsonrpc":"2.0","id":7,"error":{"code":-32603,"message":"x","data":{"why":"verdict"}}}';
    assert.deepEqual(summary(read(body)), ['answer', body]);
  });

  it('discards what is not one whole JSON-RPC response', () => {
    const { read } = setUp();
    for (const body of [
      '',
      '{"jsonrpc":"2.0","id":7,"resu',
      '{"jsonrpc":"2.0","id":7,"result":"0x1"}x',
      'null',
      '[]',
      '{"id":7}',
      '<html>',
    ]) {
      assert.deepEqual(summary(read(body)), ['failure', 'bad_response', undefined], body);
    }
  });

  it('recognizes a rate limit by status and as a page of HTML', () => {
    const { read } = setUp();
    for (const [status, body] of [
      [429, ''],
      [429, '<html>Too Many Requests</html>'],
      [200, '<html>Too Many Requests</html>'],
    ] as const) {
      assert.deepEqual(summary(read(body, status)), ['rate_limited', 'rate_limited', undefined]);
    }
  });

  it('takes a failing status for a failure, with the JSON-RPC error in its body as the answer to fall back on', () => {
    const { read } = setUp();
    assert.deepEqual(summary(read('oops', 503)), ['failure', 'http_status', undefined]);
    const body = '{"jsonrpc":"2.0","id":7,"error":{"code":-32000,"message":"no backend"}}';
    const result = read(body, 503);
    assert.deepEqual(summary(result), ['failure', 'http_status', body]);
    assert.ok(result.kind === 'failed' && result.reason === 'HTTP 503, error -32000: no backend');
  });

  it('reads a JSON-RPC error under a status that the family leaves open', () => {
    const { read } = setUp();
    const body = '{"jsonrpc":"2.0","id":7,"error":{"code":-32602,"message":"bad params"}}';
    assert.deepEqual(summary(read(body, 400)), ['answer', body]);
    assert.deepEqual(summary(read('bad request', 400)), ['failure', 'http_status', undefined]);
  });

  it('takes redirects for failures', () => {
    const { read } = setUp();
    for (const status of [301, 302, 307, 308])
      assert.deepEqual(summary(read('', status)), ['failure', 'redirected', undefined]);
  });

  it('takes the own address and key of the provider out of errors, in every disguise, and counts that', () => {
    const { read, scrubbed } = setUp();
    const escaped = [...key].map(char => `\\u00${char.charCodeAt(0).toString(16)}`).join('');
    const errors = [
      `{"code":-32000,"message":"cannot reach https://eth.example.com/v3/${key}"}`,
      `{"code":-32000,"message":"x","data":{"url":"https://eth.example.com/v3/${key}","n":9007199254740993}}`,
      `{"code":-32000,"message":"x","data":{"url":"https:\\/\\/eth.example.com\\/v3\\/${key}"}}`,
      `{"code":-32000,"message":"${escaped}"}`,
      `{"code":-32000,"message":"x","data":["${escaped}",{"${escaped}":1}]}`,
    ];
    for (const error of errors) {
      const result = read(`{"jsonrpc":"2.0","id":7,"error":${error}}`);
      assert.ok(result.kind === 'answer');
      const shown = JSON.stringify(JSON.parse(result.body.toString()));
      assert.ok(!shown.includes(key) && !shown.includes('eth.example.com'), shown);
      assert.equal(result.scanned.error?.code, -32000);
      assert.deepEqual(result.scanned, scanResponse(result.body));
    }
    assert.equal(scrubbed(), errors.length);
    const beside = read(`{"jsonrpc":"2.0","id":7,"debug":"${key}","error":{"code":-32000,"message":"x"}}`);
    assert.ok(beside.kind === 'answer' && !beside.body.includes(key), 'members beside the error go with it');
    const kept = read(`{"jsonrpc":"2.0","id":7,"error":${errors[1]}}`);
    assert.ok(
      kept.kind === 'answer' && kept.body.includes('9007199254740993'),
      'numbers beside the secret keep their digits',
    );
  });

  it('keeps the key out of reasons as well', () => {
    const { read } = setUp();
    const result = read(
      `{"jsonrpc":"2.0","id":7,"error":{"code":-32603,"message":"POST https://eth.example.com/v3/${key} failed"}}`,
    );
    assert.ok(result.kind === 'failed');
    assert.equal(result.reason, 'error -32603: POST [redacted] failed');
  });

  it('leaves errors with escapes but without secrets byte for byte', () => {
    const { read, scrubbed } = setUp();
    const body =
      '{"jsonrpc":"2.0","id":7,"error":{"code":-32000,"message":"a \\"quoted\\" thing","data":{"k":"\\u00e9\\/","n":1e400}}}';
    assert.deepEqual(summary(read(body)), ['answer', body]);
    assert.equal(scrubbed(), 0);
  });

  it('reports errors that no rule knows, without secrets, and returns them as they are', () => {
    const { read, unknown } = setUp();
    const body =
      '{"jsonrpc":"2.0","id":7,"error":{"code":-32099,"message":"odd thing at http://10.0.0.1/x"}}';
    assert.deepEqual(summary(read(body)), ['answer', body]);
    read('{"jsonrpc":"2.0","id":7,"error":{"code":3,"message":"x"}}');
    assert.deepEqual(unknown, ['eth_call: -32099 odd thing at [url]']);
  });

  it('does not look for secrets in results', () => {
    const { read } = setUp();
    const body = `{"jsonrpc":"2.0","id":7,"result":"${key}"}`;
    assert.deepEqual(summary(read(body)), ['answer', body]);
  });

  it('gives answers over a WebSocket the id of the call', () => {
    const { reader } = setUp();
    const body = Buffer.from('{"jsonrpc":"2.0","result":{"a":1},"id":41}');
    const read = reader.readSocket(callOf('eth_call', { id: '"abc"' }), body, scanResponse(body)!);
    assert.deepEqual(summary(read), ['answer', '{"jsonrpc":"2.0","result":{"a":1},"id":"abc"}']);
    assert.ok(read.kind === 'answer');
    assert.equal(read.body.toString('latin1', read.scanned.idStart, read.scanned.idEnd), '"abc"');
  });
});
