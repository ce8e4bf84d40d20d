import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TransactionUpdate } from '../../../../src/chains/solana/updates.ts';
import { subscribeUpdateCodec } from '../../../../src/protocol/geyser/geyser-codec.ts';
import {
  blockTransactionsFromRpc,
  transactionFromRpc,
} from '../../../../src/sources/backfill/transaction-from-rpc.ts';
import { toUpdate } from '../../../../src/sources/geyser/to-update.ts';
import { ScriptedSolana } from '../../../support/scripted-solana.ts';

/** Buffers and arrays of bytes look the same. */
function plain(update: unknown): unknown {
  return JSON.parse(
    JSON.stringify(update, (_key, value) =>
      value?.type === 'Buffer' || value instanceof Uint8Array
        ? Buffer.from(value.data ?? value).toString('hex')
        : value,
    ),
  );
}

test('a transaction is the same by calls and by a stream', async () => {
  const chain = new ScriptedSolana().add(100, [['program'], ['payer', 'other', 'program']]);
  const block = await chain.call('getBlock', [100, { transactionDetails: 'full' }]);
  const fetched = blockTransactionsFromRpc(block, 100);
  const streamed = chain
    .messages(100, ['pipe'])
    .slice(0, 2)
    .map(message => toUpdate(subscribeUpdateCodec.deserialize(subscribeUpdateCodec.serialize(message))));
  assert.deepEqual(plain(fetched), plain(streamed));
});

test('loaded addresses follow those of the message, writable ones first', () => {
  const value = {
    transaction: {
      signatures: ['1'],
      message: { accountKeys: ['2'], instructions: [{ programIdIndex: 0, accounts: [1, 2], data: '' }] },
    },
    meta: {
      err: { InstructionError: [0, 'Custom'] },
      fee: 1,
      loadedAddresses: { writable: ['3'], readonly: ['4'] },
    },
  };
  const update: TransactionUpdate = transactionFromRpc(value, 5, undefined);
  assert.deepEqual(
    update.accountKeys.map(bytes => bytes[0]),
    [1, 2, 3],
  );
  assert.equal(update.isFailed, true);
  assert.equal(Buffer.from(update.error!).toString(), '{"InstructionError":[0,"Custom"]}');
  assert.equal(update.logs, undefined);
});

test('what is not a transaction is refused', () => {
  for (const value of [null, 5, 'x', [], {}, { transaction: {}, meta: {} }]) {
    assert.throws(() => transactionFromRpc(value, 1, 0), { code: 'backfill_malformed' });
  }
});
