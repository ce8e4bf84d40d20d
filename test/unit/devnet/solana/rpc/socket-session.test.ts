import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import { SystemProgram } from '@solana/web3.js';
import type { WebSocket } from 'ws';
import { encode } from '../../../../../src/chains/solana/base58.ts';
import { BankView } from '../../../../../src/devnet/solana/rpc/bank-view.ts';
import { SlotFeed } from '../../../../../src/devnet/solana/rpc/slot-feed.ts';
import { SocketSession } from '../../../../../src/devnet/solana/rpc/socket-session.ts';
import { silentLog } from '../../../../../src/telemetry/log.ts';
import { bob, makeBank, transfer } from '../solana-bank.ts';

class FakeSocket extends EventEmitter {
  bufferedAmount = 0;
  isTerminated = false;
  readonly sent: string[] = [];
  send(text: string): void {
    this.sent.push(text);
  }
  terminate(): void {
    this.isTerminated = true;
    this.emit('close');
  }
}

function rig(options: Parameters<typeof makeBank>[0] = {}) {
  const { bank } = makeBank(options);
  const lag = { slots: 0 };
  const view = new BankView(bank, () => lag.slots);
  const socket = new FakeSocket();
  new SocketSession(socket as unknown as WebSocket, view, new SlotFeed(view), silentLog);
  const call = (method: string, ...params: unknown[]) => {
    const at = socket.sent.length;
    socket.emit('message', JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }));
    return JSON.parse(socket.sent[at] ?? 'null');
  };
  const events = () =>
    socket.sent
      .map(text => JSON.parse(text))
      .filter(({ method }) => method !== undefined)
      .map(({ method, params }) => [method, params.subscription, params.result] as const);
  return { bank, socket, call, events, lag };
}

const processed = { commitment: 'processed' };

test('a subscription to a signature ends with its one notification, and begins with it when it is late', () => {
  const { bank, call, events } = rig();
  const sent = transfer(bank, 1);
  const signature = encode(sent.signatures[0]!);
  const first = call('signatureSubscribe', signature, {
    ...processed,
    enableReceivedNotification: true,
  }).result;
  bank.submit(sent);
  bank.closeSlot();
  bank.closeSlot();
  assert.deepEqual(events(), [
    ['signatureNotification', first, { context: { slot: 1 }, value: 'receivedSignature' }],
    ['signatureNotification', first, { context: { slot: 1 }, value: { err: null } }],
  ]);
  assert.equal(call('signatureUnsubscribe', first).error.code, -32602);
  const late = call('signatureSubscribe', signature, { commitment: 'confirmed' }).result;
  assert.deepEqual(events().at(-1), [
    'signatureNotification',
    late,
    { context: { slot: 1 }, value: { err: null } },
  ]);
});

test('notifies when the slot reaches the commitment that was asked for, and not of a dead slot', () => {
  const { bank, call, events } = rig({ confirmAfter: 2, finalizeAfter: 4 });
  const ids = ['processed', 'confirmed', 'finalized'].map(
    commitment => call('logsSubscribe', { mentions: [bob.publicKey.toBase58()] }, { commitment }).result,
  );
  const { blockhash } = bank.blockAt('processed');
  bank.submit(transfer(bank, 1, { blockhash }));
  bank.fork(1);
  const told = () => events().map(([, id, result]) => [ids.indexOf(id), result.context.slot]);
  assert.deepEqual(told(), [[0, 1]]);
  for (let slot = 0; slot < 6; slot++) bank.closeSlot();
  assert.deepEqual(told(), [
    [0, 1],
    [0, 2],
    [1, 2],
    [2, 2],
  ]);
});

test('tells of an account and of the accounts of a program once a block, with the last write', () => {
  const { bank, call, events } = rig();
  const account = call('accountSubscribe', bob.publicKey.toBase58(), {
    ...processed,
    encoding: 'base64',
  }).result;
  const config = { ...processed, encoding: 'base64', filters: [{ dataSize: 0 }] };
  const program = call('programSubscribe', SystemProgram.programId.toBase58(), config).result;
  bank.submit(transfer(bank, 1));
  bank.submit(transfer(bank, 2));
  bank.closeSlot();
  const told = events();
  assert.deepEqual(
    told.filter(([, id]) => id === account).map(([, , { value }]) => value.lamports),
    [10_000e9 + 3],
  );
  assert.equal(told.filter(([, id]) => id === program).length, 2);
  assert.equal(call('accountUnsubscribe', account).result, true);
  bank.submit(transfer(bank, 3));
  bank.closeSlot();
  assert.equal(events().filter(([, id]) => id === account).length, 1);
});

test('tells whole blocks, and checks how they are wanted at once', () => {
  const { bank, call, events } = rig({ confirmAfter: 0 });
  assert.equal(call('blockSubscribe', 'all', { encoding: 'xml' }).error.code, -32602);
  assert.equal(call('blockSubscribe', 'all', processed).error.code, -32602);
  const config = {
    commitment: 'confirmed',
    maxSupportedTransactionVersion: 0,
    transactionDetails: 'signatures',
  };
  call('blockSubscribe', { mentionsAccountOrProgram: bob.publicKey.toBase58() }, config);
  bank.closeSlot();
  bank.submit(transfer(bank, 3));
  bank.closeSlot();
  const [[, , { value }]] = events() as [
    readonly [string, number, { value: { slot: number; block: object } }],
  ];
  assert.deepEqual([value.slot, 'signatures' in value.block], [2, true]);
});

test('a view that lags tells late, and all of it', () => {
  const { bank, call, events, lag } = rig();
  lag.slots = 2;
  call('slotSubscribe');
  for (let slot = 0; slot < 5; slot++) bank.closeSlot();
  const slots = () => events().map(([, , { slot }]) => slot);
  assert.deepEqual(slots(), [1, 2, 3]);
  lag.slots = 0;
  bank.closeSlot();
  assert.deepEqual(slots(), [1, 2, 3, 4, 5, 6]);
});

test('cuts a client that does not read, and refuses more subscriptions than it may have', () => {
  const { bank, call, socket } = rig();
  for (let each = 0; each < 1_000; each++) call('rootSubscribe');
  assert.match(call('slotSubscribe').error.message, /subscription limit/);
  call('rootUnsubscribe', 0);
  socket.bufferedAmount = 17 * 1024 * 1024;
  for (let slot = 0; slot < 40; slot++) bank.closeSlot();
  assert.equal(socket.isTerminated, true);
});
