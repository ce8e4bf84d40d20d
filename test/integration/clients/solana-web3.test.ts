import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { address, createSolanaRpc, signature as kitSignature } from '@solana/kit';
import { Connection, PublicKey, SystemProgram, Transaction } from '@solana/web3.js';
import { systemClock } from '../../../src/clock/system-clock.ts';
import { Devnet } from '../../../src/devnet/devnet.ts';
import { devnetKeypair, solanaGenesis } from '../../../src/devnet/solana/well-known.ts';
import { silentLog } from '../../../src/telemetry/log.ts';
import { eventually } from '../../support/eventually.ts';
import { sendCalls } from '../../support/load.ts';
import { startStubUpstream } from '../../support/stub-upstream.ts';
import { type RunningTrunkline, startTrunkline } from '../../support/trunkline.ts';

const chain = 'solana-devnet';
const devnet = new Devnet(
  { chain, engine: 'litesvm', blockTimeMs: 100, finalizeAfter: 8 },
  { clock: systemClock, log: silentLog },
);
let nodeUrl: string;
let trunkline: RunningTrunkline;
let url: string;

/** The first of the providers is asked first, so that its faults are met. */
const yaml = (
  providers: readonly { readonly id: string; readonly url: string; readonly wsUrl: string }[],
) => `
chains:
  ${chain}:
    family: solana
    genesis_hash: ${solanaGenesis(chain)}
    block_time: 100ms
    failover: { deadline: 10s, raw_write_timeout: 500ms, cooldown: 100ms, max_cooldown: 500ms }
    circuit_breaker: { recovery_timeout: 500ms }
    health: { probe_interval: 300ms, probe_timeout: 500ms, head_poll_interval: 100ms, max_block_lag: 15 }
    providers:
${providers.map(({ id, url, wsUrl }, n) => `      - { id: ${id}, url: "${url}", ws_url: "${wsUrl}", priority: ${n + 1} }`).join('\n')}
`;

before(async () => {
  await devnet.start();
  nodeUrl = devnet.node.url;
  trunkline = await startTrunkline(yaml(devnet.providers));
  await trunkline.allUp();
  url = `${trunkline.url}/rpc/${chain}`;
});

after(async () => {
  await trunkline?.stop();
  await devnet.stop();
});

async function heal(): Promise<void> {
  await devnet.heal();
  await trunkline.allUp();
}

/**
 * Resolves once it is known that the first provider has fallen behind. Only the next look at its head shows that, and one
 * that was under way before may still say otherwise: so it has to be known for longer than looks take.
 */
async function lagSeen(): Promise<void> {
  const isBehind = () => {
    const [first, ...others] = trunkline.chain(chain).runtime.table.providers;
    return Math.max(...others.map(({ head = 0 }) => head)) - (first!.head ?? 0) > 15;
  };
  let since: number | undefined;
  await eventually(() => {
    if (!isBehind()) since = undefined;
    else since ??= performance.now();
    return since !== undefined && performance.now() - since > 500;
  }, 'the lag is seen');
}

/** What a dapp does over HTTP: reads, a signed transfer, its confirmation, and what came of it. */
async function pay(
  at: string,
  from: number,
  lamports: number,
  midway: () => Promise<unknown> = async () => {},
) {
  const connection = new Connection(at, 'confirmed');
  const payer = devnetKeypair(from);
  const to = devnetKeypair(9).publicKey;
  const before = await connection.getBalance(payer.publicKey);
  const { blockhash, lastValidBlockHeight } = await connection.getLatestBlockhash();
  await midway();
  const transaction = new Transaction({ feePayer: payer.publicKey, blockhash, lastValidBlockHeight }).add(
    SystemProgram.transfer({ fromPubkey: payer.publicKey, toPubkey: to, lamports }),
  );
  const slots = [await connection.getSlot()];
  const sent = await connection.sendTransaction(transaction, [payer]);
  await eventually(async () => {
    const { value } = await connection.getSignatureStatuses([sent]);
    slots.push(await connection.getSlot());
    return value[0]?.confirmationStatus === 'confirmed' || value[0]?.confirmationStatus === 'finalized';
  }, 'the transfer is confirmed');
  const found = await connection.getTransaction(sent, { maxSupportedTransactionVersion: 0 });
  const after = await connection.getBalance(payer.publicKey);
  assert.deepEqual(
    slots,
    slots.toSorted((a, b) => a - b),
    'a slot never goes back',
  );
  return {
    paid: before - after,
    fee: found?.meta?.fee,
    error: found?.meta?.err,
    logs: found?.meta?.logMessages,
    isSignedByPayer: found?.transaction.message.staticAccountKeys[0]?.equals(payer.publicKey),
  };
}

describe('@solana/web3.js over HTTP', () => {
  it('finds through Trunkline what it finds at the node', async () => {
    const atNode = await pay(nodeUrl, 0, 1_000);
    assert.deepEqual(await pay(url, 1, 1_000), atNode);
    assert.equal(atNode.paid, 6_000);
  });

  for (const [kind, options] of [
    ['kill', {}],
    ['hang', {}],
    ['error', { status: 503 }],
    ['error', { style: 'rpc', code: -32603, message: 'Internal error' }],
    ['rate-limit', {}],
    ['rate-limit', { style: 'html' }],
    ['reset', {}],
    ['reset', { method: 'sendTransaction' }],
    ['truncate', {}],
    ['wrong-id', {}],
    ['lag', { blocks: 40 }],
    ['null-tx', {}],
    ['wrong-chain', {}],
    ['syncing', {}],
    ['head', { value: 'billion' }],
    ['head', { value: 'zero' }],
  ] as const) {
    it(`notices nothing of a provider's ${kind} ${JSON.stringify(options)}`, async t => {
      t.after(heal);
      const found = await pay(url, 2, 1_000, async () => {
        await devnet.fault(1, kind, options);
        if (kind === 'lag') await lagSeen();
      });
      assert.equal(found.paid, 6_000, 'paid once');
      assert.deepEqual([found.error, found.isSignedByPayer], [null, true]);
    });
  }

  it('gets the verdict on a transaction as the node gives it', async () => {
    const verdict = async (at: string) => {
      const connection = new Connection(at, 'confirmed');
      const poor = devnetKeypair(50);
      const { blockhash, lastValidBlockHeight } = await connection.getLatestBlockhash();
      const transaction = new Transaction({ feePayer: poor.publicKey, blockhash, lastValidBlockHeight }).add(
        SystemProgram.transfer({ fromPubkey: poor.publicKey, toPubkey: poor.publicKey, lamports: 1 }),
      );
      return connection.sendTransaction(transaction, [poor]).then(
        () => 'sent',
        (error: Error) => error.message.split('\n')[0],
      );
    };
    assert.equal(await verdict(url), await verdict(nodeUrl));
  });

  it('sends the same transaction twice and is told the same both times', async () => {
    const connection = new Connection(url, 'confirmed');
    const payer = devnetKeypair(4);
    const { blockhash, lastValidBlockHeight } = await connection.getLatestBlockhash();
    const transaction = new Transaction({ feePayer: payer.publicKey, blockhash, lastValidBlockHeight }).add(
      SystemProgram.transfer({
        fromPubkey: payer.publicKey,
        toPubkey: devnetKeypair(9).publicKey,
        lamports: 1,
      }),
    );
    transaction.sign(payer);
    const first = await connection.sendRawTransaction(transaction.serialize());
    await eventually(async () => (await connection.getSignatureStatuses([first])).value[0] != null);
    assert.equal(await connection.sendRawTransaction(transaction.serialize()), first);
  });

  it('finds the chain by its CAIP-2 id', async () => {
    const alias = `${trunkline.url}/rpc/solana:${solanaGenesis(chain).slice(0, 32)}`;
    assert.equal(await new Connection(alias).getGenesisHash(), solanaGenesis(chain));
  });

  it('is kept from a provider of another cluster', async t => {
    const other = await startStubUpstream(t);
    other.on('getGenesisHash', solanaGenesis('another')).on('getHealth', 'ok').on('getSlot', 9);
    const careful = await startTrunkline(
      yaml([{ id: 'other', url: other.url, wsUrl: other.wsUrl }, devnet.provider(1)]),
      t,
    );
    const { table } = careful.chain(chain).runtime;
    await eventually(() => table.providers.map(({ state }) => state).join() === 'wrong_chain,up');
    const connection = new Connection(`${careful.url}/rpc/${chain}`, 'confirmed');
    for (let n = 0; n < 5; n++) assert.ok((await connection.getBalance(devnetKeypair(6).publicKey)) > 0);
    assert.equal(other.count('getBalance'), 0);
  });

  it('has an error in under 250 ms when all providers are down, and goes on when they are back [fault 21]', async () => {
    await Promise.all(devnet.providers.map(provider => provider.fault('kill')));
    const connection = new Connection(url, 'confirmed');
    await assert.rejects(connection.getBalance(devnetKeypair(0).publicKey), /no provider/);
    const asked = [devnetKeypair(0).publicKey.toBase58()];
    await sendCalls(url, 'getBalance', asked, 40, 4);
    const { failures, latencies } = await sendCalls(url, 'getBalance', asked, 20, 4);
    assert.equal(failures.length, 20);
    assert.match(failures[0]!, /node-1.*node-2.*node-3/);
    assert.ok(latencies.at(-1)! < 250, `slowest ${latencies.at(-1)} ms`);
    await heal();
    await eventually(
      async () => (await connection.getBalance(devnetKeypair(0).publicKey).catch(() => 0)) > 0,
      'a balance again',
    );
  });
});

describe('@solana/kit over HTTP', () => {
  it('reads an account as the node tells it, byte by byte', async () => {
    const owner = address(devnetKeypair(5).publicKey.toBase58());
    const [at, through] = await Promise.all(
      [nodeUrl, url].map(each => createSolanaRpc(each).getAccountInfo(owner, { encoding: 'base64' }).send()),
    );
    assert.deepEqual(through!.value, at!.value);
    assert.equal(typeof through!.value!.lamports, 'bigint');
    const body = JSON.stringify({ jsonrpc: '2.0', id: 'a-b', method: 'getAccountInfo', params: [owner] });
    const headers = { 'content-type': 'application/json' };
    const texts = await Promise.all(
      [nodeUrl, url].map(async each => (await fetch(each, { method: 'POST', headers, body })).text()),
    );
    const [valueAt, valueThrough] = texts.map(text => text.slice(text.indexOf('"value":')));
    assert.equal(valueThrough, valueAt, 'the value and the id, byte by byte');
    assert.match(valueThrough!, /"id":"a-b"/);
  });

  it('reads on while the provider in use is killed', async () => {
    const rpc = createSolanaRpc(url);
    const heights: bigint[] = [];
    for (let n = 0; n < 30; n++) {
      if (n === 10) await devnet.fault(1, 'kill');
      if (n === 20) await devnet.fault(2, 'hang');
      heights.push(await rpc.getBlockHeight({ commitment: 'confirmed' }).send());
    }
    assert.deepEqual(
      heights,
      heights.toSorted((a, b) => Number(a - b)),
      'no height goes back',
    );
    await heal();
  });

  it('is told that a transaction is unknown', async () => {
    const unknown = kitSignature('1'.repeat(64));
    const { value } = await createSolanaRpc(url).getSignatureStatuses([unknown]).send();
    assert.deepEqual(value, [null]);
    assert.equal(await createSolanaRpc(url).getTransaction(unknown, { encoding: 'json' }).send(), null);
  });

  it('is answered at minContextSlot by a provider that is there, and told when none is', async () => {
    await devnet.fault(1, 'lag', { blocks: 40 });
    const rpc = createSolanaRpc(nodeUrl);
    const slot = await rpc.getSlot({ commitment: 'confirmed' }).send();
    const key = address(PublicKey.default.toBase58());
    const ask = (minContextSlot: bigint) =>
      createSolanaRpc(url).getBalance(key, { commitment: 'confirmed', minContextSlot }).send();
    for (let n = 0; n < 6; n++) assert.ok((await ask(slot)).context.slot >= slot);
    await assert.rejects(ask(slot + 10_000n), /minContextSlot|context slot/i);
    await heal();
  });
});
