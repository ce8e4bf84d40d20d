import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { decode, encode } from '../../../../src/chains/solana/base58.ts';

describe('base58', () => {
  it('writes the system program and the token program as everybody does', () => {
    assert.equal(encode(new Uint8Array(32)), '11111111111111111111111111111111');
    const token = '06ddf6e1d765a193d9cbe146ceeb79ac1cb485ed5f5b37913a8cf5857eff00a9';
    assert.equal(encode(Buffer.from(token, 'hex')), 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA');
  });

  it('gives back the bytes that it was given, whatever their length', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), bytes => {
        assert.deepEqual(Buffer.from(decode(encode(bytes))!), Buffer.from(bytes));
      }),
    );
  });

  it('knows a key again that lies inside of a larger buffer', () => {
    const bytes = Buffer.alloc(96, 7);
    bytes.fill(9, 32, 64);
    assert.equal(encode(bytes.subarray(32, 64)), encode(Buffer.alloc(32, 9)));
    assert.notEqual(encode(bytes.subarray(0, 32)), encode(bytes.subarray(32, 64)));
  });

  it('keeps the right text of each of more keys than it remembers', () => {
    const key = (n: number) => {
      const bytes = Buffer.alloc(32);
      bytes.writeUInt32BE(n, 28);
      return bytes;
    };
    const first = encode(key(1));
    for (let n = 0; n < 9000; n++) encode(key(n));
    assert.equal(encode(key(1)), first);
  });

  it('says that a text is not base58', () => {
    for (const text of ['0', 'O', 'I', 'l', 'a b', '"', 'ä']) assert.equal(decode(text), undefined, text);
  });
});
