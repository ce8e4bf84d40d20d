/** A text after decoding, and where in the original each of its UTF-16 units came from. */
export interface DecodedText {
  readonly text: string;
  /** Offset in the original by offset in `text`; one more element than `text` has units, the original's end. */
  readonly origins: Uint32Array;
}

/** Undoes percent-encoding (UTF-8) once; undefined when there is none. */
export function decodePercent(source: string): DecodedText | undefined {
  if (!/%[0-9a-f]{2}/i.test(source)) return undefined;
  return decode(source, percent, (at, emit) => {
    const first = percentByte(source, at);
    if (first < 0) return 0;
    const length = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 0;
    let codePoint = length === 1 ? first : first & (0xff >> (length + 1));
    for (let i = 1; i < length; i++) {
      const byte = percentByte(source, at + i * 3);
      if (byte < 0x80 || byte > 0xbf) return 0;
      codePoint = (codePoint << 6) | (byte & 0x3f);
    }
    if (length === 0 || codePoint > 0x10ffff) return 0;
    if (codePoint > 0xffff) emit(0xd7c0 + (codePoint >> 10));
    emit(codePoint > 0xffff ? 0xdc00 | (codePoint & 0x3ff) : codePoint);
    return length * 3;
  });
}

/** Undoes the escapes of a JSON string once; undefined when there are none. */
export function decodeJsonEscapes(source: string): DecodedText | undefined {
  if (!/\\["\\/bfnrtu]/.test(source)) return undefined;
  return decode(source, backslash, (at, emit) => {
    const next = source[at + 1] ?? '';
    if (next === 'u') {
      const digits = source.slice(at + 2, at + 6);
      if (!/^[0-9a-f]{4}$/i.test(digits)) return 0;
      emit(Number.parseInt(digits, 16));
      return 6;
    }
    const code = jsonEscapes.get(next);
    if (code === undefined) return 0;
    emit(code);
    return 2;
  });
}

const percent = 0x25;
const backslash = 0x5c;

const jsonEscapes: ReadonlyMap<string, number> = new Map([
  ['"', 0x22],
  ['\\', 0x5c],
  ['/', 0x2f],
  ['b', 0x08],
  ['f', 0x0c],
  ['n', 0x0a],
  ['r', 0x0d],
  ['t', 0x09],
]);

/** `escapeAt` emits what stands for the escape at an offset and returns its length; 0 when it is none. */
function decode(
  source: string,
  introducer: number,
  escapeAt: (at: number, emit: (code: number) => void) => number,
): DecodedText {
  const codes = new Uint16Array(source.length);
  const origins = new Uint32Array(source.length + 1);
  let length = 0;
  let at = 0;
  const emit = (code: number) => {
    codes[length] = code;
    origins[length++] = at;
  };
  while (at < source.length) {
    const code = source.charCodeAt(at);
    const taken = code === introducer ? escapeAt(at, emit) : 0;
    if (taken === 0) emit(code);
    at += taken || 1;
  }
  origins[length] = source.length;
  const text = Buffer.from(codes.buffer, 0, length * 2).toString('utf16le');
  return { text, origins: origins.subarray(0, length + 1) };
}

/** The byte that the three characters at `at` stand for, or -1. */
function percentByte(source: string, at: number): number {
  if (source.charCodeAt(at) !== percent) return -1;
  const high = hexDigit(source.charCodeAt(at + 1));
  const low = hexDigit(source.charCodeAt(at + 2));
  return high < 0 || low < 0 ? -1 : (high << 4) | low;
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
