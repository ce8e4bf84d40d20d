/** Arguments of an inline command: ranges of `source`, written to the lists that were given. */
export interface InlineArguments {
  readonly source: Buffer;
  readonly count: number;
}

const space = 0x20;
const doubleQuote = 0x22;
const singleQuote = 0x27;
const backslash = 0x5c;

/**
 * Splits the line from `start` up to `end` as Redis does (sdssplitargs): white space separates, double quotes know
 * `\n \r \t \b \a \xHH`, single quotes know `\'`. The ranges go to `starts` and `ends`; where there are quotes, the
 * source is a new one with the arguments decoded.
 *
 * @returns undefined when a quote is not closed, or something follows a closed one
 */
export function splitInline(
  line: Buffer,
  start: number,
  end: number,
  starts: number[],
  ends: number[],
): InlineArguments | undefined {
  let count = 0;
  for (let at = start; ; ) {
    while (at < end && isSpace(line[at]!)) at++;
    // C strings end at a zero byte, and so do Redis' inline commands.
    if (at >= end || line[at] === 0) return { source: line, count };
    starts[count] = at;
    for (; at < end && !endsWord(line[at]!); at++) {
      const byte = line[at];
      if (byte === doubleQuote || byte === singleQuote) return splitQuoted(line, start, end, starts, ends);
    }
    ends[count++] = at;
  }
}

function splitQuoted(
  line: Buffer,
  start: number,
  end: number,
  starts: number[],
  ends: number[],
): InlineArguments | undefined {
  const source = Buffer.allocUnsafe(end - start);
  let length = 0;
  let count = 0;
  for (let at = start; ; ) {
    while (at < end && isSpace(line[at]!)) at++;
    if (at >= end || line[at] === 0) return { source, count };
    starts[count] = length;
    let quote = 0;
    for (; ; at++) {
      const byte = at < end ? line[at]! : 0;
      if (quote === 0) {
        if (endsWord(byte)) break;
        if (byte === doubleQuote || byte === singleQuote) quote = byte;
        else source[length++] = byte;
      } else if (byte === 0) return undefined;
      else if (byte === quote) {
        const following = at + 1 < end ? line[at + 1]! : 0;
        if (following !== 0 && !isSpace(following)) return undefined;
        at++;
        break;
      } else if (byte !== backslash || at + 1 >= end || line[at + 1] === 0) source[length++] = byte;
      else if (quote === doubleQuote) {
        const code = hexByte(line, at, end);
        source[length++] = code === -1 ? unescaped(line[at + 1]!) : code;
        at += code === -1 ? 1 : 3;
      } else if (line[at + 1] === singleQuote) {
        source[length++] = singleQuote;
        at++;
      } else source[length++] = byte;
    }
    ends[count++] = length;
  }
}

function isSpace(byte: number): boolean {
  return byte === space || (byte >= 0x09 && byte <= 0x0d);
}

function endsWord(byte: number): boolean {
  return byte === space || byte === 0x0a || byte === 0x0d || byte === 0x09 || byte === 0;
}

/** The byte that `\xHH` at `at` stands for; -1 when it is not that. */
function hexByte(line: Buffer, at: number, end: number): number {
  if (at + 3 >= end || line[at + 1] !== 0x78) return -1;
  const high = hexDigit(line[at + 2]!);
  const low = hexDigit(line[at + 3]!);
  return high === -1 || low === -1 ? -1 : high * 16 + low;
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

function unescaped(byte: number): number {
  switch (byte) {
    case 0x6e:
      return 0x0a;
    case 0x72:
      return 0x0d;
    case 0x74:
      return 0x09;
    case 0x62:
      return 0x08;
    case 0x61:
      return 0x07;
    default:
      return byte;
  }
}
