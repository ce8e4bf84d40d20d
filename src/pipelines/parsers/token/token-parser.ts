import { createHash } from 'node:crypto';
import { decode as decodeBase58, encode } from '../../../chains/solana/base58.ts';
import type { InstructionUpdate } from '../../instructions/instruction-update.ts';
import { type InstructionLayout, readInstruction } from '../instruction-layout.ts';
import type { ParsedAccount, ParsedInstruction } from '../parsed-values.ts';
import { type Findings, ProgramParser } from '../program-parser.ts';
import {
  extensionFamilies,
  interfaceInstructions,
  namedOnly,
  token2022Layouts,
} from './extension-instructions.ts';
import { readTokenAccount } from './token-accounts.ts';
import { laterTokenLayouts, tokenLayouts } from './token-instructions.ts';

/** Several instructions in one: of each how many accounts and bytes it takes, then these. */
const batch = 255;

interface Found {
  readonly layout: InstructionLayout;
  /** Where its arguments start. */
  readonly offset: number;
}

/** Instructions of SPL Token and its mints, token accounts and multisigs; a batch is told as what it consists of. */
export const splTokenParser = tokenParser(
  'spl_token',
  'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA',
  findLayout,
);

/**
 * The same of Token-2022. Of the extensions, instructions are named (`transferFee.setTransferFee`) with their arguments
 * as bytes, and those of an account are listed by type, also as bytes.
 */
export const token2022Parser = tokenParser(
  'token_2022',
  'TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb',
  findExtensionLayout,
);

function tokenParser(id: string, address: string, find: (data: Uint8Array) => Found | undefined) {
  const hasExtensions = find === findExtensionLayout;
  return new ProgramParser<ParsedInstruction | ParsedAccount>({
    id,
    program: decodeBase58(address) as Uint8Array,
    instruction(instruction, findings) {
      if (instruction.data[0] === batch && find(instruction.data) === undefined)
        for (const part of splitBatch(instruction, findings)) readOne(part, find(part.data), findings);
      else readOne(instruction, find(instruction.data), findings);
    },
    account({ pubkey, owner, lamports, data }, findings) {
      // Made, but not a token program's yet.
      if (data.length === 0) return;
      const read = readTokenAccount(data, hasExtensions);
      if (!read.ok) {
        findings.problems.push(`account ${encode(pubkey)}: ${read.reason}`);
        return;
      }
      findings.values.push({
        type: 'account',
        program: encode(owner),
        name: read.name,
        pubkey: encode(pubkey),
        lamports,
        data: read.data,
        trailingBytes: 0,
      });
    },
  });
}

function readOne(
  instruction: InstructionUpdate,
  found: Found | undefined,
  findings: Findings<ParsedInstruction | ParsedAccount>,
): void {
  if (found !== undefined) readInstruction(instruction, found.layout, found.offset, findings);
  else
    findings.problems.push(
      `instruction ${instruction.path.join('.')}: ${instruction.data[0] ?? 'nothing'} is no instruction`,
    );
}

function findLayout(data: Uint8Array): Found | undefined {
  const kind = data[0];
  if (kind === undefined) return undefined;
  const layout = tokenLayouts[kind] ?? laterTokenLayouts.get(kind);
  return layout === undefined ? undefined : { layout, offset: 1 };
}

const interfaces: ReadonlyMap<string, InstructionLayout> = new Map(
  interfaceInstructions.map(({ preimage, name }) => [
    createHash('sha256').update(preimage).digest('latin1').slice(0, 8),
    namedOnly(name),
  ]),
);

const members: ReadonlyMap<number, readonly InstructionLayout[]> = new Map(
  Array.from(extensionFamilies, ([kind, family]) => [
    kind,
    family.members.map(member => namedOnly(`${family.name}.${member}`)),
  ]),
);

function findExtensionLayout(data: Uint8Array): Found | undefined {
  const [kind, second] = data;
  if (kind === undefined) return undefined;
  // First, for the discriminators of the interfaces start with bytes that are instructions of their own, too.
  if (data.length >= 8) {
    const layout = interfaces.get(Buffer.from(data.buffer, data.byteOffset, 8).toString('latin1'));
    if (layout !== undefined) return { layout, offset: 8 };
  }
  const layout = token2022Layouts.get(kind);
  if (layout !== undefined) return { layout, offset: 1 };
  const member = second === undefined ? undefined : members.get(kind)?.[second];
  return member === undefined ? findLayout(data) : { layout: member, offset: 2 };
}

/** The instructions of a batch, as if each had come alone. */
function splitBatch(
  instruction: InstructionUpdate,
  findings: Findings<ParsedInstruction | ParsedAccount>,
): InstructionUpdate[] {
  const { data, accounts, path } = instruction;
  const parts: InstructionUpdate[] = [];
  let account = 0;
  for (let at = 1; at < data.length; ) {
    const accountCount = data[at] as number;
    const length = data[at + 1];
    const start = at + 2;
    if (length === undefined || start + length > data.length || account + accountCount > accounts.length) {
      findings.problems.push(`instruction ${path.join('.')}: its batch ends early, at byte ${at}`);
      break;
    }
    parts.push({
      kind: 'instruction',
      slot: instruction.slot,
      transaction: instruction.transaction,
      program: instruction.program,
      accounts: accounts.slice(account, account + accountCount),
      data: data.subarray(start, start + length),
      path,
      inner: [],
      logs: [],
    });
    account += accountCount;
    at = start + length;
  }
  return parts;
}
