import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  Keypair,
  SystemProgram,
  Transaction,
  TransactionMessage,
  VersionedTransaction,
} from '@solana/web3.js';
import fc from 'fast-check';
import { encode } from '../../../../src/chains/solana/base58.ts';
import {
  isAlreadyKnown,
  rawWriteRules,
  transactionSignature,
} from '../../../../src/chains/solana/raw-write.ts';

const payer = Keypair.fromSeed(new Uint8Array(32).fill(7));
const recentBlockhash = '11111111111111111111111111111111';
const transfer = SystemProgram.transfer({
  fromPubkey: payer.publicKey,
  toPubkey: Keypair.fromSeed(new Uint8Array(32).fill(8)).publicKey,
  lamports: 5,
});
const legacy = new Transaction({ feePayer: payer.publicKey, recentBlockhash } as ConstructorParameters<
  typeof Transaction
>[0]).add(transfer);
legacy.recentBlockhash = recentBlockhash;
legacy.sign(payer);
const message = new TransactionMessage({
  payerKey: payer.publicKey,
  recentBlockhash,
  instructions: [transfer],
});
const versioned = new VersionedTransaction(message.compileToV0Message());
versioned.sign([payer]);

const signatureIn = (params: string) => transactionSignature(Buffer.from(params), 0, params.length);
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');

describe('transactionSignature', () => {
  for (const [name, bytes, signature] of [
    ['legacy', legacy.serialize(), legacy.signature!],
    ['versioned', versioned.serialize(), versioned.signatures[0]!],
  ] as const) {
    it(`reads it off a ${name} transaction in base64`, () => {
      const params = JSON.stringify([base64(bytes), { skipPreflight: true, encoding: 'base64' }]);
      assert.equal(signatureIn(params), encode(signature));
    });

    it(`reads it off a ${name} transaction in base58, which is meant where nothing is said`, () => {
      assert.equal(signatureIn(JSON.stringify([encode(bytes)])), encode(signature));
      assert.equal(signatureIn(JSON.stringify([encode(bytes), { encoding: 'base58' }])), encode(signature));
    });
  }

  it('reads an encoding that is written with escapes, and the last one of two', () => {
    const text = base64(legacy.serialize());
    const signature = encode(legacy.signature!);
    assert.equal(signatureIn(`["${text}",{"encoding":"b\\u0061se64"}]`), signature);
    assert.equal(signatureIn(`["${text}",{"encoding":"base58","encoding":"base64"}]`), signature);
  });

  it('has none for what is no signed transaction', () => {
    const unsigned = base64(Buffer.concat([Buffer.from([1]), Buffer.alloc(64), Buffer.alloc(80, 1)]));
    for (const params of [
      '[]',
      '[7]',
      '["",{"encoding":"base64"}]',
      '["AA==",{"encoding":"base64"}]',
      '["AQ*D",{"encoding":"base64"}]',
      `["${unsigned}",{"encoding":"base64"}]`,
      `["${base64(legacy.serialize())}"]`,
      `["${base64(legacy.serialize().subarray(0, 40))}",{"encoding":"base64"}]`,
      `["${'1'.repeat(5000)}"]`,
      `["${'A'.repeat(9000)}",{"encoding":"base64"}]`,
    ])
      assert.equal(signatureIn(params), undefined, params.slice(0, 60));
  });

  it('takes any params without throwing', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue(), { maxLength: 3 }), params => {
        transactionSignature(
          Buffer.from(JSON.stringify(params)),
          0,
          Buffer.byteLength(JSON.stringify(params)),
        );
      }),
    );
  });
});

describe('the rules of a raw write of Solana', () => {
  it('takes a transaction that was carried out already for a success', () => {
    const text = 'Transaction simulation failed: This transaction has already been processed';
    assert.equal(isAlreadyKnown({ code: -32002, message: text }), true);
    assert.equal(
      isAlreadyKnown({ code: -32002, message: 'Transaction simulation failed: AlreadyProcessed' }),
      true,
    );
    assert.equal(isAlreadyKnown({ code: -32003, message: text }), false);
    assert.equal(isAlreadyKnown({ code: -32002, message: 'Transaction simulation failed: custom' }), false);
  });

  it('looks an expired one up with its history', () => {
    const expired = { code: -32002, message: 'Transaction simulation failed: Blockhash not found' };
    assert.equal(rawWriteRules.isSpent(expired), true);
    const { method, params } = rawWriteRules.lookUp('5sig');
    assert.equal(method, 'getSignatureStatuses');
    assert.deepEqual(JSON.parse(params), [['5sig'], { searchTransactionHistory: true }]);
  });
});
