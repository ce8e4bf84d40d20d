import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { solanaFamily } from '../../../../src/chains/solana/solana-family.ts';
import type { CallAnswer } from '../../../../src/gateway/call.ts';
import { FakeChain } from './fake-chain.ts';

const solana = (count = 3) => new FakeChain(count, {}, solanaFamily);
const asked = (fake: FakeChain) => fake.attempts.map(attempt => attempt.provider);
const result = (answers: CallAnswer[]) =>
  (JSON.parse(answers[0]!.body.toString()) as { result?: unknown }).result;

function ask(fake: FakeChain, method: string, params: string, answer: string): unknown {
  const answers = fake.route(method, params);
  fake.last.answer(answer);
  return result(answers);
}

describe('the calls of Solana', () => {
  it('never tell a slot below one that was told at the same commitment, and ask nobody again for it', () => {
    const fake = solana();
    const confirmed = '[{"commitment":"confirmed"}]';
    assert.equal(ask(fake, 'getSlot', confirmed, '20'), 20);
    assert.equal(ask(fake, 'getSlot', confirmed, '18'), 20);
    assert.equal(fake.attempts.length, 2);
    assert.equal(ask(fake, 'getSlot', '[]', '10'), 10, 'another commitment is another matter');
    assert.equal(ask(fake, 'getBlockHeight', confirmed, '15'), 15, 'so is the height');
    assert.equal(ask(fake, 'getBlockHeight', confirmed, '14'), 15);
    assert.equal(ask(fake, 'getSlot', confirmed, '21'), 21);
  });

  it('never tell a processed slot below one that a provider announced', () => {
    const fake = solana();
    fake.heads.floor = 50;
    assert.equal(ask(fake, 'getSlot', '[{"commitment":"processed"}]', '48'), 50);
  });

  it('take the slot of a context for seen', () => {
    const fake = solana();
    const context = '{"context":{"apiVersion":"2.2.0","slot":30},"value":5}';
    const params = '["k",{"commitment":"confirmed"}]';
    assert.deepEqual(ask(fake, 'getBalance', params, context), JSON.parse(context));
    assert.equal(ask(fake, 'getSlot', '[{"commitment":"confirmed"}]', '29'), 30);
  });

  it('ask another provider when a slot is absurd', () => {
    const fake = solana();
    fake.heads.floor = 50;
    const answers = fake.route('getSlot', '[{"commitment":"confirmed"}]');
    fake.last.answer('999999999');
    fake.last.answer('"x"');
    fake.last.answer('49');
    assert.deepEqual(asked(fake), ['p1', 'p2', 'p3']);
    assert.equal(result(answers), 49);
  });

  it('ask another provider before a transaction is told to be unknown', () => {
    const fake = solana();
    const answers = fake.route('getTransaction', '["sig"]');
    fake.last.answer('null');
    assert.equal(answers.length, 0);
    fake.last.answer('{"slot":7}');
    assert.deepEqual(asked(fake), ['p1', 'p2']);
    assert.deepEqual(result(answers), { slot: 7 });
  });

  it('answer with the most complete of the statuses', () => {
    const fake = solana();
    const of = (value: string) => `{"context":{"slot":9},"value":${value}}`;
    const answers = fake.route('getSignatureStatuses', '[["a","b","c"]]');
    fake.last.answer(of('[{"slot":1},null,null]'));
    fake.last.answer(of('[null,null,null]'));
    assert.deepEqual(asked(fake), ['p1', 'p2']);
    assert.deepEqual(result(answers), JSON.parse(of('[{"slot":1},null,null]')));
  });

  it('ask another provider about a blockhash that the first one does not know', () => {
    const fake = solana();
    const of = (value: boolean) => `{"context":{"slot":9},"value":${value}}`;
    const answers = fake.route('isBlockhashValid', '["hash"]');
    fake.last.answer(of(false));
    fake.last.answer(of(true));
    assert.deepEqual(result(answers), JSON.parse(of(true)));
  });

  it('send what may change something once', () => {
    const fake = solana();
    for (const method of ['requestAirdrop', 'vendor_method']) {
      fake.route(method, '[]');
      fake.last.fail('failure');
    }
    assert.deepEqual(asked(fake), ['p1', 'p1']);
  });

  it('go to the providers whose head is at minContextSlot', () => {
    const fake = solana();
    fake.providers[0]!.head = 10;
    fake.providers[1]!.head = 20;
    fake.route('getBalance', '["k",{"minContextSlot":15}]');
    assert.deepEqual(asked(fake), ['p2']);
  });

  it('go upstream byte by byte as they came', () => {
    const fake = solana();
    const params = '[ "k" , {"minContextSlot" : 15,"commitment":"processed", "x":1e3} ]';
    fake.route('getAccountInfo', params);
    assert.ok(fake.last.payload.includes(`"params":${params}`), fake.last.payload);
  });
});
