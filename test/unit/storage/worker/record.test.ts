import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { crc32 } from 'node:zlib';
import {
  isRecordIntact,
  recordExpiry,
  recordHeaderBytes,
  writeRecordHeader,
} from '../../../../src/storage/worker/record.ts';

function record(key: string, value: Buffer, expiry: number): Buffer {
  const bytes = Buffer.concat([Buffer.alloc(recordHeaderBytes), value]);
  writeRecordHeader(bytes, bytes.length, expiry, Buffer.from(key), 0, key.length);
  return bytes;
}

const isIntact = (key: string, bytes: Buffer): boolean =>
  isRecordIntact(Buffer.from(key), 0, key.length, bytes, bytes.length);

describe('record', () => {
  for (const length of [0, 1, 16, 187, 188, 189, 5000]) {
    it(`carries the CRC-32 of key, expiry and a value of ${length} bytes`, () => {
      const bytes = record('the key', Buffer.alloc(length, 'v'), 1_700_000_000_123);
      const expected = crc32(Buffer.concat([Buffer.from('the key'), bytes.subarray(4)]));
      assert.equal(bytes.readUInt32LE(0), expected);
      assert.equal(isIntact('the key', bytes), true);
    });
  }

  it('keeps its expiry', () => {
    for (const expiry of [0, 1, 1000, 1_700_000_000_123, 2 ** 53, 9e18]) {
      assert.equal(recordExpiry(record('k', Buffer.from('v'), expiry)), expiry);
    }
  });

  it('is known as damaged after any single bit of it was flipped', () => {
    const bytes = record('k', Buffer.from('a value'), 1_700_000_000_123);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const damaged = Buffer.from(bytes);
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      assert.equal(isIntact('k', damaged), false, `bit ${bit}`);
    }
  });

  it('is known as damaged when it belongs to another key, or was cut', () => {
    const bytes = record('k', Buffer.from('a value'), 0);
    assert.equal(isIntact('l', bytes), false);
    for (let length = 0; length < bytes.length; length++) {
      assert.equal(isIntact('k', bytes.subarray(0, length)), false, `${length} bytes`);
    }
  });
});
