import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { solanaFamily } from '../../../../src/chains/solana/solana-family.ts';

const { answers } = solanaFamily;

function shown(method: string, params: string, result: string) {
  const policy = solanaFamily.policy(method);
  const demand = solanaFamily.demand(policy, Buffer.from(params), 0, params.length);
  const body = Buffer.from(`{"jsonrpc":"2.0","result":${result},"id":1}`);
  const start = body.indexOf('"result":') + 9;
  return answers.shown(policy, demand, body, start, start + Buffer.byteLength(result));
}

function missing(method: string, result: string): number {
  return answers.missing(method, Buffer.from(result), 0, result.length);
}

describe('what an answer of Solana shows', () => {
  it('counts slots and heights apart, for each commitment', () => {
    assert.deepEqual(shown('getSlot', '[]', '7'), { line: 'slot:finalized', number: 7, rule: 'lifted' });
    assert.deepEqual(shown('getSlot', '[{"commitment":"confirmed"}]', '8'), {
      line: 'slot:confirmed',
      number: 8,
      rule: 'lifted',
    });
    assert.deepEqual(shown('getSlot', '[{"commitment":"processed"}]', '9'), {
      line: 'head',
      number: 9,
      rule: 'lifted',
    });
    assert.deepEqual(shown('getBlockHeight', '[]', '6'), {
      line: 'height:finalized',
      number: 6,
      rule: 'lifted',
    });
  });

  it('notes the slot in the context of an answer', () => {
    const result = '{"context":{"apiVersion":"2.0.15","slot":341197053},"value":1}';
    assert.deepEqual(shown('getBalance', '["k",{"commitment":"confirmed"}]', result), {
      line: 'slot:confirmed',
      number: 341_197_053,
      rule: 'noted',
    });
    assert.equal(
      shown('getSignatureStatuses', '[["s"]]', result)?.line,
      'head',
      'it is answered at processed',
    );
  });

  it('reads no slot out of what a program may have written', () => {
    assert.equal(shown('getBalance', '["k"]', '{"value":{"context":{"slot":9}}}'), undefined);
    assert.equal(
      shown('getAccountInfo', '["k"]', '{"context":{"x":"'.concat('y'.repeat(200), '"}}')),
      undefined,
    );
  });

  it('has no number in a senseless answer', () => {
    for (const result of ['"7"', '-1', '7.5', 'null', '99999999999999999999'])
      assert.equal(shown('getSlot', '[]', result)?.number, undefined, result);
  });

  it('writes a number that did not go back', () => {
    assert.equal(answers.result('getSlot', 12), '12');
    assert.equal(answers.result('getEpochInfo', 12), undefined);
  });
});

describe('what an answer of Solana lacks', () => {
  it('is a transaction that is null', () => {
    assert.equal(missing('getTransaction', 'null'), 1);
    assert.equal(missing('getTransaction', '{"slot":1}'), 0);
  });

  it('is a blockhash that the node does not know', () => {
    const of = (method: string, value: string) => missing(method, `{"context":{"slot":1},"value":${value}}`);
    assert.equal(of('isBlockhashValid', 'false'), 1);
    assert.equal(of('isBlockhashValid', 'true'), 0);
    assert.equal(of('getFeeForMessage', 'null'), 1);
    assert.equal(of('getFeeForMessage', '5000'), 0);
    assert.equal(of('simulateTransaction', '{"accounts":null,"err":"BlockhashNotFound","logs":[]}'), 1);
    assert.equal(of('simulateTransaction', '{"err":{"InstructionError":[0,"BlockhashNotFound"]}}'), 0);
    assert.equal(of('simulateTransaction', '{"err":null,"logs":["\\"err\\":\\"BlockhashNotFound\\""]}'), 0);
    assert.equal(of('getBalance', 'null'), 0);
  });

  it('is each status that is null', () => {
    const status = '{"slot":1,"confirmations":null,"err":null}';
    const of = (value: string) => missing('getSignatureStatuses', `{"context":{"slot":1},"value":${value}}`);
    assert.equal(of('[null]'), 1);
    assert.equal(of(`[null, ${status} ,null]`), 2);
    assert.equal(of(`[${status}]`), 0);
    assert.equal(of('[]'), 0);
    assert.equal(of('7'), 0);
  });
});

describe('the rules of answers', () => {
  it('take any JSON without throwing', () => {
    const methods = [
      'getSlot',
      'getSignatureStatuses',
      'simulateTransaction',
      'isBlockhashValid',
      'getBalance',
    ];
    const result = fc.oneof(
      fc.jsonValue(),
      fc.record({ context: fc.jsonValue(), value: fc.jsonValue() }),
      fc.record({ context: fc.record({ slot: fc.jsonValue() }), value: fc.array(fc.jsonValue()) }),
    );
    fc.assert(
      fc.property(fc.constantFrom(...methods), result, (method, value) => {
        const json = JSON.stringify(value);
        shown(method, '[]', json);
        assert.ok(answers.missing(method, Buffer.from(json), 0, Buffer.byteLength(json)) >= 0);
      }),
    );
  });
});
