/** A register: r0 returns, r1 to r5 are arguments, r6 to r9 survive calls, r10 is the end of the stack frame. */
export type Register = 'r0' | 'r1' | 'r2' | 'r3' | 'r4' | 'r5' | 'r6' | 'r7' | 'r8' | 'r9' | 'r10';

/** One line of a program: an instruction, or a label, which stands for the place of the next instruction. */
export type Line =
  | { readonly label: string }
  | {
      readonly opcode: number;
      readonly target?: Register;
      readonly source?: Register;
      readonly offset?: number;
      readonly immediate?: number;
      /** Jumps there. */
      readonly jump?: string;
      /** Calls this function of the runtime. */
      readonly call?: string;
    };

/** Machine code, and where in it functions of the runtime are called. */
export interface Assembled {
  readonly text: Buffer;
  readonly calls: readonly { readonly offset: number; readonly name: string }[];
}

const instructionBytes = 8;

/** Instructions of SBPF version 0, eight bytes each. https://github.com/anza-xyz/sbpf/blob/main/doc/bytecode.md */
export const instruction = {
  /** `target = source` */
  move: (target: Register, source: Register): Line => ({ opcode: 0xbf, target, source }),
  /** `target = value` */
  set: (target: Register, value: number): Line => ({ opcode: 0xb7, target, immediate: value }),
  /** `target += value` */
  add: (target: Register, value: number): Line => ({ opcode: 0x07, target, immediate: value }),
  /** `target += source` */
  addRegister: (target: Register, source: Register): Line => ({ opcode: 0x0f, target, source }),
  /** `target &= value`, which is extended with its sign */
  and: (target: Register, value: number): Line => ({ opcode: 0x57, target, immediate: value }),
  /** `target = the 64 bits at (source + offset)` */
  load: (target: Register, source: Register, offset: number): Line => ({
    opcode: 0x79,
    target,
    source,
    offset,
  }),
  /** `the 64 bits at (target + offset) = source` */
  store: (target: Register, offset: number, source: Register): Line => ({
    opcode: 0x7b,
    target,
    source,
    offset,
  }),
  /** `the 64 bits at (target + offset) = value` */
  storeValue: (target: Register, offset: number, value: number): Line => ({
    opcode: 0x7a,
    target,
    offset,
    immediate: value,
  }),
  /** Goes on at a label if `target` is `value`. */
  jumpIfEqual: (target: Register, value: number, jump: string): Line => ({
    opcode: 0x15,
    target,
    immediate: value,
    jump,
  }),
  /** Calls a function of the runtime with r1 to r5; its result is in r0. */
  call: (name: string): Line => ({ opcode: 0x85, source: 'r1', immediate: -1, call: name }),
  /** Ends the program; r0 is 0 for success, else the number of a custom error. */
  exit: (): Line => ({ opcode: 0x95 }),
  label: (name: string): Line => ({ label: name }),
} as const;

/**
 * Turns a program into machine code.
 *
 * @throws Error when it jumps to a label that it does not have
 */
export function assemble(lines: readonly Line[]): Assembled {
  const labels = new Map<string, number>();
  let count = 0;
  for (const line of lines) {
    if ('label' in line) labels.set(line.label, count);
    else count++;
  }
  const text = Buffer.alloc(count * instructionBytes);
  const calls: { offset: number; name: string }[] = [];
  let index = 0;
  for (const line of lines) {
    if ('label' in line) continue;
    const at = index * instructionBytes;
    text[at] = line.opcode;
    text[at + 1] = (number(line.source) << 4) | number(line.target);
    text.writeInt16LE(
      line.jump === undefined ? (line.offset ?? 0) : distance(labels, line.jump, index),
      at + 2,
    );
    text.writeInt32LE(line.immediate ?? 0, at + 4);
    if (line.call !== undefined) calls.push({ offset: at, name: line.call });
    index++;
  }
  return { text, calls };
}

function number(register: Register = 'r0'): number {
  return Number(register.slice(1));
}

/** Instructions between the one after the jump and the label. */
function distance(labels: ReadonlyMap<string, number>, label: string, from: number): number {
  const to = labels.get(label);
  if (to === undefined) throw new Error(`the program has no label "${label}"`);
  return to - from - 1;
}
