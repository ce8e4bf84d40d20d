import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CallAnswer } from '../../../../src/gateway/call.ts';
import { RawWriteStage } from '../../../../src/gateway/stages/raw-write.ts';
import { silentMetrics } from '../../../../src/telemetry/metrics.ts';
import { FakeChain } from '../routing/fake-chain.ts';

const raw = '["0x02f86c0180843b9aca00"]';
const json = (answer: CallAnswer | undefined) =>
  JSON.parse(answer!.body.toString()) as {
    result?: string;
    error?: { message: string; data: Record<string, unknown> };
  };

function send(fake: FakeChain): CallAnswer[] {
  const stage = new RawWriteStage((call, done) => fake.router.route(call, done), {
    clock: fake.clock,
    metrics: silentMetrics,
  });
  const answers: CallAnswer[] = [];
  stage.handle(fake.call('eth_sendRawTransaction', raw), answer => answers.push(answer));
  return answers;
}

describe('RawWriteStage', () => {
  it("passes the upstream's hash on", () => {
    const fake = new FakeChain();
    const answers = send(fake);
    fake.last.answer('"0xabc"');
    assert.equal(json(answers[0]).result, '0xabc');
  });

  it('takes "already known" for the success that it is', () => {
    const fake = new FakeChain();
    const answers = send(fake);
    fake.last.error(-32000, 'already known');
    assert.match(json(answers[0]).result!, /^0x[0-9a-f]{64}$/);
  });

  it('returns what the chain says against it', () => {
    const fake = new FakeChain();
    const answers = send(fake);
    fake.last.error(-32000, 'insufficient funds for gas * price + value');
    assert.equal(fake.attempts.length, 1);
    assert.match(json(answers[0]).error!.message, /insufficient funds/);
  });

  it('looks a transaction up when its nonce is used: found, it was this one', () => {
    const fake = new FakeChain();
    const answers = send(fake);
    fake.last.error(-32000, 'nonce too low');
    assert.match(fake.last.payload, /eth_getTransactionByHash/);
    fake.last.answer('{"hash":"0x1"}');
    assert.match(json(answers[0]).result!, /^0x[0-9a-f]{64}$/);
  });

  it('returns "nonce too low" when no provider knows the transaction', () => {
    const fake = new FakeChain();
    const answers = send(fake);
    fake.last.error(-32000, 'nonce too low');
    fake.last.answer('null');
    fake.last.answer('null');
    assert.match(json(answers[0]).error!.message, /nonce too low/);
  });

  it('after a lost answer looks the hash up, then sends the same bytes to a provider that was not asked', () => {
    const fake = new FakeChain();
    const answers = send(fake);
    fake.last.fail('failure', true);
    assert.match(fake.last.payload, /eth_getTransactionByHash/);
    fake.last.answer('null');
    fake.last.answer('null');
    assert.match(fake.last.payload, /eth_sendRawTransaction/);
    assert.equal(fake.last.provider, 'p2');
    fake.last.answer('"0xabc"');
    assert.equal(json(answers[0]).result, '0xabc');
    assert.deepEqual(answers[0]?.asked, ['p1', 'p2']);
  });

  it('never claims that a transaction was not sent', () => {
    const fake = new FakeChain(1);
    const answers = send(fake);
    fake.last.fail('failure', true);
    fake.last.fail('failure', true);
    assert.equal(json(answers[0]).error!.data.code, 'outcome_unknown');
    assert.match(String(json(answers[0]).error!.data.transactionHash), /^0x[0-9a-f]{64}$/);
  });
});
