import { encode } from '../../chains/solana/base58.ts';
import { readRuntimeLine } from './runtime-line.ts';

/** Programs that run before the virtual machine does: nothing is logged of them. */
const silentPrograms: ReadonlySet<string> = new Set([
  'Ed25519SigVerify111111111111111111111111111',
  'KeccakSecp256k11111111111111111111111111111',
  'Secp256r1SigVerify1111111111111111111111111',
]);

const noLines: readonly string[] = [];

/** Which instruction wrote which lines; the arrays go by the instructions' order of execution. */
export interface LogAttribution {
  /** What each wrote itself, as far as it is known. */
  readonly lines: readonly (readonly string[])[];
  /** Whether it is known to have written no more. */
  readonly isComplete: readonly boolean[];
  /** How deep each was invoked, from 1; undefined: the logs do not tell. */
  readonly depths: readonly (number | undefined)[];
  /** The logs end before the instructions do: the runtime cut them (at 10 kB), or the source did. */
  readonly isTruncated: boolean;
  /** The logs contradict the instructions, so none of their lines is believed. */
  readonly isContradictory: boolean;
}

/** An instruction as the logs have to show it. */
export interface ExpectedInstruction {
  readonly program: Uint8Array;
  /** From 1; undefined: what the logs say is believed, as long as it nests. */
  readonly depth: number | undefined;
}

/**
 * Gives each log line to the instruction that wrote it. Only the runtime writes lines that start with `Program <id>`
 * (what programs write gets `Program log: ` or `Program data: ` in front), and those have to go through the very
 * instructions that the transaction executed, in their order, programs and depths; where they do not, somebody has
 * tampered with the lines (or split one that holds a line break), and nothing in them is believed.
 */
export function attributeLogs(
  instructions: readonly ExpectedInstruction[],
  logs: readonly string[],
  isFailed: boolean,
): LogAttribution {
  const walk = new LogWalk(instructions);
  for (const line of logs) {
    if (line === 'Log truncated') return walk.cut();
    if (!walk.take(line)) return contradictory(instructions.length);
  }
  return walk.end(isFailed);
}

class LogWalk {
  readonly #names: readonly string[];
  readonly #instructions: readonly ExpectedInstruction[];
  readonly #lines: (readonly string[])[];
  readonly #isComplete: boolean[];
  readonly #depths: (number | undefined)[];
  /** Positions of the instructions that run, outermost first. */
  readonly #open: number[] = [];
  #next = 0;

  constructor(instructions: readonly ExpectedInstruction[]) {
    this.#instructions = instructions;
    this.#names = instructions.map(({ program }) => encode(program));
    this.#lines = instructions.map(() => noLines);
    this.#isComplete = this.#names.map(name => silentPrograms.has(name));
    this.#depths = instructions.map(({ depth }) => (depth === 1 ? 1 : undefined));
  }

  /** Returns false when the line cannot stand where it stands. */
  take(line: string): boolean {
    const current = this.#open.at(-1);
    const runtime = readRuntimeLine(line);
    if (runtime === undefined) {
      if (current !== undefined) this.#write(current, line);
      // Outside of an invocation the loaders remark on things, and programs write nothing.
      return (
        current !== undefined || !(line.startsWith('Program log: ') || line.startsWith('Program data: '))
      );
    }
    if (runtime.kind === 'invoke') return this.#enter(runtime.program, runtime.depth);
    if (current === undefined || runtime.program !== this.#names[current]) return false;
    if (runtime.kind === 'end') {
      this.#open.pop();
      this.#isComplete[current] = true;
    }
    return true;
  }

  /** What is known where the logs break off. */
  cut(): LogAttribution {
    return this.#result(true);
  }

  /** What is known once all lines are taken. */
  end(isFailed: boolean): LogAttribution {
    // Of a transaction that failed, what comes after the failure never ran and so wrote nothing.
    if (isFailed) this.#isComplete.fill(true, this.#next);
    return this.#result(!isFailed && !this.#isComplete.every(Boolean));
  }

  #result(isTruncated: boolean): LogAttribution {
    return {
      lines: this.#lines,
      isComplete: this.#isComplete,
      depths: this.#depths,
      isTruncated,
      isContradictory: false,
    };
  }

  #enter(program: string, depth: number): boolean {
    if (depth !== this.#open.length + 1) return false;
    let at = this.#next;
    while (this.#names[at] !== program) {
      if (!this.#isComplete[at]) return false;
      at++;
    }
    const expected = this.#instructions[at]?.depth;
    if (expected === undefined ? depth === 1 : expected !== depth) return false;
    this.#depths[at] = depth;
    this.#isComplete[at] = false;
    this.#open.push(at);
    this.#next = at + 1;
    return true;
  }

  #write(at: number, line: string): void {
    const lines = this.#lines[at] as string[];
    if (lines === noLines) this.#lines[at] = [line];
    else lines.push(line);
  }
}

function contradictory(count: number): LogAttribution {
  return {
    lines: Array.from({ length: count }, () => noLines),
    isComplete: Array.from({ length: count }, () => false),
    depths: [],
    isTruncated: false,
    isContradictory: true,
  };
}
