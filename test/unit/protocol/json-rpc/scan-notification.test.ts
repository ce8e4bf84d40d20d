import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { scanFrame } from '../../../../src/protocol/json-rpc/scan-notification.ts';
import { damagedJson, jsonLikeText, jsonText } from './json-texts.ts';

function notification(text: string) {
  const frame = scanFrame(Buffer.from(text));
  assert.ok(frame?.kind === 'notification', text);
  const { method, subscription, resultStart, resultEnd } = frame;
  return { method, subscription, result: Buffer.from(text).toString('utf8', resultStart, resultEnd) };
}

describe('scanFrame', () => {
  it('gives method, subscription and the result’s bytes of a notification', () => {
    const text =
      '{"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"0x9c","result":{"number":"0x1", "a":9007199254740993}}}';
    assert.deepEqual(notification(text), {
      method: 'eth_subscription',
      subscription: '0x9c',
      result: '{"number":"0x1", "a":9007199254740993}',
    });
  });

  it('takes the members in any order and with white space', () => {
    const text =
      ' { "params" : { "result" : "0xé" , "subscription" : "\\u0030x1" } , "method" : "eth_subscription" , "jsonrpc" : "2.0" } ';
    assert.deepEqual(notification(text), {
      method: 'eth_subscription',
      subscription: '0x1',
      result: '"0xé"',
    });
  });

  it('takes a subscription that is a number, as Solana has them', () => {
    const text =
      '{"jsonrpc":"2.0","method":"slotNotification","params":{"result":{"slot":1},"subscription":24040}}';
    assert.equal(notification(text).subscription, '24040');
  });

  it('gives the scan of a response, wherever its id stands', () => {
    for (const text of [
      '{"jsonrpc":"2.0","id":1,"result":"0x9c"}',
      '{"jsonrpc":"2.0","result":"0x9c","id":1}',
      '{"result":"0x9c"}',
    ]) {
      const frame = scanFrame(Buffer.from(text));
      assert.ok(frame?.kind === 'response');
      assert.equal(text.slice(frame.response.resultStart, frame.response.resultEnd), '"0x9c"');
    }
    const error = scanFrame(Buffer.from('{"id":1,"error":{"code":-32000,"message":"m"}}'));
    assert.ok(error?.kind === 'response');
    assert.equal(error.response.error?.code, -32000);
  });

  const neither = [
    ['nothing', ''],
    ['an array', '[]'],
    ['a request', '{"jsonrpc":"2.0","id":1,"method":"m","params":[]}'],
    ['a notification with an array', '{"jsonrpc":"2.0","method":"m","params":[1]}'],
    ['a notification without a subscription', '{"jsonrpc":"2.0","method":"m","params":{"result":1}}'],
    [
      'a subscription that is an object',
      '{"jsonrpc":"2.0","method":"m","params":{"result":1,"subscription":{}}}',
    ],
    ['a notification without a result', '{"jsonrpc":"2.0","method":"m","params":{"subscription":"0x1"}}'],
    [
      'a notification with two results',
      '{"jsonrpc":"2.0","method":"m","params":{"subscription":"0x1","result":1,"result":2}}',
    ],
    ['two methods', '{"method":"m","method":"n","params":{"subscription":"0x1","result":1}}'],
    [
      'two params',
      '{"method":"m","params":{"subscription":"0x1","result":1},"params":{"subscription":"0x1","result":1}}',
    ],
    ['a method that is a number', '{"method":1,"params":{"subscription":"0x1","result":1}}'],
    ['no method', '{"jsonrpc":"2.0","params":{"subscription":"0x1","result":1}}'],
    ['a result that is no JSON', '{"method":"m","params":{"subscription":"0x1","result":[1,]}}'],
    ['something behind it', '{"method":"m","params":{"subscription":"0x1","result":1}} x'],
    ['endless nesting', `{"method":"m","params":{"result":${'['.repeat(50_000)}`],
  ] as const;
  for (const [what, text] of neither) {
    it(`gives undefined for ${what}`, () => assert.equal(scanFrame(Buffer.from(text)), undefined));
  }

  it('gives undefined for a frame cut short anywhere', () => {
    const whole = Buffer.from(
      '{"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"0x9c","result":{"number":"0x1"}}}',
    );
    for (let end = 0; end < whole.length; end++) assert.equal(scanFrame(whole.subarray(0, end)), undefined);
  });

  it('keeps the bytes of any result', () => {
    fc.assert(
      fc.property(jsonText, fc.boolean(), (text, isLast) => {
        const result = text.trim();
        const params = isLast
          ? `{"subscription":"0x1","result":${result}}`
          : `{"result":${result},"subscription":"0x1"}`;
        assert.equal(notification(`{"method":"m","params":${params}}`).result, result);
      }),
    );
  });

  it('never throws, whatever the bytes', () => {
    const inParams = damagedJson.map(bytes =>
      Buffer.concat([Buffer.from('{"method":"m","params":'), bytes, Buffer.from('}')]),
    );
    fc.assert(
      fc.property(
        fc.oneof(
          inParams,
          damagedJson,
          jsonLikeText.map(text => Buffer.from(text)),
        ),
        bytes => void scanFrame(bytes),
      ),
      { numRuns: 1_000 },
    );
  });
});
