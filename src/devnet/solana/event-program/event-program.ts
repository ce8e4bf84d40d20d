import { createHash } from 'node:crypto';
import { Keypair, type PublicKey } from '@solana/web3.js';
import { assemble, instruction, type Line } from './assembler.ts';
import { elfFile } from './elf-file.ts';

const { add, addRegister, and, call, exit, jumpIfEqual, label, load, move, set, store, storeValue } =
  instruction;

/** An account in the input of a program: marker, flags, key, owner, lamports, length, data, room to grow, rent epoch. */
const field = { isSigner: 1, key: 8, owner: 40, lamports: 72, dataLength: 80, data: 88 } as const;
const roomToGrow = 10_240;
const accountBytes = (dataBytes: number) => field.data + Math.ceil((dataBytes + roomToGrow) / 8) * 8 + 8;

/**
 * Where the accounts of `create` are in the input: the payer, which has to be without data, the account to be created,
 * and the system program, which is behind the data of an account that exists already.
 */
const payerAt = 8;
const createdAt = payerAt + accountBytes(0);
const systemAt = createdAt + accountBytes(0);
const systemBytes = accountBytes('system_program'.length);

/** The instruction of the system program, the seed of the address, the bump: the data of `create`. */
export const createLayout = { systemInstruction: 52, seed: 32, bump: 1 } as const;

/** What `sol_invoke_signed_c` reads, at these distances below the end of the stack frame; numbers of 64 bits. */
const stack = {
  /** Address and length of the event's data, or of both seeds. */
  slices: -32,
  /** Address and number of the slices: the seeds of the one signer. */
  signer: -48,
  /** Program, metas, number of metas, data, length of data. */
  call: -88,
  /** Key, and whether it is writable and a signer: two of them. */
  metas: -120,
  /** Key, lamports, data length, data, owner, rent epoch, flags: two of them. */
  infos: -232,
} as const;
const infoBytes = 56;
/** `is_writable` and `is_signer` of a meta; then of an info, where `is_signer` is first. */
const writableSigner = 0x0101;

/** `target = base + offset`, stored at (stack + place). */
const storeAddress = (place: number, base: 'r6' | 'r7' | 'r8', offset: number): Line[] => [
  move('r2', base),
  add('r2', offset),
  store('r10', place, 'r2'),
];

const accountInfo = (place: number, account: number, flagsOf: number): Line[] => [
  ...storeAddress(place, 'r6', account + field.key),
  ...storeAddress(place + 8, 'r6', account + field.lamports),
  load('r2', 'r6', account + field.dataLength),
  store('r10', place + 16, 'r2'),
  ...storeAddress(place + 24, 'r6', account + field.data),
  ...storeAddress(place + 32, 'r6', account + field.owner),
  storeValue('r10', place + 40, 0),
  storeValue('r10', place + 48, flagsOf),
];

/** Logs the instruction's data as `Program data: <base64>`, as Anchor's `emit!` does. */
const emit: readonly Line[] = [
  load('r3', 'r6', 8),
  move('r4', 'r6'),
  add('r4', 16),
  store('r10', stack.slices, 'r4'),
  store('r10', stack.slices + 8, 'r3'),
  move('r1', 'r10'),
  add('r1', stack.slices),
  set('r2', 1),
  call('sol_log_data'),
  set('r0', 0),
  exit(),
];

/** Has the system program create the second account, paid for by the first; the program signs for its address. */
const create: readonly Line[] = [
  // r8: the system program's place; r7: that of the instruction's data.
  load('r8', 'r6', createdAt + field.dataLength),
  add('r8', 7),
  and('r8', -8),
  addRegister('r8', 'r6'),
  add('r8', systemAt),
  move('r7', 'r8'),
  add('r7', systemBytes + 8),
  ...storeAddress(stack.slices, 'r7', createLayout.systemInstruction),
  storeValue('r10', stack.slices + 8, createLayout.seed),
  ...storeAddress(stack.slices + 16, 'r7', createLayout.systemInstruction + createLayout.seed),
  storeValue('r10', stack.slices + 24, createLayout.bump),
  move('r2', 'r10'),
  add('r2', stack.slices),
  store('r10', stack.signer, 'r2'),
  storeValue('r10', stack.signer + 8, 2),
  ...storeAddress(stack.call, 'r8', field.key),
  move('r2', 'r10'),
  add('r2', stack.metas),
  store('r10', stack.call + 8, 'r2'),
  storeValue('r10', stack.call + 16, 2),
  store('r10', stack.call + 24, 'r7'),
  storeValue('r10', stack.call + 32, createLayout.systemInstruction),
  ...storeAddress(stack.metas, 'r6', payerAt + field.key),
  storeValue('r10', stack.metas + 8, writableSigner),
  ...storeAddress(stack.metas + 16, 'r6', createdAt + field.key),
  storeValue('r10', stack.metas + 24, writableSigner),
  ...accountInfo(stack.infos, payerAt, 0x0101),
  ...accountInfo(stack.infos + infoBytes, createdAt, 0x0100),
  move('r1', 'r10'),
  add('r1', stack.call),
  move('r2', 'r10'),
  add('r2', stack.infos),
  set('r3', 2),
  move('r4', 'r10'),
  add('r4', stack.signer),
  set('r5', 1),
  call('sol_invoke_signed_c'),
  exit(),
];

/** By the number of accounts: none, it emits; three, it creates; else it fails with the custom error 1. */
const program: readonly Line[] = [
  move('r6', 'r1'),
  load('r2', 'r6', 0),
  jumpIfEqual('r2', 0, 'emit'),
  jumpIfEqual('r2', 3, 'create'),
  set('r0', 1),
  exit(),
  label('emit'),
  ...emit,
  label('create'),
  ...create,
];

/** The event program as a file that the runtime loads. */
export function eventProgramElf(): Buffer {
  return elfFile(assemble(program));
}

/** The event program's address on every embedded chain. */
export const eventProgramId: PublicKey = Keypair.fromSeed(
  createHash('sha256').update('trunkline devnet event program').digest(),
).publicKey;
