import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Connection, SystemProgram, Transaction } from '@solana/web3.js';
import { WebSocket as Socket, type WebSocket } from 'ws';
import { findFreePort } from '../../../src/devnet/free-port.ts';
import { devnetKeypair, solanaGenesis } from '../../../src/devnet/solana/well-known.ts';
import { startDevnet } from '../../support/devnet.ts';
import { eventually } from '../../support/eventually.ts';

const [alice, bob] = [devnetKeypair(0), devnetKeypair(1)];

async function startSolana(t: TestContext) {
  const devnet = await startDevnet(t, {
    engine: 'litesvm',
    chain: 'solana-devnet',
    blockTimeMs: 100,
    confirmAfter: 3,
    finalizeAfter: 6,
  });
  const [first, second] = devnet.providers.map(({ url }) => caller(url));
  return { devnet, first: first!, second: second! };
}

/** Asks a provider, and returns the whole answer. */
function caller(url: string) {
  return async (method: string, params: readonly unknown[] = []) => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(url, { method: 'POST', headers, body });
    const text = await response.text();
    return { status: response.status, text, ...(response.ok ? (JSON.parse(text) as Answer) : {}) };
  };
}

interface Answer {
  readonly result?: never;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

async function subscribed(t: TestContext, url: string, method: string, params: unknown[] = []) {
  const socket: WebSocket = new Socket(url);
  t.after(() => socket.terminate());
  const events: { method: string; params: { result: never } }[] = [];
  socket.on('message', data => {
    const message = JSON.parse(String(data));
    if (message.method !== undefined) events.push(message);
  });
  await new Promise(resolve => socket.once('open', resolve));
  socket.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }));
  return events;
}

async function send(url: string, lamports: number): Promise<string> {
  const connection = new Connection(url, 'confirmed');
  const { blockhash } = await connection.getLatestBlockhash('confirmed');
  const transaction = new Transaction({ feePayer: alice.publicKey, recentBlockhash: blockhash } as never);
  transaction.add(SystemProgram.transfer({ fromPubkey: alice.publicKey, toPubkey: bob.publicKey, lamports }));
  transaction.sign(alice);
  return connection.sendRawTransaction(transaction.serialize());
}

test('three providers, each with a key and a Geyser of its own, show one Solana chain', async t => {
  const { devnet } = await startSolana(t);
  for (const { url } of devnet.providers)
    assert.equal((await caller(url)('getGenesisHash')).result, solanaGenesis('solana-devnet'));
  assert.equal(new Set(devnet.geysers.map(({ token }) => token)).size, 3);
  assert.deepEqual(
    devnet.geysers.map(({ id }) => id),
    ['node-1', 'node-2', 'node-3'],
  );
  const { node, engine, providers } = devnet.status();
  assert.deepEqual(
    [engine, node.isRunning, providers[0]?.geyser?.port],
    ['litesvm', true, devnet.geysers[0]?.port],
  );
});

test('a provider that lags is behind in what it answers and in what it tells, and catches up when healed', async t => {
  const { devnet, first, second } = await startSolana(t);
  await eventually(async () => (await first('getSlot', [{ commitment: 'processed' }])).result! > 25);
  await devnet.fault(1, 'lag', { blocks: 20 });
  const events = await subscribed(t, devnet.providers[0]!.wsUrl, 'slotSubscribe');
  const slotOf = async (call: typeof first) =>
    (await call('getSlot', [{ commitment: 'processed' }])).result as unknown as number;
  const behind = (await slotOf(second)) - (await slotOf(first));
  assert.ok(behind >= 19 && behind <= 20, `${behind} behind`);
  const refused = await first('getSlot', [{ commitment: 'processed', minContextSlot: await slotOf(second) }]);
  assert.deepEqual(
    [refused.error?.code, refused.error?.message],
    [-32016, 'Minimum context slot has not been reached'],
  );
  const signature = await send(devnet.providers[1]!.url, 5);
  const statuses = async (call: typeof first) =>
    ((await call('getSignatureStatuses', [[signature]])).result as unknown as { value: unknown[] }).value[0];
  await eventually(() => statuses(second));
  assert.equal(await statuses(first), null);
  await devnet.heal(1);
  assert.ok(await statuses(first));
  await eventually(() => events.length > 0);
  const told = (events[0]!.params.result as { slot: number }).slot;
  assert.ok((await slotOf(second)) >= told);
});

test('faults mean on Solana what they mean on an EVM chain', async t => {
  const { devnet, first } = await startSolana(t);
  const signature = await send(devnet.providers[1]!.url, 6);
  const found = () => first('getTransaction', [signature, { commitment: 'confirmed' }]);
  await eventually(async () => (await found()).result !== null);
  await devnet.fault(1, 'null-tx');
  assert.equal((await found()).result, null);
  const { value } = (await first('getSignatureStatuses', [[signature]])).result as unknown as {
    value: unknown;
  };
  assert.deepEqual(value, [null]);
  await devnet.fault(1, 'wrong-chain');
  assert.notEqual((await first('getGenesisHash')).result, solanaGenesis('solana-devnet'));
  await devnet.fault(1, 'syncing');
  const { error } = await first('getHealth');
  assert.deepEqual([error?.code, error?.data], [-32005, { numSlotsBehind: 1_000 }]);
  await devnet.fault(1, 'head', { value: 'huge' });
  assert.match((await first('getSlot')).text, /"result":18446744073709551615/);
  await devnet.fault(1, 'rate-limit', { style: 'rpc' });
  assert.equal((await first('getSlot')).error?.code, 429);
  await devnet.fault(1, 'rate-limit');
  assert.equal((await first('getSlot')).status, 429);
  await devnet.heal();
  assert.equal((await first('getHealth')).result, 'ok');
});

test('after a fork a transaction is unknown again, and comes back in a later slot', async t => {
  const { devnet, first } = await startSolana(t);
  const signature = await send(devnet.providers[0]!.url, 7);
  const status = async () =>
    (
      (await first('getSignatureStatuses', [[signature]])).result as unknown as {
        value: [{ slot: number } | null];
      }
    ).value[0];
  const { slot } = (await eventually(status))!;
  const dead = await devnet.fork(3);
  assert.ok(dead.includes(slot), `${dead} hold ${slot}`);
  const again = (await eventually(status))!;
  assert.ok(again.slot > slot);
  await eventually(async () => (await first('getSlot')).result! > again.slot);
  const skipped = await first('getBlock', [slot, { maxSupportedTransactionVersion: 0 }]);
  assert.equal(skipped.error?.code, -32009);
  await devnet.skip(5);
  const head = async () =>
    (await first('getSlot', [{ commitment: 'processed' }])).result as unknown as number;
  const before = await head();
  const next = await eventually(async () => ((await head()) > before ? head() : 0));
  assert.ok(next >= before + 6);
});

test('takes consecutive ports when it is given the first', async t => {
  const basePort = await findFreePort('127.0.0.1');
  const devnet = await startDevnet(t, { engine: 'litesvm', basePort, providers: 2 });
  assert.equal(devnet.node.geyserUrl, `http://127.0.0.1:${basePort + 1}`);
  assert.deepEqual(
    [devnet.node, ...devnet.providers, ...devnet.geysers].map(({ port }) => port - basePort),
    [0, 2, 3, 4, 5],
  );
});

test('an anvil has neither forks nor slots', async t => {
  const devnet = await startDevnet(t, { providers: 1 });
  await assert.rejects(devnet.fork(1), { code: 'devnet_command_unknown' });
  await assert.rejects(devnet.skip(1), { code: 'devnet_command_unknown' });
  await assert.rejects(devnet.fault(1, 'geyser-stall'), { code: 'devnet_fault_unknown' });
});
