import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Keypair, PublicKey, SystemProgram } from '@solana/web3.js';
import { eventProgramId } from '../../../src/devnet/solana/event-program/event-program.ts';
import type { SolanaNode } from '../../../src/devnet/solana/node/solana-node.ts';
import { memoryState } from '../../../src/pipelines/state/state-store.ts';
import { seedAddress, seedOf } from '../../../src/sessions/seed-address.ts';
import {
  createByProgramInstruction,
  emitInstruction,
  programAddress,
} from '../../support/event-program-instructions.ts';
import { eventually } from '../../support/eventually.ts';
import {
  computedBytes,
  payer,
  type SessionService,
  startChain,
  startService,
  stranger,
  submit,
} from './session-setup.ts';

const accountOwner = Keypair.generate().publicKey.toBase58();
const owner = Keypair.generate().publicKey.toBase58();
const derived = (sessionId: string, base = payer) =>
  seedAddress(base.publicKey.toBase58(), seedOf('{session_id}', sessionId), accountOwner);

/** The program announces an account, in a transaction of its own. */
function announce(
  node: SolanaNode,
  sessionId: string,
  more: { size?: bigint; address?: string; owner?: string } = {},
) {
  const event = { address: derived(sessionId), size: 100n, accountOwner, sessionId, owner, ...more };
  submit(node, emitInstruction(computedBytes(event)));
}

/** Waits for the end of so many events; what came of each, by session. */
async function outcomes(service: SessionService, count: number): Promise<Record<string, string>> {
  await eventually(
    () => service.builder.stats().events_processed >= count && service.builder.stats().queue_size === 0,
    `${count} events are dealt with`,
    30_000,
  );
  const { done } = await service.builder.status({ limit: 1_000 });
  return Object.fromEntries(done.map(({ sessionId, state, reason }) => [sessionId, `${state}: ${reason}`]));
}

test('accounts that the program announces on the chain are created, pre-funded ones included', async t => {
  const { node, ports } = await startChain(t);
  const service = await startService(t, ports);
  submit(
    node,
    SystemProgram.transfer({
      fromPubkey: stranger.publicKey,
      toPubkey: new PublicKey(derived('funded')),
      lamports: 2_000_000,
    }),
  );
  await eventually(() => node.bank.account(derived('funded'), node.bank.slotAt('confirmed')));
  for (const id of ['one', 'funded', 'a name that is longer than the 32 bytes of a seed']) announce(node, id);
  announce(node, 'default', { address: '11111111111111111111111111111111' });
  announce(node, 'foreign', { address: derived('foreign', stranger) });
  const ended = await outcomes(service, 5);
  assert.equal(ended.one, 'done: created');
  assert.equal(ended.funded, 'done: created');
  assert.equal(ended['a name that is longer than the 32 bytes of a seed'], 'done: created');
  assert.match(ended.default ?? '', /^rejected: expected_pda is the default key/);
  assert.match(ended.foreign ?? '', /^rejected: .*no signature of this service can create it/);
  for (const id of ['one', 'funded']) {
    const account = node.bank.account(derived(id));
    assert.deepEqual(account?.data, new Uint8Array(100));
    assert.equal(new PublicKey(account.owner).toBase58(), accountOwner);
  }
  announce(node, 'one');
  announce(node, 'funded', { size: 99n });
  await outcomes(service, 7);
  const { done } = await service.builder.status();
  assert.deepEqual(
    done
      .slice(0, 2)
      .map(({ reason }) => reason)
      .sort(),
    [
      'the account already exists, as it is wanted',
      'the account was created by somebody else: it has 100 bytes, 99 are wanted',
    ],
  );
  const health = service.builder.health();
  assert.equal(health.status, 'ok', health.reasons.join());
  assert.ok(health.slot > 0);
});

test('accounts at addresses of a program are created by its instruction, unless somebody was first', async t => {
  const { node, ports } = await startChain(t);
  const rent = node.bank.minimumBalance(100);
  const withBump = (bump: number) => {
    for (;;) {
      const key = Keypair.generate().publicKey;
      if (PublicKey.findProgramAddressSync([key.toBuffer()], eventProgramId)[1] === bump) return key;
    }
  };
  const service = await startService(t, ports, {
    config: {
      method: 'program',
      instruction: {
        program: eventProgramId.toBase58(),
        accounts: [
          { key: '{payer}', signer: true, writable: true },
          { key: '{expected_pda}', writable: true },
          { key: '{system_program}' },
        ],
        data: '00000000{rent}{expected_size}{expected_owner}{owner}ff',
      },
      retry: { attempts: 2 },
    },
  });
  const seeds = { fresh: withBump(255), taken: withBump(255), other: withBump(255) };
  const create = (seed: PublicKey, space: bigint) =>
    createByProgramInstruction({
      payer: stranger.publicKey,
      seed: seed.toBytes(),
      lamports: rent,
      space,
      owner: new PublicKey(accountOwner),
    });
  submit(node, create(seeds.taken, 100n), create(seeds.other, 50n));
  await eventually(() =>
    node.bank.account(programAddress(seeds.other.toBytes()).toBase58(), node.bank.slotAt('confirmed')),
  );
  for (const [id, seed] of Object.entries(seeds))
    announce(node, id, { address: programAddress(seed.toBytes()).toBase58(), owner: seed.toBase58() });
  await outcomes(service, 3);
  announce(node, 'wrong', { address: programAddress(seeds.fresh.toBytes()).toBase58(), owner, size: 77n });
  assert.deepEqual(await outcomes(service, 4), {
    fresh: 'done: created',
    taken: 'done: the account already exists, as it is wanted',
    other: 'rejected: the account was created by somebody else: it has 50 bytes, 100 are wanted',
    wrong: 'rejected: the account was created by somebody else: it has 100 bytes, 77 are wanted',
  });
});

test('an empty wallet: sessions wait until it has lamports', async t => {
  const { node, ports } = await startChain(t);
  const keypair = Keypair.generate();
  const service = await startService(t, ports, { keypair, config: { balance_interval: '200ms' } });
  announce(node, 'one', { address: derived('one', keypair) });
  await eventually(() => service.builder.state === 'waiting_for_funds');
  assert.equal(service.builder.health().status, 'down');
  submit(
    node,
    SystemProgram.transfer({
      fromPubkey: stranger.publicKey,
      toPubkey: keypair.publicKey,
      lamports: 200_000_000,
    }),
  );
  assert.deepEqual(await outcomes(service, 1), { one: 'done: created' });
});

test('stopped and started over and over under a stream of announcements: each account once', async t => {
  const { node, ports } = await startChain(t);
  const state = memoryState({ maxBytes: 2 ** 26 });
  const ids: string[] = [];
  for (let round = 0; round < 5; round++) {
    const service = await startService(t, ports, { state });
    for (let index = 0; index < 8; index++) {
      const id = `${round}-${index}`;
      ids.push(id);
      announce(node, id);
    }
    await eventually(() => service.builder.stats().events_processed > round * 4);
    await service.stop();
  }
  const service = await startService(t, ports, { state });
  const ended = await outcomes(service, ids.length);
  assert.deepEqual(
    ids.filter(id => ended[id] !== 'done: created'),
    [],
  );
  const { accounts_created, events_processed, accounts_failed } = service.builder.stats();
  assert.deepEqual([accounts_created, events_processed, accounts_failed], [ids.length, ids.length, 0]);
});
