import { keccak_256 } from '@noble/hashes/sha3.js';
import type { BloomBits, LogFields } from '../chain-family.ts';

const bloomBytes = 256;
const form = /^0x[\da-f]{512}$/i;

/**
 * Where an address or a topic shows in a bloom: the low 11 bits of the first three pairs of bytes of its keccak-256
 * ([yellow paper, 4.4.1](https://ethereum.github.io/yellowpaper/paper.pdf)).
 *
 * @param value `0x` and hexadecimal digits.
 */
export function bloomBits(value: string): BloomBits {
  const digest = keccak_256(Buffer.from(value.slice(2), 'hex'));
  const bit = (at: number) => ((digest[at]! << 8) | digest[at + 1]!) & 0x7ff;
  return [bit(0), bit(2), bit(4)];
}

/** The bloom of a block with exactly these logs. */
export function bloomOf(logs: Iterable<Pick<LogFields, 'address' | 'topics'>>): Uint8Array {
  const bloom = new Uint8Array(bloomBytes);
  // A block repeats its addresses and topics many times, and a hash costs microseconds.
  const seen = new Set<string>();
  const add = (value: string) => {
    if (seen.has(value)) return;
    seen.add(value);
    for (const bit of bloomBits(value)) bloom[byteOf(bit)]! |= 1 << (bit & 7);
  };
  for (const { address, topics } of logs) {
    add(address);
    for (const topic of topics) add(topic);
  }
  return bloom;
}

/** `false`: no log in the block has the address or topic whose bits these are. */
export function bloomMayContain(bloom: Uint8Array, bits: BloomBits): boolean {
  for (const bit of bits) if ((bloom[byteOf(bit)]! & (1 << (bit & 7))) === 0) return false;
  return true;
}

/**
 * The bloom of a header, from `0x` and 512 digits.
 *
 * @returns `undefined` for anything else, and for one with all bits set: some chains have it in every header, and it
 * tells nothing.
 */
export function parseBloom(text: string): Uint8Array | undefined {
  if (!form.test(text)) return undefined;
  const bloom = Buffer.from(text.slice(2), 'hex');
  return bloom.every(byte => byte === 0xff) ? undefined : bloom;
}

/** Bit 0 is the lowest bit of the last byte. */
function byteOf(bit: number): number {
  return bloomBytes - 1 - (bit >> 3);
}
