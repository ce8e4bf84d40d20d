import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  type RequestError,
  type ScannedCall,
  scanRequest,
} from '../../../../src/protocol/json-rpc/scan-request.ts';
import { damagedJson, isJson, jsonLikeText, jsonText } from './json-texts.ts';

const limits = { maxDepth: 64, maxBatch: 1000 };

function scan(text: string | Buffer) {
  return scanRequest(Buffer.from(text), limits);
}

function scanCall(text: string): ScannedCall {
  const scanned = scan(text);
  assert.equal(scanned.kind, 'call', `${text} gives ${JSON.stringify(scanned)}`);
  return (scanned as { call: ScannedCall }).call;
}

function scanError(text: string | Buffer): RequestError {
  const scanned = scan(text);
  assert.equal(scanned.kind, 'error', `${text} gives ${JSON.stringify(scanned)}`);
  return scanned as RequestError;
}

/** The bytes of the id, as text. */
function idOf(text: string, scanned: { idStart: number; idEnd: number }): string | undefined {
  return scanned.idStart < 0 ? undefined : Buffer.from(text).toString('utf8', scanned.idStart, scanned.idEnd);
}

describe('scanRequest: a call', () => {
  it('gives the ranges of id and params and the method', () => {
    const text = '{"jsonrpc":"2.0","id":7,"method":"eth_call","params":[{"to":"0x1"},"latest"]}';
    const call = scanCall(text);
    assert.equal(call.method, 'eth_call');
    assert.equal(idOf(text, call), '7');
    assert.equal(text.slice(call.paramsStart, call.paramsEnd), '[{"to":"0x1"},"latest"]');
    assert.deepEqual([call.start, call.end], [0, text.length]);
  });

  it('takes the members in any order and with white space anywhere', () => {
    const text = ' \r\n\t{ "params" : { "a" : [ ] } , "method" : "m" , "id" : "x" , "jsonrpc" : "2.0" } \n';
    const call = scanCall(text);
    assert.equal(text.slice(call.start, call.end), text.trim());
    assert.equal(text.slice(call.paramsStart, call.paramsEnd), '{ "a" : [ ] }');
    assert.equal(idOf(text, call), '"x"');
  });

  it('takes a call without an id as a notification, one with the id null as a call', () => {
    assert.equal(scanCall('{"jsonrpc":"2.0","method":"m"}').idStart, -1);
    const text = '{"jsonrpc":"2.0","method":"m","id":null}';
    assert.equal(idOf(text, scanCall(text)), 'null');
  });

  it('takes absent params and null params as none', () => {
    for (const params of ['', ',"params":null']) {
      const call = scanCall(`{"jsonrpc":"2.0","id":1,"method":"m"${params}}`);
      assert.deepEqual([call.paramsStart, call.paramsEnd], [-1, -1]);
    }
  });

  it('ignores members it does not know', () => {
    assert.equal(
      scanCall('{"jsonrpc":"2.0","id":1,"method":"m","networkId":{"id":2},"x":[1],"x":2}').method,
      'm',
    );
  });

  for (const key of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
    it(`takes ${key} as just another name, as a member and as a method`, () => {
      assert.equal(scanCall(`{"jsonrpc":"2.0","id":1,"${key}":{"method":"x"},"method":"m"}`).method, 'm');
      assert.equal(scanCall(`{"jsonrpc":"2.0","id":1,"method":"${key}"}`).method, key);
    });
  }

  it('resolves the escapes of a method, so that no spelling hides a name', () => {
    assert.equal(
      scanCall('{"jsonrpc":"2.0","id":1,"method":"eth\\u005fsign\\u0054ransaction"}').method,
      'eth_signTransaction',
    );
    assert.equal(scanCall('{"jsonrpc":"2.0","id":1,"method":"\\u0065th_\\"\\n"}').method, 'eth_"\n');
    assert.equal(scanCall('{"jsonrpc":"2.0","id":1,"method":"größe 🚀"}').method, 'größe 🚀');
    assert.equal(
      scanCall(`{"jsonrpc":"2.0","id":1,"method":"${'m'.repeat(5000)}"}`).method,
      'm'.repeat(5000),
    );
  });

  it('keeps methods apart that are looked up in the same slot', () => {
    const names = Array.from({ length: 3000 }, (_, index) => `method_${index}`);
    for (const name of [...names, ...names])
      assert.equal(scanCall(`{"jsonrpc":"2.0","id":1,"method":"${name}"}`).method, name);
  });

  it('resolves the escapes of a member’s name and of the version', () => {
    assert.equal(scanCall('{"\\u006asonrpc":"2\\u002e0","i\\u0064":1,"meth\\u006fd":"m"}').method, 'm');
  });
});

describe('scanRequest: ids', () => {
  const plain = [
    '0',
    '1',
    '42',
    '999999999999999',
    '"a"',
    '"0x1f"',
    '"9f2c-11_A.b:c"',
    `"${'a'.repeat(64)}"`,
  ];
  const notPlain = [
    ...[
      'null',
      '-1',
      '-0',
      '1.0',
      '1e3',
      '1234567890123456',
      '9007199254740993',
      '123456789012345678901234567890',
    ],
    ...[
      '""',
      '"a b"',
      '"<a>"',
      '"a&b"',
      '"a/b"',
      '"a+b"',
      '"\\u0061"',
      '"é"',
      '"\\""',
      `"${'a'.repeat(65)}"`,
    ],
  ];
  for (const id of [...plain, ...notPlain]) {
    it(`takes ${id} as ${plain.includes(id) ? 'a plain' : 'an'} id and keeps its bytes`, () => {
      const text = `{"jsonrpc":"2.0","id":${id},"method":"m"}`;
      const call = scanCall(text);
      assert.equal(idOf(text, call), id);
      assert.equal(call.idPlain, plain.includes(id));
    });
  }

  for (const id of ['{}', '{"a":1}', '[]', '[1]', 'true', 'false']) {
    it(`refuses ${id} as an id with -32600`, () => {
      const error = scanError(`{"jsonrpc":"2.0","id":${id},"method":"m"}`);
      assert.equal(error.code, -32600);
      assert.equal(error.idStart, -1);
    });
  }

  it('gives any id back byte for byte', () => {
    const anyId = fc.oneof(
      fc.string({ unit: 'binary' }).map(text => JSON.stringify(text)),
      fc.bigInt().map(String),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
    );
    fc.assert(
      fc.property(anyId, fc.boolean(), (id, isLast) => {
        const text = isLast
          ? `{"jsonrpc":"2.0","method":"m","id":${id}}`
          : `{"id":${id},"jsonrpc":"2.0","method":"m"}`;
        assert.equal(idOf(text, scanCall(text)), id);
      }),
    );
  });
});

describe('scanRequest: refusals', () => {
  const invalid: [string, string][] = [
    ['no version', '{"id":1,"method":"m"}'],
    ['version 1.0', '{"jsonrpc":"1.0","id":1,"method":"m"}'],
    ['a version that is a number', '{"jsonrpc":2.0,"id":1,"method":"m"}'],
    ['a version that is null', '{"jsonrpc":null,"id":1,"method":"m"}'],
    ['no method', '{"jsonrpc":"2.0","id":1}'],
    ['a method that is a number', '{"jsonrpc":"2.0","id":1,"method":1}'],
    ['a method that is null', '{"jsonrpc":"2.0","id":1,"method":null}'],
    ['params that are a string', '{"jsonrpc":"2.0","id":1,"method":"m","params":"x"}'],
    ['params that are a number', '{"jsonrpc":"2.0","id":1,"method":"m","params":1}'],
    ['params that are true', '{"jsonrpc":"2.0","id":1,"method":"m","params":true}'],
    ['two methods', '{"jsonrpc":"2.0","id":1,"method":"eth_call","method":"eth_sendTransaction"}'],
    [
      'two methods, one with an escape in its name',
      '{"jsonrpc":"2.0","id":1,"method":"eth_call","meth\\u006fd":"eth_sendTransaction"}',
    ],
    ['two params', '{"jsonrpc":"2.0","id":1,"method":"m","params":[],"params":[1]}'],
    ['null params and params', '{"jsonrpc":"2.0","id":1,"method":"m","params":null,"params":[1]}'],
    ['two versions', '{"jsonrpc":"2.0","id":1,"jsonrpc":"2.0","method":"m"}'],
    [
      'a method in another case beside the method',
      '{"jsonrpc":"2.0","id":1,"method":"m","METHOD":"eth_sendTransaction"}',
    ],
    ['params in another case', '{"jsonrpc":"2.0","id":1,"method":"m","Params":[]}'],
    ['params with a long s, which servers in Go fold', '{"jsonrpc":"2.0","id":1,"method":"m","paramſ":[]}'],
    ['a method in another case by escapes', '{"jsonrpc":"2.0","id":1,"method":"m","\\u004dethod":"x"}'],
  ];
  for (const [what, text] of invalid) {
    it(`answers ${what} with -32600 and the id`, () => {
      const error = scanError(text);
      assert.equal(error.code, -32600);
      assert.equal(idOf(text, error), '1');
    });
  }

  it('answers two ids with -32600 and no id', () => {
    for (const ids of ['"id":1,"id":2', '"id":1,"id":1,"id":1', '"id":1,"i\\u0064":2']) {
      const error = scanError(`{"jsonrpc":"2.0",${ids},"method":"m"}`);
      assert.deepEqual([error.code, error.idStart], [-32600, -1]);
    }
  });

  for (const text of ['1', '"x"', 'null', 'true', '{}', ' {} ', '{"a":1}']) {
    it(`answers ${text} with -32600`, () => assert.equal(scanError(text).code, -32600));
  }

  const broken = [
    '',
    '   ',
    '{',
    '{"jsonrpc":"2.0","id":1,"method":"m"',
    '{"jsonrpc":"2.0","id":1,"method":"m"}}',
    '{"jsonrpc":"2.0","id":1,"method":"m"} x',
    '{"jsonrpc":"2.0","id":01,"method":"m"}',
    '{"jsonrpc":"2.0","id":1,"method":"m\n"}',
    '{"jsonrpc":"2.0","id":1,"method":"\\x"}',
    '{"jsonrpc":"2.0","id":1,"method":"m","params":[1,]}',
    "{'a':1}",
    '[',
    '[1',
    '[1,',
    '[]]',
    '[] x',
    '\ufeff{}',
    'GET / HTTP/1.1',
  ];
  for (const text of broken) {
    it(`answers ${JSON.stringify(text)} with -32700 and no id`, () => {
      const error = scanError(text);
      assert.deepEqual([error.code, error.idStart], [-32700, -1]);
    });
  }

  it('answers bad UTF-8 with -32700', () => {
    const good = Buffer.from('{"jsonrpc":"2.0","id":1,"method":"mé"}');
    for (const bytes of [
      Buffer.of(0xff),
      Buffer.of(0xc0, 0xaf),
      Buffer.of(0xed, 0xa0, 0x80),
      Buffer.of(0xc3),
    ]) {
      const at = good.indexOf('é');
      assert.equal(
        scanError(Buffer.concat([good.subarray(0, at), bytes, good.subarray(at + 2)])).code,
        -32700,
      );
    }
  });

  it('refuses nesting deeper than the limit with -32600, the envelope counted', () => {
    const nested = (depth: number) =>
      `{"jsonrpc":"2.0","id":1,"method":"m","params":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`;
    assert.equal(scan(nested(64)).kind, 'call');
    assert.equal(scanError(nested(65)).code, -32600);
    assert.equal(scan(`[${nested(63)}]`).kind, 'batch');
    assert.equal(scanError(`[${nested(64)}]`).code, -32600);
    for (const open of ['[', '{"a":', '{"jsonrpc":"2.0","params":['])
      assert.equal(scanError(open.repeat(10_000)).code, -32600);
  });
});

describe('scanRequest: batches', () => {
  const call = (id: number) => `{"jsonrpc":"2.0","id":${id},"method":"m${id}"}`;

  it('gives each call its own ranges in the body', () => {
    const text = ` [ ${call(1)} ,${call(2)}\n]`;
    const scanned = scan(text);
    assert.ok(scanned.kind === 'batch');
    const items = scanned.items as ScannedCall[];
    assert.deepEqual(
      items.map(item => text.slice(item.start, item.end)),
      [call(1), call(2)],
    );
    assert.deepEqual(
      items.map(item => [idOf(text, item), item.method]),
      [
        ['1', 'm1'],
        ['2', 'm2'],
      ],
    );
  });

  it('lets no bad element spoil the others', () => {
    const text = `[${call(1)},1,[${call(2)}],{"id":3},"x",null,{},${call(4)},{"jsonrpc":"2.0","id":[5],"method":"m"}]`;
    const scanned = scan(text);
    assert.ok(scanned.kind === 'batch');
    assert.deepEqual(
      scanned.items.map(item => ('kind' in item ? [item.code, idOf(text, item)] : item.method)),
      [
        'm1',
        [-32600, undefined],
        [-32600, undefined],
        [-32600, '3'],
        [-32600, undefined],
        [-32600, undefined],
        [-32600, undefined],
        'm4',
        [-32600, undefined],
      ],
    );
  });

  it('keeps nothing of one element for the next', () => {
    const text =
      '[{"jsonrpc":"2.0","id":1,"method":"a","params":[1]},{"jsonrpc":"2.0","method":"b"},{"jsonrpc":"2.0","id":"ü","method":"c"}]';
    const scanned = scan(text);
    assert.ok(scanned.kind === 'batch');
    const [first, second, third] = scanned.items as ScannedCall[];
    assert.equal(first!.idPlain, true);
    assert.deepEqual([second!.idStart, second!.paramsStart, second!.idPlain], [-1, -1, false]);
    assert.deepEqual([third!.idPlain, third!.paramsStart], [false, -1]);
  });

  it('answers a batch that is not JSON to its end with one -32700', () => {
    assert.equal(scanError(`[${call(1)},${call(2)}`).code, -32700);
    assert.equal(scanError(`[${call(1)} ${call(2)}]`).code, -32700);
    assert.equal(scanError(`[${call(1)},]`).code, -32700);
  });

  it('answers an empty batch with one -32600', () => {
    assert.equal(scanError('[]').code, -32600);
    assert.equal(scanError(' [ ] ').code, -32600);
  });

  it('answers a batch over the limit with one -32600', () => {
    const batch = (count: number) =>
      Buffer.from(`[${Array.from({ length: count }, (_, index) => call(index)).join(',')}]`);
    assert.equal(scanRequest(batch(1000), limits).kind, 'batch');
    assert.equal(scanRequest(batch(1001), limits).kind, 'error');
    const refused = scanRequest(batch(10_000), limits);
    assert.ok(refused.kind === 'error');
    assert.deepEqual([refused.code, refused.idStart], [-32600, -1]);
  });
});

describe('scanRequest: properties', () => {
  const roomy = { maxDepth: 64, maxBatch: 1_000_000 };
  const judged = (bytes: Buffer) => {
    const scanned = scanRequest(bytes, roomy);
    return !(scanned.kind === 'error' && scanned.code === -32700);
  };

  it('answers -32700 exactly when JSON.parse throws, for any JSON', () => {
    fc.assert(fc.property(jsonText, text => judged(Buffer.from(text))));
  });

  it('answers -32700 exactly when JSON.parse throws, for damaged JSON', () => {
    fc.assert(
      fc.property(damagedJson, bytes => assert.equal(judged(bytes), isJson(bytes))),
      { numRuns: 1_000 },
    );
  });

  it('answers -32700 exactly when JSON.parse throws, for what looks like JSON', () => {
    fc.assert(
      fc.property(jsonLikeText, text => assert.equal(judged(Buffer.from(text)), isJson(Buffer.from(text)))),
      { numRuns: 1_000 },
    );
  });

  it('reads every call cut short anywhere as no JSON', () => {
    const whole = Buffer.from(
      '[{"jsonrpc":"2.0","id":"\\u00e9é","method":"m","params":[{"a":[1.5e3,true,null]},"x"]},{"id":2}]',
    );
    for (let end = 0; end < whole.length; end++) assert.equal(scanError(whole.subarray(0, end)).code, -32700);
  });

  it('reads a call as JSON.parse does', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.array(fc.jsonValue({ maxDepth: 5 })),
        fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 })),
        (method, params, more) => {
          const text = JSON.stringify({
            ...Object.fromEntries(
              Object.entries(more).filter(([key]) => !/^(jsonrpc|id|method|params)$/i.test(key)),
            ),
            jsonrpc: '2.0',
            method,
            id: 1,
            params,
          });
          const bytes = Buffer.from(text);
          const scanned = scanRequest(bytes, roomy);
          assert.ok(scanned.kind === 'call');
          assert.equal(scanned.call.method, JSON.parse(bytes.toString()).method);
          assert.deepEqual(
            JSON.parse(bytes.toString('utf8', scanned.call.paramsStart, scanned.call.paramsEnd)),
            JSON.parse(JSON.stringify(params)),
          );
        },
      ),
    );
  });
});
