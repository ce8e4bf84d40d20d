/** Returned instead of a position: the bytes are not JSON. */
export const NOT_JSON = -1;
/** Returned instead of a position: valid so far, but nested deeper than allowed. */
export const TOO_DEEP = -2;

/** The deepest nesting that any caller can allow. Call traces of 1,024 frames nest two levels a frame. */
export const MAX_DEPTH = 4096;

/** The JSON bytes that callers look at themselves. */
export const QUOTE = 0x22;
export const COMMA = 0x2c;
export const OPEN_ARRAY = 0x5b;
export const CLOSE_ARRAY = 0x5d;
export const OPEN_OBJECT = 0x7b;
export const CLOSE_OBJECT = 0x7d;

/**
 * Skips one JSON value (RFC 8259, strictly) that starts at `at`, without white space before it and nested at most
 * `maxDepth` levels (more than `MAX_DEPTH` count as that). Decodes and allocates nothing. The bytes must be valid UTF-8
 * already: strings are only searched for their end, for escapes and for raw control characters.
 *
 * @returns the position behind the value, `NOT_JSON` or `TOO_DEEP`.
 */
export function skipValue(source: Uint8Array, at: number, end: number, maxDepth: number): number {
  let depth = 0;
  let closer = 0;
  let isKey = false;
  if (maxDepth > MAX_DEPTH) maxDepth = MAX_DEPTH;
  for (;;) {
    if (at >= end) return NOT_JSON;
    const first = source[at]!;
    if (first === QUOTE) {
      // The loop of skipString, repeated here: a call per string halves the speed.
      at++;
      const limit = Math.min(at + PLAIN_RUN, end);
      while (at < limit && STOPS_STRING[source[at]!] === 0) at++;
      at = at < limit && source[at] === QUOTE ? at + 1 : skipString(source, at, end);
      if (at < 0) return at;
      if (isKey) {
        isKey = false;
        at = at < end && source[at] === COLON ? at + 1 : skipColon(source, at, end);
        if (at < 0) return at;
        if (at < end && source[at]! <= SPACE) at = skipSpace(source, at, end);
        continue;
      }
    } else if (isKey) {
      return NOT_JSON;
    } else if (first === OPEN_OBJECT || first === OPEN_ARRAY) {
      if (depth >= maxDepth) return TOO_DEEP;
      at++;
      if (at < end && source[at]! <= SPACE) at = skipSpace(source, at, end);
      if (at < end && source[at] === first + OPEN_TO_CLOSE) {
        at++;
      } else {
        closers[depth++] = closer;
        closer = first + OPEN_TO_CLOSE;
        isKey = first === OPEN_OBJECT;
        continue;
      }
    } else {
      at = skipScalar(source, at, end);
      if (at < 0) return at;
    }
    for (;;) {
      if (depth === 0) return at;
      if (at < end && source[at]! <= SPACE) at = skipSpace(source, at, end);
      if (at >= end) return NOT_JSON;
      const next = source[at++]!;
      if (next === COMMA) {
        if (at < end && source[at]! <= SPACE) at = skipSpace(source, at, end);
        isKey = closer === CLOSE_OBJECT;
        break;
      }
      if (next !== closer) return NOT_JSON;
      closer = closers[--depth]!;
    }
  }
}

/** Skips what is left of a string, from anywhere behind its opening quote to behind the closing one. */
export function skipString(source: Uint8Array, at: number, end: number): number {
  for (;;) {
    const limit = Math.min(at + PLAIN_RUN, end);
    while (at < limit && STOPS_STRING[source[at]!] === 0) at++;
    if (at >= end) return NOT_JSON;
    if (at >= limit) {
      at = skipPlain(source, at, end);
      if (at >= end) return NOT_JSON;
    }
    const stop = source[at]!;
    if (stop === QUOTE) return at + 1;
    if (stop === BACKSLASH) {
      at = skipEscape(source, at + 1, end);
      if (at < 0) return at;
    } else if (stop < SPACE) {
      return NOT_JSON;
    }
  }
}

/** The position of the first byte at or behind `at` that is not white space. */
export function skipSpace(source: Uint8Array, at: number, end: number): number {
  while (at < end && IS_SPACE[source[at]!] === 1) at++;
  return at;
}

/** Skips the colon behind a key and the white space around it. */
export function skipColon(source: Uint8Array, at: number, end: number): number {
  if (at < end && source[at]! <= SPACE) at = skipSpace(source, at, end);
  if (at >= end || source[at] !== COLON) return NOT_JSON;
  at++;
  return at < end && source[at]! <= SPACE ? skipSpace(source, at, end) : at;
}

function skipScalar(source: Uint8Array, at: number, end: number): number {
  switch (source[at]) {
    case 0x74:
      return skipWord(source, at, end, TRUE);
    case 0x66:
      return skipWord(source, at, end, FALSE);
    case 0x6e:
      return skipWord(source, at, end, NULL);
    default:
      return skipNumber(source, at, end);
  }
}

function skipWord(source: Uint8Array, at: number, end: number, word: Uint8Array): number {
  if (at + word.length > end) return NOT_JSON;
  for (let index = 1; index < word.length; index++) if (source[at + index] !== word[index]) return NOT_JSON;
  return at + word.length;
}

function skipNumber(source: Uint8Array, at: number, end: number): number {
  if (source[at] === MINUS) at++;
  at = at < end && source[at] === ZERO ? at + 1 : skipDigits(source, at, end);
  if (at >= 0 && at < end && source[at] === DOT) at = skipDigits(source, at + 1, end);
  if (at < 0 || at >= end || (source[at]! | 0x20) !== 0x65) return at;
  at++;
  if (at < end && (source[at] === MINUS || source[at] === PLUS)) at++;
  return skipDigits(source, at, end);
}

function skipDigits(source: Uint8Array, at: number, end: number): number {
  const from = at;
  while (at < end && source[at]! >= ZERO && source[at]! <= NINE) at++;
  return at === from ? NOT_JSON : at;
}

function skipEscape(source: Uint8Array, at: number, end: number): number {
  if (at >= end) return NOT_JSON;
  if (source[at] !== 0x75) return IS_ESCAPE[source[at]!] === 1 ? at + 1 : NOT_JSON;
  if (at + 4 >= end) return NOT_JSON;
  for (let digit = at + 1; digit <= at + 4; digit++) if (IS_HEX[source[digit]!] === 0) return NOT_JSON;
  return at + 5;
}

/** Four bytes at a time; stops within the three bytes before the first one that ends a plain run, or at `end`. */
function skipPlain(source: Uint8Array, at: number, end: number): number {
  const shift = source.byteOffset;
  while (at < end && ((shift + at) & 3) !== 0) {
    if (STOPS_STRING[source[at]!] === 1) return at;
    at++;
  }
  const words = new Int32Array(source.buffer, 0, (shift + end) >> 2);
  let index = (shift + at) >> 2;
  for (; index < words.length; index++) {
    const word = words[index]!;
    // Flipping bit 1 makes the quote 0x20, so that one comparison with 0x21 finds it and the control characters.
    const low = word ^ 0x02020202;
    const backslash = word ^ 0x5c5c5c5c;
    const stops = ((low - 0x21212121) & ~low) | ((backslash - 0x01010101) & ~backslash);
    if ((stops & 0x80808080) !== 0) break;
  }
  at = (index << 2) - shift;
  while (at < end && STOPS_STRING[source[at]!] === 0) at++;
  return at;
}

const SPACE = 0x20;
const PLUS = 0x2b;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
/** `[` to `]` and `{` to `}`. */
const OPEN_TO_CLOSE = 2;
/** Bytes of a string that are looked at one by one before four at a time pay for their view. */
const PLAIN_RUN = 128;
const TRUE = Buffer.from('true');
const FALSE = Buffer.from('false');
const NULL = Buffer.from('null');

const IS_SPACE = table([SPACE, 0x09, 0x0a, 0x0d]);
const IS_ESCAPE = table(Buffer.from('"\\/bfnrt'));
const IS_HEX = table(Buffer.from('0123456789abcdefABCDEF'));
const STOPS_STRING = table([...Array(SPACE).keys(), QUOTE, BACKSLASH]);

// The closing brackets of the outer levels while a value is skipped; shared, for a skip is synchronous.
const closers = new Uint8Array(MAX_DEPTH);

function table(members: Iterable<number>): Uint8Array {
  const flags = new Uint8Array(256);
  for (const member of members) flags[member] = 1;
  return flags;
}
