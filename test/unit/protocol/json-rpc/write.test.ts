import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { scanRequest } from '../../../../src/protocol/json-rpc/scan-request.ts';
import { scanResponse } from '../../../../src/protocol/json-rpc/scan-response.ts';
import {
  errorResponse,
  replaceId,
  request,
  resultResponse,
} from '../../../../src/protocol/json-rpc/write.ts';
import { jsonText } from './json-texts.ts';

describe('JSON-RPC encoders', () => {
  it('write a result with the bytes of id and result', () => {
    assert.equal(
      resultResponse('"a\\u0062"', '9007199254740993').toString(),
      '{"jsonrpc":"2.0","id":"a\\u0062","result":9007199254740993}',
    );
    assert.equal(
      resultResponse(Buffer.from('1.0'), Buffer.from('"é"')).toString(),
      '{"jsonrpc":"2.0","id":1.0,"result":"é"}',
    );
  });

  it('write an error, its message escaped, its data as it is', () => {
    assert.equal(
      errorResponse('null', -32700, 'Parse error').toString(),
      '{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"Parse error"}}',
    );
    assert.equal(
      errorResponse(Buffer.from('1'), 3, 'a "b"\n', '{"x":1.0}').toString(),
      '{"jsonrpc":"2.0","id":1,"error":{"code":3,"message":"a \\"b\\"\\n","data":{"x":1.0}}}',
    );
  });

  it('write a request with and without params', () => {
    assert.equal(
      request(1, 'eth_chainId', '[]').toString(),
      '{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}',
    );
    assert.equal(
      request(Buffer.from('"x"'), 'a"b').toString(),
      '{"jsonrpc":"2.0","id":"x","method":"a\\"b"}',
    );
  });

  it('replace the id and no other byte', () => {
    const source = Buffer.from('[{"jsonrpc":"2.0","id": 1.50 ,"method":"m","params":["é"]}]');
    const scanned = scanRequest(source, { maxDepth: 8, maxBatch: 8 });
    assert.ok(scanned.kind === 'batch');
    const [call] = scanned.items;
    assert.ok(call !== undefined && 'method' in call);
    assert.equal(
      replaceId(source, call, '7', call.start, call.end).toString(),
      '{"jsonrpc":"2.0","id": 7 ,"method":"m","params":["é"]}',
    );
    const response = Buffer.from('{"result":[1.0],"id":7}');
    assert.equal(
      replaceId(response, scanResponse(response)!, Buffer.from('"é"')).toString(),
      '{"result":[1.0],"id":"é"}',
    );
  });

  it('write what the scans read back, for any result, id and message', () => {
    fc.assert(
      fc.property(jsonText, fc.string({ unit: 'binary' }), (text, word) => {
        const id = Buffer.from(JSON.stringify(word));
        const result = resultResponse(id, text.trim());
        const scanned = scanResponse(result)!;
        assert.equal(result.toString('utf8', scanned.resultStart, scanned.resultEnd), text.trim());
        assert.deepEqual(result.subarray(scanned.idStart, scanned.idEnd), id);
        assert.equal(scanResponse(errorResponse(id, -1, word, text))?.error?.message, word);
        const call = scanRequest(request(id, word, `[${text}]`), { maxDepth: 64, maxBatch: 1 });
        assert.ok(call.kind === 'call');
        assert.equal(call.call.method, word);
      }),
    );
  });
});
