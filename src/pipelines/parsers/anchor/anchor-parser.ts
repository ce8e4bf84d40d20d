import { encode } from '../../../chains/solana/base58.ts';
import { decode } from '../../borsh/decode.ts';
import { readInstruction } from '../instruction-layout.ts';
import type { ParsedValue } from '../parsed-values.ts';
import { ProgramParser } from '../program-parser.ts';
import type { AnchorIdl } from './anchor-idl.ts';
import { DiscriminatorTable, startsWith } from './discriminator-table.ts';
import { EventReader, selfInvocation } from './event-reader.ts';

/** Every Anchor program takes these, for its IDL on the chain; no IDL lists them. */
const idlInstruction = Uint8Array.of(0x40, 0xf4, 0xbc, 0x78, 0xa7, 0xe9, 0x69, 0x0a);

/**
 * A parser of an Anchor program: its instructions, each with the events that it told of behind it, and its accounts. An
 * IDL that lists no instructions is one of events alone, and an account that starts like none of the IDL's is passed over.
 */
export function anchorParser(idl: AnchorIdl, program: Uint8Array): ProgramParser<ParsedValue> {
  const events = idl.events.length === 0 ? undefined : new EventReader(idl.events);
  const instructions = new DiscriminatorTable(idl.instructions);
  const accounts = new DiscriminatorTable(idl.accounts);
  return new ProgramParser<ParsedValue>({
    id: `anchor:${idl.name}`,
    program,
    instruction(instruction, findings) {
      const { data } = instruction;
      if (idl.instructions.length > 0 && !isHousekeeping(data)) {
        const found = instructions.find(data);
        if (found !== undefined)
          readInstruction(instruction, found.layout, found.discriminator.length, findings);
        else
          findings.problems.push(
            `instruction ${instruction.path.join('.')}: none of the IDL's starts with ${start(data)}`,
          );
      }
      events?.read(instruction, findings);
    },
    account({ pubkey, owner, lamports, data }, findings) {
      const found = accounts.find(data);
      if (found === undefined) return;
      const read = decode(found.type, data, found.discriminator.length);
      if (!read.ok) {
        findings.problems.push(`account ${encode(pubkey)}, ${found.name}: ${read.reason}`);
        return;
      }
      findings.values.push({
        type: 'account',
        program: encode(owner),
        name: found.name,
        pubkey: encode(pubkey),
        lamports,
        // Accounts are structs, or enums at the most.
        data: read.value as Readonly<Record<string, unknown>>,
        trailingBytes: read.trailingBytes,
      });
    },
  });
}

function isHousekeeping(data: Uint8Array): boolean {
  return startsWith(data, idlInstruction) || startsWith(data, selfInvocation);
}

function start(data: Uint8Array): string {
  return data.length === 0 ? 'nothing' : Buffer.from(data.subarray(0, 8)).toString('hex');
}
