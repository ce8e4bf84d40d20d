import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encode } from '../../../../../src/chains/solana/base58.ts';
import { BankView } from '../../../../../src/devnet/solana/rpc/bank-view.ts';
import { answer } from '../../../../../src/devnet/solana/rpc/dispatch.ts';
import { silentLog } from '../../../../../src/telemetry/log.ts';
import { alice, bob, makeBank, transfer } from '../solana-bank.ts';

function rig(options: Parameters<typeof makeBank>[0] = {}) {
  const { bank } = makeBank(options);
  const lag = { slots: 0 };
  const view = new BankView(bank, () => lag.slots);
  const raw = (text: string) => answer(text, { view }, silentLog);
  const call = (method: string, ...params: unknown[]) =>
    JSON.parse(raw(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })) ?? 'null');
  const code = (method: string, ...params: unknown[]) => call(method, ...params).error?.code;
  return { bank, call, code, raw, lag };
}

const processed = { commitment: 'processed' };

test('answers calls, batches and rubbish as JSON-RPC wants it', () => {
  const { raw } = rig();
  assert.equal(raw('{'), '{"jsonrpc":"2.0","error":{"code":-32700,"message":"Parse error"},"id":null}');
  for (const bad of ['[]', '1', 'null', '{"id":1}'])
    assert.equal(JSON.parse(raw(bad) ?? '').error.code, -32600, bad);
  assert.equal(raw('{"jsonrpc":"2.0","method":"getHealth"}'), undefined);
  assert.equal(
    raw('[{"jsonrpc":"2.0","id":"a","method":"getHealth"},{"jsonrpc":"2.0","id":2,"method":"eth_chainId"}]'),
    '[{"jsonrpc":"2.0","result":"ok","id":"a"},{"jsonrpc":"2.0","error":{"code":-32601,"message":"Method not found"},"id":2}]',
  );
});

test('refuses parameters in the words of Agave', () => {
  const { call, code } = rig();
  assert.equal(call('getBalance').error.message, '`params` should have at least 1 argument(s)');
  assert.equal(call('getBalance', 'O0').error.message, 'Invalid param: Invalid');
  assert.equal(call('getBalance', 'abc').error.message, 'Invalid param: WrongSize');
  assert.equal(code('getBalance', alice.publicKey.toBase58(), { commitment: 'sure' }), -32602);
  assert.equal(
    call('getTransaction', encode(new Uint8Array(64)), processed).error.message,
    'Method does not support commitment below `confirmed`',
  );
  assert.equal(code('getMultipleAccounts', Array(101).fill(bob.publicKey.toBase58())), -32602);
  assert.equal(code('sendTransaction', 'AAAA', { encoding: 'base64' }), -32602);
  assert.equal(code('sendTransaction', '@@@'), -32602);
  assert.equal(code('getBlock', -1), -32602);
});

test('says of blocks why it does not have them', () => {
  const { bank, code } = rig({ maxBlocks: 10, finalizeAfter: 4 });
  for (let slot = 0; slot < 20; slot++) bank.closeSlot();
  bank.skip(1);
  bank.closeSlot();
  bank.closeSlot();
  const confirmed = { commitment: 'confirmed' };
  assert.equal(code('getBlock', 999, confirmed), -32004);
  assert.equal(code('getBlock', 22, confirmed), -32007);
  assert.equal(code('getBlock', 1, confirmed), -32001);
  for (let slot = 0; slot < 5; slot++) bank.closeSlot();
  assert.equal(code('getBlock', 22, confirmed), -32009);
  assert.equal(code('getBlock', 23, confirmed), undefined);
});

test('keeps to commitments and to minContextSlot', () => {
  const { bank, call } = rig({ finalizeAfter: 3 });
  for (let slot = 0; slot < 6; slot++) bank.closeSlot();
  assert.deepEqual(
    ['processed', 'confirmed', 'finalized'].map(commitment => call('getSlot', { commitment }).result),
    [6, 5, 3],
  );
  assert.equal(call('getSlot').result, 3);
  assert.deepEqual(call('getBalance', bob.publicKey.toBase58(), { ...processed, minContextSlot: 7 }).error, {
    code: -32016,
    message: 'Minimum context slot has not been reached',
    data: { contextSlot: 6 },
  });
});

test('a view that lags knows nothing newer', () => {
  const { bank, call, lag } = rig({ finalizeAfter: 3 });
  const sent = transfer(bank, 5);
  bank.submit(sent);
  bank.closeSlot();
  bank.closeSlot();
  const signature = encode(sent.signatures[0]!);
  const status = () => call('getSignatureStatuses', [signature]).result.value[0]?.confirmationStatus;
  assert.equal(status(), 'confirmed');
  lag.slots = 1;
  assert.deepEqual([call('getSlot', processed).result, status()], [1, 'processed']);
  lag.slots = 2;
  assert.deepEqual([call('getSlot', processed).result, status()], [0, undefined]);
  assert.equal(call('getBalance', bob.publicKey.toBase58(), processed).result.value, 10_000e9);
});

test('pages through the signatures of an address, newest first', () => {
  const { bank, call } = rig();
  const sent: string[] = [];
  for (let index = 1; index <= 5; index++) {
    const each = transfer(bank, index);
    bank.submit(each);
    sent.unshift(encode(each.signatures[0]!));
    bank.closeSlot();
  }
  bank.closeSlot();
  const page = (config: object) =>
    call('getSignaturesForAddress', bob.publicKey.toBase58(), {
      commitment: 'confirmed',
      ...config,
    }).result.map(({ signature }: { signature: string }) => signature);
  assert.deepEqual(page({}), sent);
  assert.deepEqual(page({ limit: 2 }), sent.slice(0, 2));
  assert.deepEqual(page({ limit: 2, before: sent[1] }), sent.slice(2, 4));
  assert.deepEqual(page({ until: sent[3] }), sent.slice(0, 3));
  assert.deepEqual(page({ before: sent[0], until: sent[4] }), sent.slice(1, 4));
});

test('a preflight knows a blockhash at its commitment only', () => {
  const { bank, call } = rig();
  bank.closeSlot();
  const encoded = Buffer.from(transfer(bank, 1).wire).toString('base64');
  const refused = call('sendTransaction', encoded, { encoding: 'base64' }).error;
  assert.deepEqual(
    [refused.code, refused.message, refused.data.err],
    [-32002, 'Transaction simulation failed: Blockhash not found', 'BlockhashNotFound'],
  );
  assert.equal(
    typeof call('sendTransaction', encoded, { encoding: 'base64', preflightCommitment: 'processed' }).result,
    'string',
  );
  const forged = Uint8Array.from(transfer(bank, 2).wire);
  forged[9] = (forged[9] ?? 0) ^ 1;
  const options = { encoding: 'base64', preflightCommitment: 'processed' };
  assert.equal(call('sendTransaction', Buffer.from(forged).toString('base64'), options).error.code, -32003);
});
