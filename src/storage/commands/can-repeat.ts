import { commandTable, opcode } from './command-table.ts';

const set = opcode('set');
const expire = opcode('expire');
const pexpire = opcode('pexpire');

/** Options of SET after which a second run may do or reply something else. */
const unrepeatable: ReadonlySet<string> = new Set(['nx', 'xx', 'get']);

/**
 * Whether one command with its arguments has the same effect and the same reply when it is run twice, so that it may be
 * sent again when its outcome is unknown. `argument` gives the argument at an index, the name not counted; it is called
 * for commands with options only.
 */
export function canRepeat(
  code: number,
  argumentCount: number,
  argument: (index: number) => Uint8Array,
): boolean {
  const spec = commandTable[code];
  if (spec === undefined || !spec.isRepeatable) return false;
  if (code === set) return argumentCount <= 2 || isPlainSet(argumentCount, argument);
  // A condition may hold the first time only; a time in the past removes the key, which the second run misses.
  if (code === expire || code === pexpire) return argumentCount === 2 && isPositive(argument(1));
  return true;
}

function isPlainSet(argumentCount: number, argument: (index: number) => Uint8Array): boolean {
  for (let i = 2; i < argumentCount; i++) {
    const bytes = argument(i);
    if (bytes.length <= 3 && unrepeatable.has(Buffer.from(bytes).toString('latin1').toLowerCase()))
      return false;
  }
  return true;
}

const isPositive = (digits: Uint8Array): boolean =>
  digits.length > 0 && digits[0]! >= 0x31 && digits[0]! <= 0x39;
