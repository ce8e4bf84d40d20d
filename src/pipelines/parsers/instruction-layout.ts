import { encode } from '../../chains/solana/base58.ts';
import { type BorshType, struct } from '../borsh/borsh-types.ts';
import { decode } from '../borsh/decode.ts';
import type { InstructionUpdate } from '../instructions/instruction-update.ts';
import type { ParsedInstruction } from './parsed-values.ts';

/** How an instruction of a program is laid out, behind what tells it from the others. */
export interface InstructionLayout {
  readonly name: string;
  readonly accounts: readonly AccountRole[];
  readonly args: BorshType<Readonly<Record<string, unknown>>>;
}

/** What an account is for. */
export interface AccountRole {
  readonly name: string;
  /** The program's own address in its place means that there is none. @default false */
  readonly isOptional?: boolean;
}

/** A layout written down by hand. */
export function layout(
  name: string,
  accounts: readonly string[],
  args: Readonly<Record<string, BorshType>> = {},
): InstructionLayout {
  return { name, accounts: accounts.map(role => ({ name: role })), args: struct(args) };
}

/** Reads the arguments from `offset` on and names the accounts. */
export function readInstruction(
  instruction: InstructionUpdate,
  layout: InstructionLayout,
  offset: number,
  findings: { readonly values: { push(value: ParsedInstruction): void }; readonly problems: string[] },
): void {
  const read = decode(layout.args, instruction.data, offset);
  if (!read.ok) {
    findings.problems.push(`instruction ${instruction.path.join('.')}, ${layout.name}: ${read.reason}`);
    return;
  }
  findings.values.push({
    type: 'instruction',
    program: encode(instruction.program),
    name: layout.name,
    accounts: nameAccounts(instruction, layout.accounts),
    remainingAccounts: instruction.accounts.slice(layout.accounts.length).map(encode),
    args: read.value,
    trailingBytes: read.trailingBytes,
  });
}

function nameAccounts(
  { accounts, program }: InstructionUpdate,
  roles: readonly AccountRole[],
): Record<string, string | null> {
  const named: Record<string, string | null> = {};
  const count = Math.min(roles.length, accounts.length);
  for (let at = 0; at < count; at++) {
    const role = roles[at] as AccountRole;
    const account = accounts[at] as Uint8Array;
    named[role.name] =
      role.isOptional === true && Buffer.compare(account, program) === 0 ? null : encode(account);
  }
  return named;
}
