import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  address,
  airdropFactory,
  appendTransactionMessageInstructions,
  assertIsTransactionWithBlockhashLifetime,
  createKeyPairSignerFromBytes,
  createSolanaRpc,
  createSolanaRpcSubscriptions,
  createTransactionMessage,
  fetchEncodedAccount,
  generateKeyPairSigner,
  getBase64EncodedWireTransaction,
  getSignatureFromTransaction,
  type Instruction,
  isSolanaError,
  lamports,
  pipe,
  SOLANA_ERROR__JSON_RPC__SERVER_ERROR_SEND_TRANSACTION_PREFLIGHT_FAILURE,
  sendAndConfirmTransactionFactory,
  setTransactionMessageFeePayerSigner,
  setTransactionMessageLifetimeUsingBlockhash,
  signTransactionMessageWithSigners,
} from '@solana/kit';
import { devnetKeypair, solanaGenesis } from '../../../src/devnet/solana/well-known.ts';
import { eventually } from '../../support/eventually.ts';
import { startSolanaNode } from '../../support/solana-node.ts';

const system = address('11111111111111111111111111111111');

function transfer(from: string, to: string, amount: bigint): Instruction {
  const data = Buffer.alloc(12);
  data.writeUInt32LE(2, 0);
  data.writeBigUInt64LE(amount, 4);
  return {
    programAddress: system,
    accounts: [
      { address: address(from), role: 3 },
      { address: address(to), role: 1 },
    ],
    data,
  };
}

test('@solana/kit sends, confirms and reads as on any cluster', async t => {
  const ended = new AbortController();
  t.after(() => ended.abort());
  const node = await startSolanaNode(t);
  const rpc = createSolanaRpc(node.url);
  const rpcSubscriptions = createSolanaRpcSubscriptions(node.wsUrl);
  assert.equal(await rpc.getGenesisHash().send(), solanaGenesis('solana-devnet'));
  const alice = await createKeyPairSignerFromBytes(devnetKeypair(0).secretKey);
  const carol = await generateKeyPairSigner();

  const airdrop = airdropFactory({ rpc, rpcSubscriptions } as never);
  await airdrop({ commitment: 'confirmed', lamports: lamports(5_000_000n), recipientAddress: carol.address });
  assert.equal((await rpc.getBalance(carol.address, { commitment: 'confirmed' }).send()).value, 5_000_000n);

  const slots: bigint[] = [];
  const notifications = await rpcSubscriptions.slotNotifications().subscribe({ abortSignal: ended.signal });
  const reading = (async () => {
    for await (const { slot } of notifications) slots.push(slot);
  })();

  const signed = async (amount: bigint) => {
    const { value } = await rpc.getLatestBlockhash({ commitment: 'confirmed' }).send();
    const message = pipe(
      createTransactionMessage({ version: 0 }),
      each => setTransactionMessageFeePayerSigner(alice, each),
      each => setTransactionMessageLifetimeUsingBlockhash(value, each),
      each => appendTransactionMessageInstructions([transfer(alice.address, carol.address, amount)], each),
    );
    const transaction = await signTransactionMessageWithSigners(message);
    assertIsTransactionWithBlockhashLifetime(transaction);
    return transaction;
  };
  const sendAndConfirm = sendAndConfirmTransactionFactory({ rpc, rpcSubscriptions } as never);
  const transaction = await signed(7n);
  await sendAndConfirm(transaction as never, { commitment: 'confirmed' });
  const signature = getSignatureFromTransaction(transaction);
  const found = await rpc
    .getTransaction(signature, {
      commitment: 'confirmed',
      encoding: 'json',
      maxSupportedTransactionVersion: 0,
    })
    .send();
  assert.deepEqual([found?.version, found?.meta?.fee, found?.meta?.err], [0, 5_000n, null]);
  const account = await fetchEncodedAccount(rpc, carol.address, { commitment: 'confirmed' });
  assert.deepEqual([account.exists, account.exists && account.lamports], [true, 5_000_007n]);

  const wire = getBase64EncodedWireTransaction(await signed(10n ** 16n));
  await assert.rejects(
    rpc.sendTransaction(wire, { encoding: 'base64', preflightCommitment: 'confirmed' }).send(),
    error => isSolanaError(error, SOLANA_ERROR__JSON_RPC__SERVER_ERROR_SEND_TRANSACTION_PREFLIGHT_FAILURE),
  );
  await eventually(() => slots.length > 1);
  ended.abort();
  await reading;
});
