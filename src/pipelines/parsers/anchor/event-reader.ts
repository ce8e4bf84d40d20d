import { encode } from '../../../chains/solana/base58.ts';
import { decode } from '../../borsh/decode.ts';
import type { InstructionUpdate } from '../../instructions/instruction-update.ts';
import { instructionAt, instructionLogs } from '../../instructions/instructions-of.ts';
import type { ParsedEvent } from '../parsed-values.ts';
import { isSameKey } from '../program-parser.ts';
import type { DiscriminatedType } from './anchor-idl.ts';
import { DiscriminatorTable, startsWith } from './discriminator-table.ts';

const logged = 'Program data: ';

/** What a program invokes itself with to tell of an event (`emit_cpi!`): the event follows. */
export const selfInvocation = Uint8Array.of(0xe4, 0x45, 0xa5, 0x2e, 0x51, 0xcb, 0x9a, 0x1d);

/** Where what is read goes. */
interface EventFindings {
  readonly values: { push(value: ParsedEvent): void };
  readonly problems: string[];
}

/**
 * Reads the events of Anchor that an instruction told of: in its own log lines (`emit!`), or by invoking itself
 * (`emit_cpi!`). What transactions that failed tell of did not happen, and is passed over; so is what starts like none
 * of the events, for programs log other things, too.
 */
export class EventReader {
  readonly #events: DiscriminatorTable<DiscriminatedType>;

  constructor(events: readonly DiscriminatedType[]) {
    this.#events = new DiscriminatorTable(events);
  }

  read(instruction: InstructionUpdate, findings: EventFindings): void {
    const { transaction, path } = instruction;
    if (transaction.isFailed) return;
    if (startsWith(instruction.data, selfInvocation)) {
      // Whoever can invoke a program could tell of its events otherwise.
      const invoker = instructionAt(transaction, path.slice(0, -1));
      if (invoker === undefined || !isSameKey(invoker.program, instruction.program))
        findings.problems.push(
          `instruction ${path.join('.')}: an event that the program did not tell itself of`,
        );
      else this.#take(instruction, instruction.data.subarray(selfInvocation.length), findings);
      return;
    }
    const logs = instructionLogs(instruction);
    for (const line of logs.lines) {
      // Anchor writes one piece; of several, separated by spaces, none is an event.
      if (!line.startsWith(logged) || line.includes(' ', logged.length)) continue;
      this.#take(instruction, Buffer.from(line.slice(logged.length), 'base64'), findings);
    }
    if (logs.unknown !== undefined)
      findings.problems.push(`instruction ${path.join('.')}: its events are not all known: ${logs.unknown}`);
  }

  #take({ program, path }: InstructionUpdate, bytes: Uint8Array, findings: EventFindings): void {
    const event = this.#events.find(bytes);
    if (event === undefined) return;
    const read = decode(event.type, bytes, event.discriminator.length);
    if (!read.ok) {
      findings.problems.push(`instruction ${path.join('.')}, event ${event.name}: ${read.reason}`);
      return;
    }
    findings.values.push({
      type: 'event',
      program: encode(program),
      name: event.name,
      // Events are structs.
      data: read.value as Readonly<Record<string, unknown>>,
      trailingBytes: read.trailingBytes,
    });
  }
}
