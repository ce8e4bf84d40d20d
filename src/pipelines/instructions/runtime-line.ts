/** A line that only the runtime can have written. */
export type RuntimeLine =
  | { readonly kind: 'invoke'; readonly program: string; readonly depth: number }
  | { readonly kind: 'end'; readonly program: string; readonly isFailed: boolean }
  | { readonly kind: 'note'; readonly program: string };

const prefix = 'Program ';

/**
 * Reads `Program <id> invoke [n]`, `… success`, `… failed: …`, `… consumed n of m compute units` and
 * `Program return: <id> …`; undefined: something that a program wrote, or a remark of a built-in one. What programs
 * write starts with `Program log: ` or `Program data: `, and no program id ends in a colon.
 */
export function readRuntimeLine(line: string): RuntimeLine | undefined {
  if (!line.startsWith(prefix)) return undefined;
  const space = line.indexOf(' ', prefix.length);
  // An id has 32 to 44 characters.
  if (space >= prefix.length + 32 && space <= prefix.length + 44) {
    const program = line.slice(prefix.length, space);
    const rest = line.slice(space + 1);
    if (rest === 'success') return { kind: 'end', program, isFailed: false };
    if (rest.startsWith('invoke [')) return readInvoke(program, rest);
    if (rest.startsWith('failed: ')) return { kind: 'end', program, isFailed: true };
    if (rest.startsWith('consumed ')) return { kind: 'note', program };
    return undefined;
  }
  if (!line.startsWith('return: ', prefix.length)) return undefined;
  const from = prefix.length + 'return: '.length;
  const end = line.indexOf(' ', from);
  return { kind: 'note', program: line.slice(from, end < 0 ? undefined : end) };
}

function readInvoke(program: string, rest: string): RuntimeLine | undefined {
  const match = /^invoke \[(\d{1,3})\]$/.exec(rest);
  return match === null ? undefined : { kind: 'invoke', program, depth: Number(match[1]) };
}
