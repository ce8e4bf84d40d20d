import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { address, createSolanaRpcSubscriptions, signature as signatureOf } from '@solana/kit';
import {
  Connection,
  type PublicKey,
  SystemProgram,
  sendAndConfirmTransaction,
  Transaction,
} from '@solana/web3.js';
import { encode } from '../../../src/chains/solana/base58.ts';
import { devnetKeypair, solanaGenesis } from '../../../src/devnet/solana/well-known.ts';
import { startFaultProxy } from '../../support/devnet.ts';
import { eventually } from '../../support/eventually.ts';
import { startSolanaNode } from '../../support/solana-node.ts';
import { startTrunkline } from '../../support/trunkline.ts';

const [alice, bob] = [devnetKeypair(0), devnetKeypair(1)];

/** Trunkline before an embedded chain behind three simulated providers, and a client of @solana/web3.js. */
async function setUp(t: TestContext) {
  const opened: { connection?: Connection } = {};
  // It would go on connecting for ever.
  t.after(() => {
    (
      opened.connection as unknown as { _rpcWebSocket: { close(code: number): void } } | undefined
    )?._rpcWebSocket.close(1_000);
  });
  const node = await startSolanaNode(t);
  const proxies = await Promise.all(
    ['node-1', 'node-2', 'node-3'].map(id => startFaultProxy(t, node.url, { id })),
  );
  const trunkline = await startTrunkline(
    [
      'chains:',
      '  sol:',
      '    family: solana',
      `    genesis_hash: ${solanaGenesis('solana-devnet')}`,
      '    websocket: { reconnect_min: 20ms, reconnect_max: 100ms }',
      '    circuit_breaker: { recovery_timeout: 200ms }',
      '    health: { probe_interval: 200ms }',
      '    providers:',
      ...proxies.map(
        ({ url, wsUrl }, i) => `      - { id: node-${i + 1}, url: "${url}", ws_url: "${wsUrl}" }`,
      ),
    ].join('\n'),
    t,
  );
  await trunkline.allUp();
  const wsUrl = `${trunkline.wsUrl}/rpc/sol`;
  const connection = new Connection(`${trunkline.url}/rpc/sol`, {
    commitment: 'confirmed',
    wsEndpoint: wsUrl,
  });
  opened.connection = connection;
  // The feed follows the slots itself.
  const streams = () =>
    trunkline
      .chain('sol')
      .runtime.hub!.stats()
      .streams.filter(({ params }) => params !== '["slotSubscribe"]');
  const carried = (width: number) =>
    eventually(
      () => streams().every(({ providers }) => providers.filter(({ isLive }) => isLive).length >= width),
      `every stream is carried by ${width} providers`,
    );
  return { node, proxies, connection, wsUrl, streams, carried };
}

/** A provider that is lost right after a stream began may take something with it, and the client's socket is closed then. */
const settled = (slots: () => number): Promise<unknown> =>
  eventually(() => slots() > 30, 'streams that are carried side by side for a while', 20_000);

function transfer(lamports: number, to: PublicKey = bob.publicKey): Transaction {
  return new Transaction().add(
    SystemProgram.transfer({ fromPubkey: alice.publicKey, toPubkey: to, lamports }),
  );
}

describe('subscriptions of @solana/web3.js', () => {
  it('lose and repeat nothing while one provider after the other is killed', async t => {
    const { proxies, connection, carried, streams } = await setUp(t);
    const logs: string[] = [];
    const slots: number[] = [];
    const roots: number[] = [];
    const balances: { slot: number; lamports: number }[] = [];
    const owned: number[] = [];
    const ids = [
      connection.onLogs(bob.publicKey, ({ signature }) => logs.push(signature)),
      connection.onSlotChange(({ slot }) => slots.push(slot)),
      connection.onRootChange(root => roots.push(root)),
      connection.onAccountChange(bob.publicKey, ({ lamports }, { slot }) =>
        balances.push({ slot, lamports }),
      ),
      connection.onProgramAccountChange(SystemProgram.programId, ({ accountInfo }) =>
        owned.push(accountInfo.lamports),
      ),
    ] as const;
    await eventually(() => streams().length === 4, 'subscribed');
    await carried(2);
    await settled(() => slots.length);
    const before = await connection.getBalance(bob.publicKey);
    const sent: string[] = [];
    for (let round = 0; round < 6; round++) {
      const victim = proxies[round % 3]!;
      sent.push(await sendAndConfirmTransaction(connection, transfer(1_000 + round), [alice]));
      await victim.fault('kill');
      for (const extra of [10, 20])
        sent.push(await sendAndConfirmTransaction(connection, transfer(extra + round), [alice]));
      await carried(2);
      await victim.heal();
      await eventually(() => slots.at(-1)! > balances.at(-1)!.slot, 'the chain goes on');
    }
    const after = await connection.getBalance(bob.publicKey);
    await eventually(() => logs.length >= sent.length && balances.at(-1)!.lamports === after, 'all told');
    assert.deepEqual(logs, sent);
    assert.ok(after > before);
    for (const numbers of [
      slots,
      roots,
      balances.map(({ slot }) => slot),
      balances.map(each => each.lamports),
    ]) {
      assert.ok(numbers.length > 3);
      assert.deepEqual(
        numbers,
        [...new Set(numbers)].sort((a, b) => a - b),
        'ascending, none twice',
      );
    }
    assert.ok(owned.includes(after));
    await connection.removeOnLogsListener(ids[0]);
    await connection.removeSlotChangeListener(ids[1]);
    await connection.removeRootChangeListener(ids[2]);
    await connection.removeAccountChangeListener(ids[3]);
    await connection.removeProgramAccountChangeListener(ids[4]);
    await eventually(() => streams().every(({ subscribers }) => subscribers === 0), 'unsubscribed');
  });
});

describe('while no provider is there', () => {
  it('neither the state of an account nor the fate of a signature is lost', async t => {
    const { proxies, connection, carried, streams, node } = await setUp(t);
    const direct = new Connection(node.url, { commitment: 'confirmed', wsEndpoint: node.wsUrl });
    const balances: number[] = [];
    const account = connection.onAccountChange(bob.publicKey, ({ lamports }) => balances.push(lamports), {
      commitment: 'confirmed',
    });
    await eventually(() => streams().length === 1, 'subscribed');
    await carried(2);
    const { blockhash } = await connection.getLatestBlockhash('confirmed');
    const transaction = transfer(7_000);
    transaction.recentBlockhash = blockhash;
    transaction.feePayer = alice.publicKey;
    transaction.sign(alice);
    const signature = transaction.signature!;
    const told: unknown[] = [];
    connection.onSignature(encode(signature), ({ err }) => told.push(err), 'confirmed');
    await eventually(() => streams().length === 2, 'subscribed');
    await carried(2);
    for (const proxy of proxies) await proxy.fault('kill');
    const id = await direct.sendRawTransaction(transaction.serialize());
    await eventually(
      async () => (await direct.getSignatureStatus(id)).value?.confirmationStatus === 'finalized',
      'executed while nobody looked',
    );
    const balance = await direct.getBalance(bob.publicKey);
    await proxies[2]!.heal();
    await eventually(() => told.length === 1, 'the signature is told', 20_000);
    await eventually(() => balances.at(-1) === balance, 'the account is told');
    assert.deepEqual([told, balances], [[null], [balance]]);
    await eventually(() => streams().length === 1, 'the stream of the signature has ended');
    await connection.removeAccountChangeListener(account);
  });
});

describe('subscriptions of @solana/kit', () => {
  it('bring slots, logs, accounts and signatures, and end when they are given up', async t => {
    const { connection, wsUrl, proxies, streams, carried } = await setUp(t);
    const subscriptions = createSolanaRpcSubscriptions(wsUrl);
    const abort = new AbortController();
    const options = { abortSignal: abort.signal };
    const seen = { slots: [] as bigint[], logs: [] as string[], lamports: [] as bigint[], signatures: 0 };
    const to = address(bob.publicKey.toBase58());
    const each = async <T>(source: Promise<AsyncIterable<T>>, take: (item: T) => void) => {
      for await (const item of await source) take(item);
    };
    const ended = [
      each(subscriptions.slotNotifications().subscribe(options), ({ slot }) => seen.slots.push(slot)),
      each(
        subscriptions.logsNotifications({ mentions: [to] }, { commitment: 'confirmed' }).subscribe(options),
        ({ value }) => seen.logs.push(value.signature),
      ),
      each(
        subscriptions
          .accountNotifications(to, { commitment: 'confirmed', encoding: 'base64' })
          .subscribe(options),
        ({ value }) => seen.lamports.push(value.lamports),
      ),
    ];
    await eventually(() => streams().length === 2, 'subscribed');
    await carried(2);
    await settled(() => seen.slots.length);
    const first = await sendAndConfirmTransaction(connection, transfer(5_000), [alice]);
    await proxies[0]!.fault('kill');
    const second = await sendAndConfirmTransaction(connection, transfer(6_000), [alice]);
    ended.push(
      each(
        subscriptions
          .signatureNotifications(signatureOf(second), { commitment: 'finalized' })
          .subscribe(options),
        ({ value }) => {
          if (value.err === null) seen.signatures++;
        },
      ),
    );
    await eventually(() => seen.signatures === 1 && seen.lamports.length === 2, 'all told');
    await eventually(() => seen.slots.length > 5, 'slots');
    assert.deepEqual(seen.logs, [first, second]);
    assert.equal(seen.lamports[1]! - seen.lamports[0]!, 6_000n);
    abort.abort();
    await Promise.allSettled(ended);
    await eventually(() => streams().every(({ subscribers }) => subscribers === 0), 'unsubscribed');
  });
});
