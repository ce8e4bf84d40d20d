import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Keypair, PublicKey, SystemProgram, TransactionMessage, VersionedTransaction } from '@solana/web3.js';
import { encode } from '../../../src/chains/solana/base58.ts';
import {
  type DecodedTransaction,
  decodeTransaction,
} from '../../../src/devnet/solana/bank/decode-transaction.ts';
import { devnetKeypair } from '../../../src/devnet/solana/well-known.ts';
import { seedAddress } from '../../../src/sessions/seed-address.ts';
import { callFailed } from './support/bank-calls.ts';
import { computed, payer, SessionStack, sessionProgram } from './support/session-stack.ts';

const addressOf = (sessionId: string) => seedAddress(payer.publicKey.toBase58(), sessionId, sessionProgram);

/** Somebody sends lamports to an address. */
function fund(stack: SessionStack, address: string, lamports: number): void {
  const from = devnetKeypair(1);
  const message = new TransactionMessage({
    payerKey: from.publicKey,
    recentBlockhash: stack.bank.blockAt('processed').blockhash,
    instructions: [
      SystemProgram.transfer({ fromPubkey: from.publicKey, toPubkey: new PublicKey(address), lamports }),
    ],
  });
  const transaction = new VersionedTransaction(message.compileToLegacyMessage());
  transaction.sign([from]);
  const submitted = stack.bank.submit(decodeTransaction(transaction.serialize()) as DecodedTransaction);
  assert.equal(submitted.kind, 'executed');
}

describe('creation by a seed', () => {
  test('creates the account, verifies it, and counts it', async t => {
    const stack = new SessionStack(t);
    await stack.builder.open();
    await stack.accept(computed('one'));
    await stack.drained();
    const account = stack.bank.account(addressOf('one'));
    assert.equal(account?.data.length, 64);
    assert.equal(encode(account.owner), sessionProgram);
    assert.equal(account.lamports, stack.bank.minimumBalance(64));
    assert.deepEqual(await stack.done(), [['done', 'created']]);
    assert.equal(stack.builder.stats().accounts_created, 1);
    assert.equal(stack.calls.sent.length, 1);
  });

  test('derives from a long id by its hash', async t => {
    const stack = new SessionStack(t);
    await stack.builder.open();
    await stack.accept(computed('a session whose name is longer than any seed may be'));
    await stack.drained();
    assert.deepEqual(await stack.done(), [['done', 'created']]);
  });

  test('the same account announced again is found to be there', async t => {
    const stack = new SessionStack(t);
    await stack.builder.open();
    const again = computed('one');
    await stack.accept(computed('one'), {
      ...again,
      origin: { ...again.origin, key: '2:again:0:0', slot: 2 },
    });
    await stack.drained();
    assert.deepEqual((await stack.done()).map(([, reason]) => reason).sort(), [
      'created',
      'the account already exists, as it is wanted',
    ]);
    assert.equal(stack.created.length, 1);
    assert.equal(stack.calls.sent.length, 1);
  });

  test('an account of another size is somebody else’s', async t => {
    const stack = new SessionStack(t);
    await stack.builder.open();
    await stack.accept(computed('one'));
    await stack.drained();
    const other = computed('one', { expected_size: 65n });
    await stack.accept({ ...other, origin: { ...other.origin, key: '2:other:0:0' } });
    await stack.drained();
    assert.deepEqual((await stack.done())[0], [
      'rejected',
      'the account was created by somebody else: it has 64 bytes, 65 are wanted',
    ]);
  });

  for (const lamports of [900_000, 50_000_000]) {
    test(`an address to which somebody sent ${lamports} lamports is used all the same`, async t => {
      const stack = new SessionStack(t);
      fund(stack, addressOf('one'), lamports);
      await stack.pass(3);
      await stack.builder.open();
      await stack.accept(computed('one'));
      await stack.drained();
      assert.deepEqual(await stack.done(), [['done', 'created']]);
      const account = stack.bank.account(addressOf('one'));
      assert.equal(account?.data.length, 64);
      assert.equal(encode(account.owner), sessionProgram);
      assert.equal(Number(account.lamports), Math.max(lamports, Number(stack.bank.minimumBalance(64))));
    });
  }

  test('lamports that arrive between the look and the transaction cost an attempt, no more', async t => {
    const stack = new SessionStack(t);
    await stack.builder.open();
    let isFunded = false;
    stack.calls.fault = method => {
      if (method === 'simulateTransaction' && !isFunded) {
        isFunded = true;
        fund(stack, addressOf('one'), 1_000_000);
      }
      return undefined;
    };
    await stack.accept(computed('one'));
    await stack.drained();
    assert.deepEqual(await stack.done(), [['done', 'created']]);
    assert.equal(stack.calls.sent.length, 1);
  });
});

describe('refusals', () => {
  for (const [title, data, reason] of [
    ['the default key', { expected_pda: '11111111111111111111111111111111' }, /default key/],
    ['more bytes than allowed', { expected_size: 10_241n }, /max_account_size allows 10240/],
    ['18 exabytes', { expected_size: 2n ** 64n - 1n }, /max_account_size/],
    [
      'an address that is not derived from the payer',
      { expected_pda: sessionProgram },
      /no signature of this service/,
    ],
  ] as const) {
    test(`${title} is rejected without a call`, async t => {
      const stack = new SessionStack(t);
      await stack.builder.open();
      await stack.accept(computed('one', data));
      await stack.drained();
      const [state, why] = (await stack.done())[0] ?? [];
      assert.equal(state, 'rejected');
      assert.match(why ?? '', reason);
      assert.equal(stack.calls.count('simulateTransaction'), 0);
      assert.equal(stack.builder.stats().accounts_failed, 1);
    });
  }
});

describe('when calls go wrong', () => {
  test('nobody answers for ten minutes: nothing is given up', async t => {
    const stack = new SessionStack(t);
    await stack.builder.open();
    stack.calls.fault = () => 'lost';
    await stack.accept(computed('one'));
    await stack.clock.advanceAndSettle(600_000, 100);
    assert.equal(stack.builder.state, 'waiting_for_chain');
    assert.equal(stack.builder.health().status, 'down');
    stack.calls.fault = () => undefined;
    await stack.drained();
    assert.deepEqual(await stack.done(), [['done', 'created']]);
    assert.equal(stack.builder.health().status, 'ok');
  });

  test('the answer of the send is lost: the transaction is found by its signature', async t => {
    const stack = new SessionStack(t);
    await stack.builder.open();
    stack.calls.fault = method => (method === 'sendTransaction' ? 'unheard' : undefined);
    await stack.accept(computed('one'));
    await stack.drained();
    assert.deepEqual(await stack.done(), [['done', 'created']]);
    assert.equal(stack.calls.sent.length, 1);
  });

  test('the send itself is lost: the same bytes are sent again', async t => {
    const stack = new SessionStack(t);
    await stack.builder.open();
    let sends = 0;
    stack.calls.fault = method => (method === 'sendTransaction' && sends++ < 2 ? 'lost' : undefined);
    await stack.accept(computed('one'));
    await stack.drained();
    assert.deepEqual(await stack.done(), [['done', 'created']]);
    assert.equal(stack.calls.sent.length, 1);
    assert.equal(sends, 3);
  });

  test('a node that takes transactions and drops them: another signature only once the first has expired', async t => {
    const stack = new SessionStack(t, { config: { confirm_timeout: '1s' } });
    await stack.builder.open();
    stack.calls.fault = method =>
      method === 'sendTransaction' && stack.calls.sent.length === 1 ? { result: 'x' } : undefined;
    await stack.accept(computed('one'));
    await stack.pass(140);
    assert.equal(stack.calls.sent.length, 1);
    await stack.drained();
    assert.deepEqual(await stack.done(), [['done', 'created']]);
    assert.equal(stack.calls.sent.length, 2);
    assert.deepEqual(stack.calls.overlapping, []);
    assert.equal(stack.created.length, 1);
  });

  test('a provider that is behind and knows of no status does not make the transaction expire', async t => {
    const stack = new SessionStack(t, { config: { confirm_timeout: '1s' } });
    await stack.builder.open();
    stack.calls.fault = method =>
      method === 'getSignatureStatuses' ? { result: { context: { slot: 2 }, value: [null] } } : undefined;
    await stack.accept(computed('one'));
    await stack.pass(400);
    assert.equal(stack.calls.sent.length, 1);
    assert.equal(stack.builder.stats().creations_active, 1);
    stack.calls.fault = () => undefined;
    await stack.drained();
    assert.deepEqual(await stack.done(), [['done', 'created']]);
  });

  test('a simulation that fails is tried again by the policy, then the event has failed', async t => {
    const stack = new SessionStack(t);
    await stack.builder.open();
    const times: number[] = [];
    stack.calls.fault = method => {
      if (method !== 'simulateTransaction') return undefined;
      times.push(stack.clock.now());
      return { result: { context: { slot: 3 }, value: { err: 'AccountInUse', logs: ['Program log: no'] } } };
    };
    await stack.accept(computed('one'));
    await stack.drained();
    assert.deepEqual(await stack.done(), [
      ['failed', 'the simulation failed: AccountInUse: Program log: no'],
    ]);
    assert.equal(times.length, 5);
    assert.equal(stack.calls.sent.length, 0);
    assert.equal(stack.builder.stats().accounts_failed, 1);
    assert.equal(stack.builder.stats().accounts_rejected, 0);
    assert.deepEqual(stack.builder.health().reasons, ['the newest accounts (1) could not be created']);
    stack.calls.fault = () => undefined;
    await stack.accept(computed('two'));
    await stack.drained();
    assert.equal(stack.builder.health().status, 'ok');
  });

  test('a provider that does not know the blockhash yet costs no attempt', async t => {
    const stack = new SessionStack(t);
    await stack.builder.open();
    let refusals = 0;
    stack.calls.fault = method =>
      method === 'simulateTransaction' && refusals++ < 20
        ? { result: { context: { slot: 3 }, value: { err: 'BlockhashNotFound', logs: [] } } }
        : undefined;
    await stack.accept(computed('one'));
    await stack.drained();
    assert.deepEqual(await stack.done(), [['done', 'created']]);
  });

  for (const [title, fault] of [
    ['an error that says the call is wrong', { error: callFailed('invalid params', -32602) }],
    ['a mistake of our own', { error: new TypeError('x is undefined') }],
  ] as const) {
    test(`${title} counts as an attempt`, async t => {
      const stack = new SessionStack(t);
      await stack.builder.open();
      stack.calls.fault = method => (method === 'getLatestBlockhash' ? fault : undefined);
      await stack.accept(computed('one'));
      await stack.drained();
      assert.deepEqual(await stack.done(), [['failed', fault.error.message]]);
      assert.equal(stack.calls.count('getLatestBlockhash'), 5);
    });
  }

  test('answers that do not read are asked for again', async t => {
    const stack = new SessionStack(t);
    await stack.builder.open();
    const garbage = [null, 7, {}, { value: { lamports: 'x' } }, { context: {}, value: [] }, 'x'];
    stack.calls.fault = method =>
      method !== 'sendTransaction' && garbage.length > 0 ? { result: garbage.pop() } : undefined;
    await stack.accept(computed('one'));
    await stack.drained();
    assert.deepEqual(await stack.done(), [['done', 'created']]);
  });

  test('a transaction that failed on the chain is replaced by another', async t => {
    const stack = new SessionStack(t);
    await stack.builder.open();
    let isFunded = false;
    stack.calls.fault = method => {
      if (method !== 'sendTransaction' || isFunded) return undefined;
      isFunded = true;
      fund(stack, addressOf('one'), 1_000_000);
      return undefined;
    };
    await stack.accept(computed('one'));
    await stack.drained();
    assert.deepEqual(await stack.done(), [['done', 'created']]);
    assert.equal(stack.calls.sent.length, 2);
    assert.deepEqual(stack.calls.overlapping, []);
  });
});

describe('the wallet', () => {
  test('empty: creations wait, and go on when it is funded', async t => {
    const poor = Keypair.generate();
    const stack = new SessionStack(t, { keypair: poor });
    await stack.builder.open();
    await stack.accept(
      computed('one', {}, poor.publicKey.toBase58()),
      computed('two', {}, poor.publicKey.toBase58()),
    );
    await stack.pass(200);
    assert.equal(stack.builder.state, 'waiting_for_funds');
    assert.equal(stack.builder.stats().queue_size, 2);
    assert.match(stack.builder.health().reasons.join(), /wallet is empty/);
    fund(stack, poor.publicKey.toBase58(), 100_000_000);
    await stack.drained();
    assert.deepEqual(await stack.done(), [
      ['done', 'created'],
      ['done', 'created'],
    ]);
    assert.equal(stack.builder.state, 'running');
  });

  test('low: the service is degraded and goes on', async t => {
    const stack = new SessionStack(t, { config: { low_balance: 2 ** 52 } });
    await stack.builder.open();
    await stack.accept(computed('one'));
    await stack.drained();
    assert.equal(stack.builder.health().status, 'degraded');
    assert.deepEqual(stack.builder.health().reasons, ['the balance of the wallet is low']);
  });

  test('of an embedded chain: funded by the faucet', async t => {
    const poor = Keypair.generate();
    const stack = new SessionStack(t, { keypair: poor, isEmbedded: true });
    await stack.builder.open();
    await stack.accept(computed('one', {}, poor.publicKey.toBase58()));
    await stack.drained();
    assert.deepEqual(await stack.done(), [['done', 'created']]);
    assert.equal(stack.calls.count('requestAirdrop'), 1);
    assert.ok(stack.clock.now() < stack.config.balance_interval);
  });

  test('of an embedded chain: what an earlier chain announced is given up, as that chain is gone', async t => {
    const stack = new SessionStack(t, { isEmbedded: true });
    await stack.accept(computed('one'));
    await stack.pass(1);
    stack.newBuilder();
    await stack.accept(computed('two'));
    await stack.builder.open();
    await stack.drained();
    assert.deepEqual(
      (await stack.builder.status()).done.map(({ sessionId, state }) => [sessionId, state]).toSorted(),
      [
        ['one', 'failed'],
        ['two', 'done'],
      ],
    );
    assert.equal(stack.builder.stats().accounts_failed, 0);
  });
});

describe('verification', () => {
  const changed = (account: object) => ({
    result: {
      context: { slot: 9 },
      value: { lamports: 1_336_320, owner: sessionProgram, space: 64, ...account },
    },
  });

  for (const [title, fault, expected] of [
    [
      'an account that is not there',
      { result: { context: { slot: 9 }, value: null } },
      /carried out, but the account is not as wanted: there is no such account/,
    ],
    [
      'another size',
      changed({ space: 63, data: ['AAAAAAAAAAA=', 'base64'] }),
      /not as wanted: it has 63 bytes/,
    ],
    [
      'another owner',
      changed({ owner: payer.publicKey.toBase58(), data: ['AAAAAAAAAAA=', 'base64'] }),
      /not as wanted: its owner is/,
    ],
  ] as const) {
    test(`${title} is looked for again, never sent again, and then has failed`, async t => {
      const stack = new SessionStack(t);
      await stack.builder.open();
      stack.calls.fault = method =>
        method === 'getAccountInfo' && stack.calls.sent.length > 0 ? fault : undefined;
      await stack.accept(computed('one'));
      await stack.drained();
      const [state, reason] = (await stack.done())[0] ?? [];
      assert.equal(state, 'failed');
      assert.match(reason ?? '', expected);
      assert.equal(stack.calls.count('getAccountInfo'), 1 + 5);
      assert.equal(stack.calls.sent.length, 1);
    });
  }

  test('an account that its owner has written to by then was created all the same', async t => {
    const stack = new SessionStack(t);
    await stack.builder.open();
    stack.calls.fault = method =>
      method === 'getAccountInfo' && stack.calls.sent.length > 0
        ? changed({ data: ['AQAAAAAAAAA=', 'base64'] })
        : undefined;
    await stack.accept(computed('one'));
    await stack.drained();
    assert.deepEqual(await stack.done(), [['done', 'created; its owner has initialised it since']]);
  });
});
