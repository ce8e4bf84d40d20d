import { PublicKey, SystemProgram, TransactionInstruction } from '@solana/web3.js';
import { decode } from '../chains/solana/base58.ts';
import type { SessionsConfig } from '../config/sections/sessions.ts';
import { seedOf } from './seed-address.ts';
import type { ChainAccount } from './session-chain.ts';
import type { CreationOrder } from './session-record.ts';

/** An account that is to be created. */
export interface Creation {
  readonly payer: PublicKey;
  readonly address: string;
  readonly sessionId: string;
  readonly order: CreationOrder;
  /** Lamports that it needs for good. */
  readonly rent: number;
  /** What is at the address already: lamports that somebody sent there. */
  readonly found: ChainAccount | undefined;
}

/** The instructions that create an account, by the configured method. */
export function creationInstructions(config: SessionsConfig, creation: Creation): TransactionInstruction[] {
  const { instruction } = config;
  if (config.method === 'program' && instruction !== undefined)
    return [programInstruction(instruction, creation)];
  return seedInstructions(seedOf(config.seed, creation.sessionId), creation);
}

function seedInstructions(seed: string, creation: Creation): TransactionInstruction[] {
  const { payer, address, order, rent, found } = creation;
  const newAccountPubkey = new PublicKey(address);
  const programId = new PublicKey(order.accountOwner);
  const space = Number(order.size);
  if (found === undefined) {
    return [
      SystemProgram.createAccountWithSeed({
        fromPubkey: payer,
        basePubkey: payer,
        newAccountPubkey,
        seed,
        lamports: rent,
        space,
        programId,
      }),
    ];
  }
  // An address that holds lamports counts as in use for the one instruction; its parts do not mind.
  const missing = rent - found.lamports;
  const place = { accountPubkey: newAccountPubkey, basePubkey: payer, seed, programId };
  return [
    ...(missing <= 0
      ? []
      : [SystemProgram.transfer({ fromPubkey: payer, toPubkey: newAccountPubkey, lamports: missing })]),
    SystemProgram.allocate({ ...place, space }),
    // Changes nothing where allocating has made the program the owner already.
    SystemProgram.assign(place),
  ];
}

type InstructionTemplate = NonNullable<SessionsConfig['instruction']>;

function programInstruction(template: InstructionTemplate, creation: Creation): TransactionInstruction {
  const named = keysOf(creation);
  return new TransactionInstruction({
    programId: new PublicKey(template.program),
    keys: template.accounts.map(({ key, signer, writable }) => ({
      pubkey: new PublicKey(named[key] ?? key),
      isSigner: signer,
      isWritable: writable,
    })),
    data: Buffer.concat(
      template.data.match(/\{\w+\}|[0-9a-f]{2}/g)?.map(part => dataOf(part, creation, named)) ?? [],
    ),
  });
}

function keysOf({ payer, address, order }: Creation): Readonly<Record<string, string>> {
  return {
    '{payer}': payer.toBase58(),
    '{expected_pda}': address,
    '{expected_owner}': order.accountOwner,
    '{owner}': order.sessionOwner,
    '{eval_program}': order.evalProgram,
    '{shard_address}': order.shard,
    '{system_program}': SystemProgram.programId.toBase58(),
  };
}

function dataOf(
  part: string,
  { sessionId, order, rent }: Creation,
  keys: Readonly<Record<string, string>>,
): Uint8Array {
  if (part === '{session_id}') {
    const text = Buffer.from(sessionId);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(text.length);
    return Buffer.concat([length, text]);
  }
  if (part === '{expected_size}') return u64(order.size);
  if (part === '{rent}') return u64(BigInt(rent));
  const key = keys[part];
  return key === undefined ? Buffer.from(part, 'hex') : (decode(key) as Uint8Array);
}

function u64(value: bigint): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
}
