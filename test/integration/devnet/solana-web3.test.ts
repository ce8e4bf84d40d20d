import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import {
  AddressLookupTableProgram,
  ComputeBudgetProgram,
  Connection,
  Keypair,
  LAMPORTS_PER_SOL,
  type Logs,
  PublicKey,
  SendTransactionError,
  SystemProgram,
  sendAndConfirmTransaction,
  Transaction,
  TransactionMessage,
  VersionedTransaction,
} from '@solana/web3.js';
import { devnetKeypair, solanaGenesis } from '../../../src/devnet/solana/well-known.ts';
import { eventually } from '../../support/eventually.ts';
import { startSolanaNode } from '../../support/solana-node.ts';

const [alice, bob] = [devnetKeypair(0), devnetKeypair(1)];

async function connected(t: TestContext, options: Parameters<typeof startSolanaNode>[1] = {}) {
  const opened: { connection?: Connection } = {};
  // With subscriptions left it would go on connecting for ever.
  t.after(() => {
    const connection = opened.connection as unknown as {
      _rpcWebSocket: { connect(): void; close(): void; setAutoReconnect(reconnects: boolean): void };
    };
    connection._rpcWebSocket.connect = () => {};
    connection._rpcWebSocket.setAutoReconnect(false);
    connection._rpcWebSocket.close();
  });
  const node = await startSolanaNode(t, options);
  const connection = new Connection(node.url, { commitment: 'confirmed', wsEndpoint: node.wsUrl });
  opened.connection = connection;
  return { node, connection };
}

function transfer(lamports: number, to = bob.publicKey): Transaction {
  return new Transaction().add(
    SystemProgram.transfer({ fromPubkey: alice.publicKey, toPubkey: to, lamports }),
  );
}

test('serves what @solana/web3.js asks of a chain', async t => {
  const { connection } = await connected(t);
  assert.equal(await connection.getGenesisHash(), solanaGenesis('solana-devnet'));
  assert.equal((await connection.getVersion())['solana-core'], '2.3.0');
  assert.equal(await connection.getBalance(alice.publicKey), 10_000 * LAMPORTS_PER_SOL);
  assert.equal(await connection.getMinimumBalanceForRentExemption(0), 890_880);
  await eventually(async () => (await connection.getSlot('processed')) > 3);
  const slot = await connection.getSlot('confirmed');
  assert.ok((await connection.getSlot('processed')) > (await connection.getSlot('finalized')));
  assert.deepEqual((await connection.getBlocks(1, slot)).slice(0, 2), [1, 2]);
  const block = (await connection.getBlock(2, { maxSupportedTransactionVersion: 0 }))!;
  assert.equal(block.parentSlot, 1);
  assert.equal(
    (await connection.getBlock(1, { maxSupportedTransactionVersion: 0 }))!.blockhash,
    block.previousBlockhash,
  );
  assert.ok(Math.abs((await connection.getBlockTime(1))! - Date.now() / 1_000) < 60);
  const { blockhash, lastValidBlockHeight } = await connection.getLatestBlockhash('processed');
  assert.equal((await connection.isBlockhashValid(blockhash, { commitment: 'processed' })).value, true);
  assert.ok(lastValidBlockHeight > 150);
  assert.equal((await connection.getEpochInfo()).epoch, 0);
  assert.ok((await connection.getRecentPrioritizationFees()).length > 0);
  assert.ok((await connection.getSupply()).value.total > 0);
});

test('a transfer is executed, confirmed over the WebSocket, and found again in every way', async t => {
  const { connection } = await connected(t);
  const signature = await sendAndConfirmTransaction(connection, transfer(1_234), [alice]);
  assert.equal(await connection.getBalance(bob.publicKey), 10_000 * LAMPORTS_PER_SOL + 1_234);
  const found = (await connection.getTransaction(signature, { maxSupportedTransactionVersion: 0 }))!;
  assert.equal(found.meta?.err, null);
  assert.equal(found.meta?.fee, 5_000);
  assert.deepEqual(found.meta?.preBalances.slice(1), [10_000 * LAMPORTS_PER_SOL, 1]);
  assert.deepEqual(found.meta?.postBalances.slice(1), [10_000 * LAMPORTS_PER_SOL + 1_234, 1]);
  assert.deepEqual(found.meta?.logMessages, [
    'Program 11111111111111111111111111111111 invoke [1]',
    'Program 11111111111111111111111111111111 success',
  ]);
  const parsed = (await connection.getParsedTransaction(signature, { maxSupportedTransactionVersion: 0 }))!;
  assert.deepEqual(
    parsed.transaction.message.accountKeys.map(({ signer, writable }) => [signer, writable]),
    [
      [true, true],
      [false, true],
      [false, false],
    ],
  );
  const [listed] = await connection.getSignaturesForAddress(bob.publicKey);
  assert.equal(listed?.signature, signature);
  const status = (await connection.getSignatureStatus(signature)).value!;
  assert.equal(status.slot, found.slot);
  const block = (await connection.getBlock(found.slot, { maxSupportedTransactionVersion: 0 }))!;
  assert.deepEqual(
    block.transactions.map(each => each.transaction.signatures),
    [[signature]],
  );
  await eventually(
    async () => (await connection.getSignatureStatus(signature)).value?.confirmationStatus === 'finalized',
  );
});

test('a transaction that fails is refused by the preflight, and without it lands with its error and fee', async t => {
  const { connection } = await connected(t);
  const tooMuch = transfer(2e15);
  await assert.rejects(connection.sendTransaction(tooMuch, [alice]), (error: unknown) => {
    assert.ok(error instanceof SendTransactionError);
    assert.match(error.message, /Error processing Instruction 0: custom program error: 0x1/);
    assert.ok(error.logs?.some(line => line.startsWith('Transfer: insufficient lamports')));
    return true;
  });
  const before = await connection.getBalance(alice.publicKey);
  const signature = await connection.sendTransaction(tooMuch, [alice], { skipPreflight: true });
  const found = await eventually(() =>
    connection.getTransaction(signature, { maxSupportedTransactionVersion: 0 }),
  );
  assert.ok(found);
  assert.deepEqual(found.meta?.err, { InstructionError: [0, { Custom: 1 }] });
  assert.equal(await connection.getBalance(alice.publicKey), before - 5_000);
});

test('airdrops, creates accounts, reads them by key and by owner', async t => {
  const { connection } = await connected(t);
  const [payer, account, owner] = [Keypair.generate(), Keypair.generate(), Keypair.generate().publicKey];
  await connection.confirmTransaction(await connection.requestAirdrop(payer.publicKey, LAMPORTS_PER_SOL));
  assert.equal(await connection.getBalance(payer.publicKey), LAMPORTS_PER_SOL);
  const lamports = await connection.getMinimumBalanceForRentExemption(100);
  const create = new Transaction().add(
    SystemProgram.createAccount({
      fromPubkey: payer.publicKey,
      newAccountPubkey: account.publicKey,
      lamports,
      space: 100,
      programId: owner,
    }),
  );
  await sendAndConfirmTransaction(connection, create, [payer, account]);
  const info = (await connection.getAccountInfo(account.publicKey))!;
  assert.deepEqual([info.lamports, info.data.length, info.owner], [lamports, 100, owner]);
  const sliced = await connection.getProgramAccounts(owner, {
    dataSlice: { offset: 0, length: 2 },
    filters: [{ dataSize: 100 }, { memcmp: { offset: 0, bytes: '1' } }],
  });
  assert.deepEqual(
    sliced.map(each => [each.pubkey, each.account.data.length]),
    [[account.publicKey, 2]],
  );
  assert.equal((await connection.getProgramAccounts(owner, { filters: [{ dataSize: 99 }] })).length, 0);
  const many = await connection.getMultipleAccountsInfo([account.publicKey, Keypair.generate().publicKey]);
  assert.deepEqual([many[0]?.lamports, many[1]], [lamports, null]);
});

test('simulates a versioned transaction, also unsigned and with any blockhash', async t => {
  const { connection } = await connected(t);
  const message = new TransactionMessage({
    payerKey: alice.publicKey,
    recentBlockhash: PublicKey.default.toBase58(),
    instructions: [
      ComputeBudgetProgram.setComputeUnitLimit({ units: 1_000 }),
      SystemProgram.transfer({ fromPubkey: alice.publicKey, toPubkey: bob.publicKey, lamports: 5 }),
    ],
  }).compileToV0Message();
  const unsigned = new VersionedTransaction(message);
  const { value } = await connection.simulateTransaction(unsigned, {
    replaceRecentBlockhash: true,
    accounts: { encoding: 'base64', addresses: [bob.publicKey.toBase58()] },
  });
  assert.deepEqual([value.err, value.unitsConsumed], [null, 300]);
  assert.equal(value.accounts?.[0]?.lamports, 10_000 * LAMPORTS_PER_SOL + 5);
  assert.equal(await connection.getBalance(bob.publicKey), 10_000 * LAMPORTS_PER_SOL);
  const refused = await connection.simulateTransaction(unsigned);
  assert.equal(refused.value.err, 'BlockhashNotFound');
  const { blockhash } = await connection.getLatestBlockhash();
  const fresh = TransactionMessage.decompile(message);
  fresh.recentBlockhash = blockhash;
  assert.equal((await connection.getFeeForMessage(fresh.compileToV0Message())).value, 5_000);
});

test('subscriptions tell of slots, roots, logs, accounts and programs', async t => {
  const { connection } = await connected(t);
  const seen = { slots: [] as number[], roots: [] as number[], logs: [] as Logs[], balances: [] as number[] };
  const subscribed = [
    connection.onSlotChange(({ slot }) => seen.slots.push(slot)),
    connection.onRootChange(root => seen.roots.push(root)),
  ];
  connection.onLogs(bob.publicKey, logs => seen.logs.push(logs), 'processed');
  connection.onAccountChange(bob.publicKey, ({ lamports }) => seen.balances.push(lamports), {
    commitment: 'confirmed',
  });
  await eventually(() => seen.slots.length > 2 && seen.roots.length > 0);
  const signature = await sendAndConfirmTransaction(connection, transfer(7), [alice]);
  await eventually(() => seen.balances.length > 0 && seen.logs.length > 0);
  assert.deepEqual(seen.balances, [10_000 * LAMPORTS_PER_SOL + 7]);
  assert.deepEqual(
    [seen.logs[0]?.signature, seen.logs[0]?.err, seen.logs[0]?.logs.length],
    [signature, null, 2],
  );
  await connection.removeSlotChangeListener(subscribed[0]!);
  await connection.removeRootChangeListener(subscribed[1]!);
});

test('a transaction with a lookup table has the addresses that it loads', async t => {
  const { connection } = await connected(t);
  const recentSlot = await connection.getSlot('confirmed');
  const [create, table] = AddressLookupTableProgram.createLookupTable({
    authority: alice.publicKey,
    payer: alice.publicKey,
    recentSlot,
  });
  const extend = AddressLookupTableProgram.extendLookupTable({
    lookupTable: table,
    authority: alice.publicKey,
    payer: alice.publicKey,
    addresses: [bob.publicKey],
  });
  await sendAndConfirmTransaction(connection, new Transaction().add(create, extend), [alice]);
  const { value: lookupTable } = await eventually(() => connection.getAddressLookupTable(table));
  const { blockhash } = await connection.getLatestBlockhash();
  const message = new TransactionMessage({
    payerKey: alice.publicKey,
    recentBlockhash: blockhash,
    instructions: transfer(9).instructions,
  }).compileToV0Message([lookupTable!]);
  const transaction = new VersionedTransaction(message);
  transaction.sign([alice]);
  const signature = await connection.sendTransaction(transaction);
  const found = await eventually(() =>
    connection.getTransaction(signature, { maxSupportedTransactionVersion: 0 }),
  );
  assert.deepEqual([found?.version, found?.meta?.err], [0, null]);
  assert.deepEqual(found?.meta?.loadedAddresses, { writable: [bob.publicKey], readonly: [] });
  assert.equal(await connection.getBalance(bob.publicKey), 10_000 * LAMPORTS_PER_SOL + 9);
  await assert.rejects(connection.getTransaction(signature), /Transaction version \(0\) is not supported/);
});
