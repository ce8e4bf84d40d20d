import type { AccountUpdate, TransactionUpdate } from '../../chains/solana/updates.ts';
import type { InstructionUpdate } from '../instructions/instruction-update.ts';
import { instructionProblem, walkInstructions } from '../instructions/instructions-of.ts';
import type { ParseOutcome, Parser, ParserInput } from '../pipeline.ts';

/** Problems that are told of one input; the rest are only counted. */
const maxProblems = 5;

/** Takes what is read of one input, and what does not read. */
export class Findings<Value> {
  readonly values: Value[] = [];
  readonly problems: string[] = [];

  outcome(): ParseOutcome<Value> {
    const { values, problems } = this;
    if (problems.length === 0) return values.length === 0 ? { kind: 'filtered' } : { kind: 'parsed', values };
    const more = problems.length - maxProblems;
    const told = more > 0 ? [...problems.slice(0, maxProblems), `and ${more} more`] : problems;
    if (values.length === 0) return { kind: 'error', message: told.join('; ') };
    return { kind: 'parsed', values, problems: told };
  }
}

/** Reads what concerns one program. */
export interface ProgramReader<Value> {
  readonly id: string;
  /** Its address, 32 bytes. */
  readonly program: Uint8Array;
  /** Reads an instruction that the program was given. */
  instruction?(instruction: InstructionUpdate, findings: Findings<Value>): void;
  /** Reads an account that the program owns. */
  account?(account: AccountUpdate, findings: Findings<Value>): void;
}

/**
 * A parser of what concerns one program: of instructions those that it was given, of transactions the same in the order
 * of execution, of accounts those that it owns. The rest is filtered. What does not read never takes with it what does.
 */
export class ProgramParser<Value> implements Parser<Value> {
  readonly id: string;
  readonly #reader: ProgramReader<Value>;

  constructor(reader: ProgramReader<Value>) {
    this.id = reader.id;
    this.#reader = reader;
  }

  parse(input: ParserInput): ParseOutcome<Value> {
    switch (input.kind) {
      case 'instruction':
        return this.#instructions([input]);
      case 'transaction':
        return this.#transaction(input);
      case 'account':
        return this.#account(input);
      default:
        return { kind: 'filtered' };
    }
  }

  #transaction(transaction: TransactionUpdate): ParseOutcome<Value> {
    const message = instructionProblem(transaction);
    if (message !== undefined) return { kind: 'error', message };
    return this.#instructions(walkInstructions(transaction));
  }

  #instructions(instructions: readonly InstructionUpdate[]): ParseOutcome<Value> {
    const reader = this.#reader;
    let findings: Findings<Value> | undefined;
    for (const instruction of instructions) {
      if (reader.instruction === undefined || !isSameKey(instruction.program, reader.program)) continue;
      findings ??= new Findings();
      reader.instruction(instruction, findings);
    }
    return findings === undefined ? { kind: 'filtered' } : findings.outcome();
  }

  #account(account: AccountUpdate): ParseOutcome<Value> {
    const reader = this.#reader;
    if (reader.account === undefined || !isSameKey(account.owner, reader.program))
      return { kind: 'filtered' };
    const findings = new Findings<Value>();
    reader.account(account, findings);
    return findings.outcome();
  }
}

/** Whether two keys are the same bytes. */
export function isSameKey(one: Uint8Array, other: Uint8Array): boolean {
  if (one.length !== other.length) return false;
  for (let at = 0; at < one.length; at++) if (one[at] !== other[at]) return false;
  return true;
}
