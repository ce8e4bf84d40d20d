import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as types from '../../../../src/pipelines/borsh/borsh-types.ts';
import { decode } from '../../../../src/pipelines/borsh/decode.ts';

const { bool, fixedOption, i128, i256, option, string, struct, tuple, u8, u64, u128, u256, variants, vec } =
  types;
const read = (type: types.BorshType, ...bytes: number[]): unknown => {
  const result = decode(type, Uint8Array.from(bytes));
  return result.ok ? result.value : result.reason;
};
const ff = (count: number) => Array.from({ length: count }, () => 255);

describe('reading borsh', () => {
  it('reads the widest integers', () => {
    assert.equal(read(u64, ...ff(8)), 2n ** 64n - 1n);
    assert.equal(read(u128, ...ff(16)), 2n ** 128n - 1n);
    assert.equal(read(i128, ...ff(16)), -1n);
    assert.equal(read(u256, ...ff(32)), 2n ** 256n - 1n);
    assert.equal(read(i256, ...ff(31), 127), 2n ** 255n - 1n);
  });

  it('reads from bytes within others, from an offset on, and counts what is left', () => {
    const within = Uint8Array.of(9, 9, 1, 2, 3, 9).subarray(2, 5);
    assert.deepEqual(decode(u8, within, 1), { ok: true, value: 2, trailingBytes: 1 });
    assert.equal(decode(u8, within, 99).ok, false);
  });

  it('keeps no part of the bytes that it read', () => {
    const message = Buffer.from([3, 0, 0, 0, 1, 2, 3]);
    const held = decode(types.bytes, message);
    message.fill(0);
    assert.deepEqual(held, { ok: true, value: Uint8Array.of(1, 2, 3), trailingBytes: 0 });
  });

  it('refuses what Rust would refuse, and says where', () => {
    assert.equal(read(bool, 2), 'a bool is 0 or 1, not 2');
    assert.equal(read(option(u8), 7), 'an option starts with 0 or 1, not 7');
    assert.equal(read(fixedOption(u8), 2, 0, 0, 0, 0), 'an option starts with 0 or 1, not 2');
    assert.equal(read(string, 2, 0, 0, 0, 0xc3, 0x28), 'the 2 bytes at 4 are not UTF-8');
    assert.equal(read(string, 3, 0, 0, 0, 0xef, 0xbf, 0xbd), '\ufffd');
    const kind = variants('Kind', [
      { name: 'A' },
      { name: 'B', type: struct({ list: vec(tuple<number | boolean>([u8, bool])) }) },
    ]);
    assert.equal(read(kind, 0), 'A');
    assert.equal(read(kind, 2), 'variant 2 of Kind, which has 2');
    assert.deepEqual(read(kind, 1, 1, 0, 0, 0, 5, 1), { B: { list: [[5, true]] } });
    assert.equal(read(kind, 1, 2, 0, 0, 0, 5, 1, 5, 9), 'B.list[1][1]: a bool is 0 or 1, not 9');
  });
});
