import { createHash } from 'node:crypto';
import { decode, encode } from '../chains/solana/base58.ts';

/** Bytes of a seed at most, by the system program. */
const maxSeedBytes = 32;

/** The seed of a session: the template with its id; where that is too long, the first digits of its SHA-256. */
export function seedOf(template: string, sessionId: string): string {
  const seed = template.replaceAll('{session_id}', () => sessionId);
  if (Buffer.byteLength(seed) <= maxSeedBytes) return seed;
  return createHash('sha256').update(seed).digest('hex').slice(0, maxSeedBytes);
}

/**
 * The address that the system program derives from a key, a seed and the program that is to own it; all in base58.
 * https://docs.rs/solana-pubkey/latest/solana_pubkey/struct.Pubkey.html#method.create_with_seed
 */
export function seedAddress(base: string, seed: string, owner: string): string {
  const bytes = createHash('sha256')
    .update(decode(base) as Uint8Array)
    .update(seed)
    .update(decode(owner) as Uint8Array)
    .digest();
  return encode(bytes);
}
