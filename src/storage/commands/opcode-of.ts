import { commandTable } from './command-table.ts';

const names: readonly Uint8Array[] = commandTable.map(spec => Buffer.from(spec.name));
const longest = Math.max(...names.map(name => name.length));
const slots = 256;

/** Opcodes by the hash of the name; -1: no command. No two commands share a slot. */
const { table, factor } = perfectTable();

/** The opcode of the command named by the bytes of `source` from `start` to `end`, in any case; -1: there is none. */
export function opcodeOf(source: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (length > longest) return -1;
  const opcode = table[hash(source, start, end, factor)]!;
  if (opcode === -1) return -1;
  const name = names[opcode]!;
  if (name.length !== length) return -1;
  // Setting bit 5 maps exactly two bytes, the letter's two cases, to a lower-case letter.
  for (let i = 0; i < length; i++) if ((source[start + i]! | 0x20) !== name[i]) return -1;
  return opcode;
}

function hash(source: Uint8Array, start: number, end: number, by: number): number {
  let value = end - start;
  for (let i = start; i < end; i++) value = (value * by + (source[i]! | 0x20)) & 0xffff;
  return (value ^ (value >> 8)) & (slots - 1);
}

function perfectTable(): { readonly table: Int16Array; readonly factor: number } {
  for (let by = 3; ; by += 2) {
    const found = new Int16Array(slots).fill(-1);
    const isFree = (name: Uint8Array, opcode: number) => {
      const slot = hash(name, 0, name.length, by);
      if (found[slot] !== -1) return false;
      found[slot] = opcode;
      return true;
    };
    if (names.every(isFree)) return { table: found, factor: by };
  }
}
