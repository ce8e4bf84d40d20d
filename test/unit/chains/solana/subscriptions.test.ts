import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { canonicalStream } from '../../../../src/chains/solana/canonical-stream.ts';
import { solanaSubscriptions } from '../../../../src/chains/solana/subscriptions.ts';
import { canonicalJson } from '../../../../src/protocol/json-rpc/canonical-json.ts';

const key = 'Vote111111111111111111111111111111111111111';
const canonical = (stream: unknown) => canonicalStream(canonicalJson(Buffer.from(JSON.stringify(stream)))!);

describe('solanaSubscriptions', () => {
  const rules = solanaSubscriptions;

  it('knows the methods of the nine streams, and no other', () => {
    const names = [
      'account',
      'block',
      'logs',
      'program',
      'root',
      'signature',
      'slot',
      'slotsUpdates',
      'vote',
    ];
    for (const name of names) {
      assert.equal(rules.action(`${name}Subscribe`), 'subscribe');
      assert.equal(rules.action(`${name}Unsubscribe`), 'unsubscribe');
    }
    for (const other of ['eth_subscribe', 'sendTransaction', 'Subscribe', 'toString'])
      assert.equal(rules.action(other), undefined, other);
  });

  it('makes a stream of a method and its params, and a call for a provider of the stream', () => {
    for (const [method, params, stream] of [
      ['slotSubscribe', undefined, '["slotSubscribe"]'],
      ['slotSubscribe', '[]', '["slotSubscribe"]'],
      ['slotSubscribe', 'null', '["slotSubscribe"]'],
      ['logsSubscribe', ' [ "all" ] ', '["logsSubscribe","all"]'],
      ['accountSubscribe', `["${key}",{"x":[1]}]`, `["accountSubscribe","${key}",{"x":[1]}]`],
    ] as const) {
      assert.equal(rules.stream(method, params), stream);
    }
    assert.equal(rules.stream('slotSubscribe', '{"a":1}'), undefined);
    assert.deepEqual(rules.subscribe('["slotSubscribe"]'), { method: 'slotSubscribe', params: '[]' });
    assert.deepEqual(rules.subscribe(`["accountSubscribe","${key}",{"x":[1]}]`), {
      method: 'accountSubscribe',
      params: `["${key}",{"x":[1]}]`,
    });
  });

  it('ends a subscription under the id of the provider, whatever its size', () => {
    const stream = '["logsSubscribe","all"]';
    assert.deepEqual(rules.unsubscribe(stream, '18446744073709551615'), {
      method: 'logsUnsubscribe',
      params: '[18446744073709551615]',
    });
    assert.equal(rules.unsubscribe(stream, '0xab').params, '["0xab"]');
  });

  it('puts a result into a notification as a node does', () => {
    const { prefix, suffix } = rules.notification(' [ "slotsUpdatesSubscribe" ] ', '7');
    assert.equal(
      `${prefix}{"slot":1}${suffix}`,
      '{"jsonrpc":"2.0","method":"slotsUpdatesNotification","params":{"result":{"slot":1},"subscription":7}}',
    );
  });
});

describe('canonicalStream', () => {
  it('is the same for what means the same', () => {
    for (const [one, other] of [
      [
        ['logsSubscribe', 'all'],
        ['logsSubscribe', 'all', { commitment: 'finalized' }],
      ],
      [
        ['logsSubscribe', 'all', null],
        ['logsSubscribe', 'all', {}],
      ],
      [
        ['accountSubscribe', key, { encoding: 'base64', commitment: 'finalized' }],
        ['accountSubscribe', key, { dataSlice: null, encoding: 'base64' }],
      ],
      [
        ['signatureSubscribe', 'sig', { enableReceivedNotification: false }],
        ['signatureSubscribe', 'sig'],
      ],
    ]) {
      assert.equal(canonical(one), canonical(other));
    }
  });

  it('keeps apart what a node may answer differently', () => {
    const streams = [
      ['accountSubscribe', key],
      ['accountSubscribe', key, { encoding: 'base58' }],
      ['accountSubscribe', key, { encoding: 'base64' }],
      ['accountSubscribe', key, { commitment: 'confirmed' }],
      ['accountSubscribe', key, { dataSlice: { offset: 0, length: 1 } }],
      ['signatureSubscribe', 'sig', { enableReceivedNotification: true }],
      ['signatureSubscribe', 'sig'],
      ['programSubscribe', key, { filters: [{ dataSize: 1 }] }],
      ['programSubscribe', key],
    ].map(canonical);
    assert.equal(new Set(streams).size, streams.length);
  });

  it('writes the commitment out, and leaves to the node what it would refuse', () => {
    assert.equal(
      canonical(['logsSubscribe', { mentions: [key] }]),
      `["logsSubscribe",{"mentions":["${key}"]},{"commitment":"finalized"}]`,
    );
    for (const odd of [['logsSubscribe'], ['logsSubscribe', 'all', 'x'], ['logsSubscribe', 'all', {}, 1]])
      assert.equal(canonical(odd), JSON.stringify(odd));
    assert.equal(canonical(['slotSubscribe', 1]), '["slotSubscribe",1]');
  });

  it('alters no number', () => {
    const text = `["programSubscribe","${key}",{"filters":[{"dataSize":9007199254740993}]}]`;
    assert.equal(canonicalStream(text), text);
  });

  it('knows no streams of other families, and no methods that are none', () => {
    for (const other of [['newHeads'], ['sendTransaction', 'x'], ['__proto__'], ['constructor', 1]])
      assert.equal(canonical(other), undefined);
  });
});
