import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { zstdDecompressSync } from 'node:zlib';
import { catchUpOf } from '../../../../src/chains/solana/stream-catch-up.ts';

const bytes = (value: unknown) => Buffer.from(JSON.stringify(value));

describe('what a stream of Solana may have missed', () => {
  it('is an account as it is now, byte for byte', () => {
    const catchUp = catchUpOf('["accountSubscribe","key",{"commitment":"confirmed","encoding":"base64"}]')!;
    assert.equal(catchUp.method, 'getAccountInfo');
    assert.equal(catchUp.params, '["key",{"commitment":"confirmed","encoding":"base64"}]');
    const result = Buffer.from('{"context":{"slot":7},"value":{"rentEpoch":18446744073709551615}}');
    assert.equal(catchUp.event(result, false), result);
  });

  it('is that an account is gone, when it was told to be there', () => {
    for (const [encoding, data] of [
      [undefined, ''],
      ['base58', ['', 'base58']],
      ['base64', ['', 'base64']],
      ['jsonParsed', ['', 'base64']],
    ] as const) {
      const options = { commitment: 'confirmed', ...(encoding && { encoding }) };
      const catchUp = catchUpOf(JSON.stringify(['accountSubscribe', 'key', options]))!;
      const none = bytes({ context: { slot: 7 }, value: null });
      assert.equal(catchUp.event(none, false), undefined);
      const { context, value } = JSON.parse(catchUp.event(none, true)!.toString());
      assert.deepEqual([context.slot, value.lamports, value.data], [7, 0, data]);
    }
    const zstd = catchUpOf('["accountSubscribe","key",{"encoding":"base64+zstd"}]')!;
    const event = JSON.parse(zstd.event(bytes({ context: { slot: 7 }, value: null }), true)!.toString());
    assert.equal(zstdDecompressSync(Buffer.from(event.value.data[0], 'base64')).length, 0);
  });

  it('is the status of a signature, once it has the commitment', () => {
    const catchUp = catchUpOf('["signatureSubscribe","sig",{"commitment":"confirmed"}]')!;
    assert.deepEqual([catchUp.method, catchUp.params], ['getSignatureStatuses', '[["sig"]]']);
    const event = (status: unknown) =>
      catchUp.event(bytes({ context: { slot: 9 }, value: [status] }), false)?.toString();
    assert.equal(event(null), undefined);
    assert.equal(event({ slot: 7, err: null, confirmationStatus: 'processed' }), undefined);
    assert.equal(event({ slot: 7, err: null, confirmationStatus: null }), undefined);
    const told = '{"context":{"slot":9},"value":{"err":null}}';
    assert.equal(event({ slot: 7, err: null, confirmationStatus: 'confirmed' }), told);
    assert.equal(event({ slot: 7, err: null, confirmationStatus: 'finalized' }), told);
    assert.match(
      event({ slot: 7, err: { InstructionError: [0, { Custom: 6001 }] }, confirmationStatus: 'confirmed' })!,
      /"err":\{"InstructionError":\[0,\{"Custom":6001\}\]\}/,
    );
  });

  it('is not asked of other streams', () => {
    for (const stream of ['["slotSubscribe"]', '["logsSubscribe","all",{}]', '["programSubscribe","key",{}]'])
      assert.equal(catchUpOf(stream), undefined);
  });
});
