import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { Keypair, type PublicKey, Transaction, type TransactionInstruction } from '@solana/web3.js';
import { FailedTransactionMetadata, LiteSVM } from 'litesvm';
import {
  eventProgramElf,
  eventProgramId,
} from '../../../../../src/devnet/solana/event-program/event-program.ts';
import {
  createByProgramInstruction,
  emitInstruction,
  programAddress,
} from '../../../../support/event-program-instructions.ts';

const payer = Keypair.generate();
const svm = new LiteSVM();
svm.airdrop(payer.publicKey, 100_000_000_000n);
svm.addProgram(eventProgramId, eventProgramElf());

function run(instruction: TransactionInstruction): { logs: string[]; error: string | undefined } {
  svm.expireBlockhash();
  const transaction = new Transaction({ feePayer: payer.publicKey, recentBlockhash: svm.latestBlockhash() });
  transaction.add(instruction).sign(payer);
  const outcome = svm.sendTransaction(transaction);
  if (!(outcome instanceof FailedTransactionMetadata)) return { logs: outcome.logs(), error: undefined };
  return { logs: outcome.meta().logs(), error: String(outcome.err()) };
}

test('an event is logged byte for byte, whatever its length', () => {
  for (const length of [0, 1, 7, 8, 9, 200, 900]) {
    const event = randomBytes(length);
    const { logs, error } = run(emitInstruction(event));
    assert.equal(error, undefined);
    assert.deepEqual(logs.slice(0, 2), [
      `Program ${eventProgramId} invoke [1]`,
      `Program data: ${event.toString('base64')}`,
    ]);
  }
});

const create = (seed: Uint8Array, owner: PublicKey, space = 200n) =>
  createByProgramInstruction({ payer: payer.publicKey, seed, owner, space, lamports: 5_000_000n });

test('an account is created at the address that the program signs for, by a call of the system program', () => {
  const seed = randomBytes(32);
  const owner = Keypair.generate().publicKey;
  const { logs, error } = run(create(seed, owner));
  assert.equal(error, undefined, logs.join('\n'));
  const account = svm.getAccount(programAddress(seed));
  assert.equal(account?.owner.toBase58(), owner.toBase58());
  assert.equal(account?.lamports, 5_000_000);
  assert.deepEqual(account?.data, new Uint8Array(200));
  assert.ok(logs.includes('Program 11111111111111111111111111111111 invoke [2]'));
});

test('an account that exists is not created again', () => {
  const seed = randomBytes(32);
  const owner = Keypair.generate().publicKey;
  assert.equal(run(create(seed, owner)).error, undefined);
  const { logs, error } = run(create(seed, owner, 300n));
  assert.notEqual(error, undefined);
  assert.match(logs.join('\n'), /already in use/);
  assert.equal(svm.getAccount(programAddress(seed))?.data.length, 200);
});

test('an instruction with other accounts fails', () => {
  const instruction = emitInstruction(Buffer.from('x'));
  instruction.keys.push({ pubkey: payer.publicKey, isSigner: true, isWritable: false });
  assert.match(run(instruction).logs.join('\n'), /failed: custom program error: 0x1/);
});
