import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  type ScannedResponse,
  scanBatchResponse,
  scanResponse,
} from '../../../../src/protocol/json-rpc/scan-response.ts';
import { damagedJson, isJson, jsonLikeText, jsonText } from './json-texts.ts';

function scan(text: string): ScannedResponse {
  const scanned = scanResponse(Buffer.from(text));
  assert.ok(scanned, text);
  return scanned;
}

function resultOf(text: string, scanned: ScannedResponse): string {
  return Buffer.from(text).toString('utf8', scanned.resultStart, scanned.resultEnd);
}

describe('scanResponse', () => {
  it('gives the ranges of id and result', () => {
    const text = ' {"jsonrpc":"2.0","id":1,"result":{"a":[1, 2]}}\n';
    const scanned = scan(text);
    assert.equal(resultOf(text, scanned), '{"a":[1, 2]}');
    assert.equal(text.slice(scanned.idStart, scanned.idEnd), '1');
    assert.equal(scanned.errorStart, -1);
    assert.equal(scanned.error, undefined);
  });

  for (const result of [
    'null',
    '"0x1"',
    '9007199254740993',
    '18446744073709551615',
    '1.0',
    'false',
    '[]',
    '"\\u003c<"',
    '{"result":1,"id":2,"error":{}}',
  ]) {
    it(`keeps the bytes of the result ${result}`, () => {
      for (const text of [`{"jsonrpc":"2.0","id":1,"result":${result}}`, `{"result": ${result} ,"id":1}`]) {
        assert.equal(resultOf(text, scan(text)), result);
      }
    });
  }

  it('decodes code and message of an error and leaves its data as bytes', () => {
    const text =
      '{"jsonrpc":"2.0","id":1,"error":{"code":3,"message":"execution reverted: \\u0022caf\\u00e9\\"","data":"0x08c379a0"}}';
    const { error, errorStart, errorEnd, resultStart } = scan(text);
    assert.equal(error?.code, 3);
    assert.equal(error?.message, 'execution reverted: "café"');
    assert.equal(text.slice(error?.dataStart, error?.dataEnd), '"0x08c379a0"');
    assert.equal(text.slice(errorStart, errorEnd).endsWith('"0x08c379a0"}'), true);
    assert.equal(resultStart, -1);
  });

  it('takes an error without data and with members it does not know', () => {
    const { error } = scan(
      '{"id":1,"error":{"name":"x","message":"m","code":-32000,"__proto__":{"code":1}}}',
    );
    assert.deepEqual(error, { code: -32000, message: 'm', dataStart: -1, dataEnd: -1 });
  });

  it('takes an error of null beside a result, and a response without id or version', () => {
    const text = '{"error":null,"result":null}';
    const scanned = scan(text);
    assert.equal(resultOf(text, scanned), 'null');
    assert.equal(scanned.idStart, -1);
    assert.equal(scanned.errorStart, -1);
  });

  it('takes a null id, as errors have that could not be told from whom', () => {
    const text = '{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"parse error"}}';
    const scanned = scan(text);
    assert.equal(text.slice(scanned.idStart, scanned.idEnd), 'null');
  });

  const noResponse: [string, string][] = [
    ['an empty body', ''],
    ['white space', '  \n'],
    ['HTML', '<html><body>502 Bad Gateway</body></html>'],
    ['an array', '[{"jsonrpc":"2.0","id":1,"result":1}]'],
    ['a string', '"x"'],
    ['an empty object', '{}'],
    ['neither result nor error', '{"jsonrpc":"2.0","id":1}'],
    ['a request', '{"jsonrpc":"2.0","id":1,"method":"m","params":[]}'],
    ['both result and error', '{"jsonrpc":"2.0","id":1,"result":1,"error":{"code":1,"message":"m"}}'],
    [
      'a result of null beside an error',
      '{"jsonrpc":"2.0","id":1,"result":null,"error":{"code":1,"message":"m"}}',
    ],
    ['an error of null alone', '{"jsonrpc":"2.0","id":1,"error":null}'],
    ['two results', '{"jsonrpc":"2.0","id":1,"result":1,"result":2}'],
    ['two ids', '{"jsonrpc":"2.0","id":1,"id":2,"result":2}'],
    ['two errors', '{"id":1,"error":{"code":1,"message":"m"},"error":{"code":1,"message":"m"}}'],
    ['an id that is an object', '{"jsonrpc":"2.0","id":{},"result":1}'],
    ['an id that is true', '{"jsonrpc":"2.0","id":true,"result":1}'],
    ['an error that is a string', '{"jsonrpc":"2.0","id":1,"error":"limit"}'],
    ['an error without a code', '{"jsonrpc":"2.0","id":1,"error":{"message":"m"}}'],
    ['an error without a message', '{"jsonrpc":"2.0","id":1,"error":{"code":1}}'],
    ['an error whose code is a string', '{"jsonrpc":"2.0","id":1,"error":{"code":"1","message":"m"}}'],
    ['an error whose code is a fraction', '{"jsonrpc":"2.0","id":1,"error":{"code":1.5,"message":"m"}}'],
    ['an error whose code is null', '{"jsonrpc":"2.0","id":1,"error":{"code":null,"message":"m"}}'],
    ['an error whose message is null', '{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":null}}'],
    ['an error with two codes', '{"jsonrpc":"2.0","id":1,"error":{"code":1,"code":2,"message":"m"}}'],
    ['something behind it', '{"jsonrpc":"2.0","id":1,"result":1}{}'],
    ['a comma too many', '{"jsonrpc":"2.0","id":1,"result":[1,]}'],
    ['a number that is none', '{"jsonrpc":"2.0","id":1,"result":0x1}'],
    ['endless nesting', `{"result":${'['.repeat(100_000)}`],
    ['nesting 10,000 deep', `{"result":${'['.repeat(10_000)}${']'.repeat(10_000)}}`],
  ];
  for (const [what, text] of noResponse) {
    it(`takes ${what} for no response`, () => assert.equal(scanResponse(Buffer.from(text)), undefined));
  }

  it('takes a response that nests as deep as a call trace may', () => {
    const text = `{"id":1,"result":${'{"calls":['.repeat(1024)}${']}'.repeat(1024)}}`;
    assert.ok(scan(text));
  });

  it('takes bad UTF-8 for no response', () => {
    const bytes = Buffer.from('{"id":1,"result":"é"}');
    bytes[bytes.indexOf('é') + 1] = 0x22;
    assert.equal(scanResponse(bytes), undefined);
  });

  it('takes a response cut short anywhere for none', () => {
    const whole = Buffer.from(
      '{"jsonrpc":"2.0","id":"a","error":{"code":-32000,"message":"é\\n","data":[{"a":1.5}]}}',
    );
    for (let end = 0; end < whole.length; end++)
      assert.equal(scanResponse(whole.subarray(0, end)), undefined);
    const large = Buffer.from(
      `{"jsonrpc":"2.0","id":1,"result":[${Array(50)
        .fill(`{"data":"0x${'ab'.repeat(200)}"}`)
        .join(',')}]}`,
    );
    for (let end = 0; end < large.length; end += 97)
      assert.equal(scanResponse(large.subarray(0, end)), undefined);
    assert.ok(scanResponse(large));
  });

  it('reads a part of the source and no byte around it', () => {
    const one = '{"id":1,"result":"é"}';
    const source = Buffer.from(`xx${one}${one}`);
    const length = Buffer.byteLength(one);
    const scanned = scanResponse(source, 2, 2 + length);
    assert.equal(source.toString('utf8', scanned?.resultStart, scanned?.resultEnd), '"é"');
    assert.equal(scanResponse(source, 2), undefined);
    assert.equal(scanResponse(source, 2, 1 + length), undefined);
    assert.ok(scanResponse(source, 2 + length));
  });

  it('keeps the bytes of any result', () => {
    fc.assert(
      fc.property(jsonText, text => {
        const body = `{"id":1,"result":${text}}`;
        assert.equal(resultOf(body, scan(body)), text.trim());
      }),
    );
  });

  it('takes a damaged result for one exactly when JSON.parse does', () => {
    const damaged = fc.oneof(
      damagedJson,
      jsonLikeText.map(text => Buffer.from(text)),
    );
    fc.assert(
      fc.property(damaged, bytes => {
        const body = Buffer.concat([Buffer.from('{"id":1,"result":'), bytes, Buffer.from('}')]);
        const isResponse = scanResponse(body) !== undefined;
        if (isJson(bytes)) assert.ok(isResponse);
        // The damage can also make a second member, `1,"a":2`.
        if (isResponse) assert.ok(isJson(body));
      }),
      { numRuns: 2_000 },
    );
  });

  it('gives what JSON.parse gives, for any error', () => {
    fc.assert(
      fc.property(fc.integer(), fc.string({ unit: 'binary' }), fc.jsonValue(), (code, message, data) => {
        const text = JSON.stringify({ jsonrpc: '2.0', id: 1, error: { code, message, data } });
        const bytes = Buffer.from(text);
        const { error } = scanResponse(bytes)!;
        const parsed = JSON.parse(bytes.toString()).error;
        assert.equal(error?.code, parsed.code);
        assert.equal(error?.message, parsed.message);
        assert.deepEqual(JSON.parse(bytes.toString('utf8', error?.dataStart, error?.dataEnd)), parsed.data);
      }),
    );
  });

  it('never throws, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), bytes => {
        scanResponse(Buffer.from(bytes));
        scanBatchResponse(Buffer.from(bytes));
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('scanBatchResponse', () => {
  it('gives the responses in their order, with ranges in the whole body', () => {
    const text =
      ' [{"id":2,"result":"b"} , {"id":1,"error":{"code":-1,"message":"é"}},{"id":3,"result":[]}] ';
    const scanned = scanBatchResponse(Buffer.from(text))!;
    assert.deepEqual(
      scanned.map(({ idStart, idEnd }) => Buffer.from(text).toString('utf8', idStart, idEnd)),
      ['2', '1', '3'],
    );
    assert.equal(scanned[1]!.error?.message, 'é');
    assert.equal(resultOf(text, scanned[2]!), '[]');
  });

  it('gives none for an empty array', () => {
    assert.deepEqual(scanBatchResponse(Buffer.from('[ ]')), []);
  });

  for (const text of [
    '',
    '[',
    '{"id":1,"result":1}',
    '[1]',
    '[{"id":1,"result":1}',
    '[{"id":1,"result":1},]',
    '[{"id":1,"result":1}] x',
    '[] x',
    '[{"id":1}]',
    '[[{"id":1,"result":1}]]',
    '[{"id":1,"result":1} {"id":1,"result":1}]',
    '[,{"id":1,"result":1}]',
  ]) {
    it(`gives undefined for ${JSON.stringify(text)}`, () =>
      assert.equal(scanBatchResponse(Buffer.from(text)), undefined));
  }
});
