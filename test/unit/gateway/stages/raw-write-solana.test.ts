import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Keypair, SystemProgram, TransactionMessage, VersionedTransaction } from '@solana/web3.js';
import { encode } from '../../../../src/chains/solana/base58.ts';
import { solanaFamily } from '../../../../src/chains/solana/solana-family.ts';
import type { CallAnswer } from '../../../../src/gateway/call.ts';
import { RawWriteStage } from '../../../../src/gateway/stages/raw-write.ts';
import { silentMetrics } from '../../../../src/telemetry/metrics.ts';
import { FakeChain } from '../routing/fake-chain.ts';

const payer = Keypair.fromSeed(new Uint8Array(32).fill(7));
const transaction = new VersionedTransaction(
  new TransactionMessage({
    payerKey: payer.publicKey,
    recentBlockhash: '11111111111111111111111111111111',
    instructions: [
      SystemProgram.transfer({ fromPubkey: payer.publicKey, toPubkey: payer.publicKey, lamports: 1 }),
    ],
  }).compileToV0Message(),
);
transaction.sign([payer]);
const signature = encode(transaction.signatures[0]!);
const params = JSON.stringify([
  Buffer.from(transaction.serialize()).toString('base64'),
  { encoding: 'base64', preflightCommitment: 'confirmed' },
]);
const found = `{"context":{"slot":9},"value":[{"slot":8,"confirmations":1,"err":null}]}`;
const unknown = `{"context":{"slot":9},"value":[null]}`;
const expired = 'Transaction simulation failed: Blockhash not found';

const json = (answer: CallAnswer | undefined) =>
  JSON.parse(answer!.body.toString()) as {
    result?: string;
    error?: { code: number; message: string; data: Record<string, unknown> };
  };

function send(fake: FakeChain): CallAnswer[] {
  const stage = new RawWriteStage((call, done) => fake.router.route(call, done), {
    clock: fake.clock,
    metrics: silentMetrics,
  });
  const answers: CallAnswer[] = [];
  stage.handle(fake.call('sendTransaction', params), answer => answers.push(answer));
  return answers;
}
const solana = (count = 3) => new FakeChain(count, {}, solanaFamily);
const methods = (fake: FakeChain) =>
  fake.attempts.map(
    ({ provider, payload }) => `${provider} ${(JSON.parse(payload) as { method: string }).method}`,
  );

describe('a transaction of Solana', () => {
  it('that was carried out already is a success', () => {
    const fake = solana();
    const answers = send(fake);
    fake.last.error(-32002, 'Transaction simulation failed: This transaction has already been processed');
    assert.equal(json(answers[0]).result, signature);
    assert.equal(fake.attempts.length, 1);
  });

  it('that fails its preflight is answered so, and sent to nobody else', () => {
    const fake = solana();
    const answers = send(fake);
    fake.last.error(-32002, 'Transaction simulation failed: custom program error: 0x1');
    assert.equal(fake.attempts.length, 1);
    assert.equal(json(answers[0]).error!.code, -32002);
  });

  it('is looked up with its history after its answer was lost: found, it was sent', () => {
    const fake = solana();
    const answers = send(fake);
    fake.last.fail('failure');
    assert.deepEqual(JSON.parse(fake.last.payload).params, [[signature], { searchTransactionHistory: true }]);
    fake.last.answer(found);
    assert.equal(json(answers[0]).result, signature);
  });

  it('is sent again, as the same bytes, when its answer was lost and nobody knows it', () => {
    const fake = solana();
    const answers = send(fake);
    const first = fake.last.payload;
    fake.last.fail('failure');
    fake.last.answer(unknown);
    fake.last.answer(unknown);
    assert.deepEqual(methods(fake), [
      'p1 sendTransaction',
      'p1 getSignatureStatuses',
      'p2 getSignatureStatuses',
      'p2 sendTransaction',
    ]);
    assert.equal(JSON.parse(fake.last.payload).params[0], JSON.parse(first).params[0]);
    fake.last.answer(`"${signature}"`);
    assert.equal(json(answers[0]).result, signature);
  });

  it('whose fate nobody knows is never called lost', () => {
    const fake = solana(1);
    const answers = send(fake);
    fake.last.fail('failure');
    fake.last.answer(unknown);
    const { error } = json(answers[0]);
    assert.equal(error!.data.code, 'outcome_unknown');
    assert.equal(error!.data.signature, signature);
  });

  it('that has expired is looked up: found, it was sent before', () => {
    const fake = solana();
    const answers = send(fake);
    fake.last.error(-32002, expired);
    fake.last.answer(found);
    assert.equal(json(answers[0]).result, signature);
  });

  it('that has expired and is unknown is answered in the words of the node', () => {
    const fake = solana();
    const answers = send(fake);
    fake.last.error(-32002, expired);
    fake.last.answer(unknown);
    fake.last.answer(unknown);
    assert.equal(json(answers[0]).error!.message, expired);
  });
});
