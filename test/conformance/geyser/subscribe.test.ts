import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SystemProgram } from '@solana/web3.js';
import bs58 from 'bs58';
import { eventProgramId } from '../../../src/devnet/solana/event-program/event-program.ts';
import { emitInstruction } from '../../../src/devnet/solana/event-program/event-program-instructions.ts';
import { devnetKeypair } from '../../../src/devnet/solana/well-known.ts';
import { GeyserBench, kindsOf } from './geyser-client.ts';

const alice = devnetKeypair(0);
const bob = devnetKeypair(1);
const emit = (text: string) => emitInstruction(Buffer.from(text));

test('a transaction is told as the bank executed it', async t => {
  const bench = await GeyserBench.start(t);
  const received = await bench.subscribe({
    transactions: {
      events: { accountInclude: [eventProgramId.toBase58()], accountExclude: [], accountRequired: [] },
    },
  });
  const executed = bench.execute(alice, emit('hello'));
  bench.execute(
    alice,
    SystemProgram.transfer({ fromPubkey: alice.publicKey, toPubkey: bob.publicKey, lamports: 5 }),
  );
  await bench.settle(received);
  assert.deepEqual(kindsOf(received), ['transaction 1']);
  const update = received.updates.find(each => each.transaction)!;
  assert.deepEqual(update.filters, ['events']);
  const { transaction: info } = update.transaction!;
  assert.deepEqual(Buffer.from(info!.signature), Buffer.from(executed.signature));
  assert.equal(info!.isVote, false);
  assert.equal(Number(info!.index), 0);
  assert.deepEqual(info!.meta!.logMessages, executed.logs);
  assert.equal(Number(info!.meta!.fee), executed.fee);
  assert.deepEqual(info!.meta!.preBalances.map(BigInt), executed.preBalances);
  assert.deepEqual(info!.meta!.postBalances.map(BigInt), executed.postBalances);
  assert.equal(Number(info!.meta!.computeUnitsConsumed), executed.computeUnits);
  assert.equal(info!.meta!.err, undefined);
  const message = info!.transaction!.message!;
  assert.deepEqual(
    message.accountKeys.map(key => bs58.encode(key)),
    executed.accountKeys.map(key => bs58.encode(key)),
  );
  assert.deepEqual(Buffer.from(message.instructions[0]!.data), Buffer.from('hello'));
});
