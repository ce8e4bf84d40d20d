import { createHash } from 'node:crypto';
import { Keypair } from '@solana/web3.js';
import { encode } from '../../chains/solana/base58.ts';

/** The keypair of the embedded chains' account `index`, which is the same everywhere and holds no value anywhere. */
export function devnetKeypair(index: number): Keypair {
  return keypairOf(`account ${index}`);
}

/** The account that airdrops come from. */
export function faucetKeypair(): Keypair {
  return keypairOf('faucet');
}

/** The genesis hash, base58, of the embedded chain with this name in the config. */
export function solanaGenesis(chain: string): string {
  return encode(sha256(`trunkline devnet genesis ${chain}`));
}

/** The address, base58, that blocks of the embedded chains name as their producer. */
export const devnetIdentity = keypairOf('identity').publicKey.toBase58();

function keypairOf(what: string): Keypair {
  return Keypair.fromSeed(sha256(`trunkline devnet ${what}`));
}

function sha256(text: string): Uint8Array {
  return createHash('sha256').update(text).digest();
}
