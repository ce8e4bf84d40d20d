import { PublicKey, SystemProgram, TransactionInstruction } from '@solana/web3.js';
import { createLayout, eventProgramId } from '../../src/devnet/solana/event-program/event-program.ts';

/** Has the event program log `event` as `Program data: <base64>`. */
export function emitInstruction(event: Uint8Array): TransactionInstruction {
  return new TransactionInstruction({ programId: eventProgramId, keys: [], data: Buffer.from(event) });
}

export interface CreateByProgramOptions {
  /** Signs and pays; an account without data. */
  readonly payer: PublicKey;
  /** 32 bytes that the address is derived from. */
  readonly seed: Uint8Array;
  readonly lamports: bigint;
  /** Bytes of the new account. */
  readonly space: bigint;
  readonly owner: PublicKey;
}

/** The address that the event program creates an account at for a seed of 32 bytes. */
export function programAddress(seed: Uint8Array): PublicKey {
  return PublicKey.findProgramAddressSync([seed], eventProgramId)[0];
}

/** Has the event program create an account at `programAddress(seed)`, with a call of the system program. */
export function createByProgramInstruction(options: CreateByProgramOptions): TransactionInstruction {
  const { payer, seed, lamports, space, owner } = options;
  const [address, bump] = PublicKey.findProgramAddressSync([seed], eventProgramId);
  const { systemInstruction, seed: seedBytes } = createLayout;
  const data = Buffer.alloc(systemInstruction + seedBytes + createLayout.bump);
  data.writeBigUInt64LE(lamports, 4);
  data.writeBigUInt64LE(space, 12);
  owner.toBuffer().copy(data, 20);
  data.set(seed, systemInstruction);
  data[systemInstruction + seedBytes] = bump;
  return new TransactionInstruction({
    programId: eventProgramId,
    keys: [
      { pubkey: payer, isSigner: true, isWritable: true },
      { pubkey: address, isSigner: false, isWritable: true },
      { pubkey: SystemProgram.programId, isSigner: false, isWritable: false },
    ],
    data,
  });
}
