import { decode as decodeBase58, encode } from '../../../chains/solana/base58.ts';
import { type BorshType, key, struct, u64, utf8 } from '../../borsh/borsh-types.ts';
import { decode } from '../../borsh/decode.ts';
import { type InstructionLayout, layout, readInstruction } from '../instruction-layout.ts';
import type { ParsedAccount, ParsedInstruction } from '../parsed-values.ts';
import { ProgramParser } from '../program-parser.ts';

/** Text as bincode has it: its length in eight bytes. */
const seed: BorshType<string> = {
  minSize: 8,
  read(cursor) {
    const length = cursor.u64();
    if (length > BigInt(cursor.remaining))
      throw cursor.error(`a text of ${length} bytes is announced, ${cursor.remaining} are left`);
    return utf8(cursor, Number(length));
  },
};

/** By the number in the first four bytes. */
const layouts: readonly InstructionLayout[] = [
  layout('createAccount', ['source', 'newAccount'], { lamports: u64, space: u64, owner: key }),
  layout('assign', ['account'], { owner: key }),
  layout('transfer', ['source', 'destination'], { lamports: u64 }),
  layout('createAccountWithSeed', ['source', 'newAccount', 'baseAccount'], {
    base: key,
    seed,
    lamports: u64,
    space: u64,
    owner: key,
  }),
  layout('advanceNonceAccount', ['nonceAccount', 'recentBlockhashes', 'nonceAuthority']),
  layout(
    'withdrawNonceAccount',
    ['nonceAccount', 'destination', 'recentBlockhashes', 'rent', 'nonceAuthority'],
    { lamports: u64 },
  ),
  layout('initializeNonceAccount', ['nonceAccount', 'recentBlockhashes', 'rent'], { nonceAuthority: key }),
  layout('authorizeNonceAccount', ['nonceAccount', 'nonceAuthority'], { newNonceAuthority: key }),
  layout('allocate', ['account'], { space: u64 }),
  layout('allocateWithSeed', ['account', 'baseAccount'], { base: key, seed, space: u64, owner: key }),
  layout('assignWithSeed', ['account', 'baseAccount'], { base: key, seed, owner: key }),
  layout('transferWithSeed', ['source', 'baseAccount', 'destination'], {
    lamports: u64,
    fromSeed: seed,
    fromOwner: key,
  }),
  layout('upgradeNonceAccount', ['nonceAccount']),
];

const nonceSize = 80;
const nonceData = struct({ authority: key, nonce: key, lamportsPerSignature: u64 });
const nonceVersions = ['legacy', 'current'];

/** Instructions of the system program, and the nonce accounts that it owns; its other accounts hold nothing but SOL. */
export const systemParser = new ProgramParser<ParsedInstruction | ParsedAccount>({
  id: 'system',
  program: decodeBase58('11111111111111111111111111111111') as Uint8Array,
  instruction(instruction, findings) {
    const { data } = instruction;
    const kind = data.length < 4 ? undefined : Buffer.from(data.buffer, data.byteOffset, 4).readUInt32LE();
    const found = kind === undefined ? undefined : layouts[kind];
    if (found !== undefined) readInstruction(instruction, found, 4, findings);
    else
      findings.problems.push(
        `instruction ${instruction.path.join('.')}: ${kind ?? 'nothing'} is no instruction`,
      );
  },
  account({ data, pubkey, owner, lamports }, findings) {
    if (data.length !== nonceSize) return;
    const head = Buffer.from(data.buffer, data.byteOffset, 8);
    const version = nonceVersions[head.readUInt32LE(0)];
    const state = head.readUInt32LE(4);
    const read = decode(nonceData, data, 8);
    if (version === undefined || state > 1 || !read.ok) {
      findings.problems.push(`account ${encode(pubkey)}: its ${nonceSize} bytes are no nonce`);
      return;
    }
    findings.values.push({
      type: 'account',
      program: encode(owner),
      name: 'nonce',
      pubkey: encode(pubkey),
      lamports,
      data: { version, isInitialized: state === 1, ...read.value },
      trailingBytes: 0,
    });
  },
});
