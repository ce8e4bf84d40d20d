import bs58 from 'bs58';

/** The base58 text of bytes. Keys of 32 bytes, of which a chain has few that come often, are kept; others are worked out each time. */
export function encode(bytes: Uint8Array): string {
  if (bytes.length !== KEY_BYTES) return write(bytes);
  const place = placeOf(bytes);
  const known = texts[place];
  if (known !== undefined && isSame(known.bytes, bytes)) return known.text;
  const text = write(bytes);
  // A copy: the bytes may be a view of a whole message.
  texts[place] = { bytes: bytes.slice(), text };
  return text;
}

/**
 * The bytes of a base58 text. Those of a key are shared: they must not be written to.
 *
 * @returns `undefined`: not base58.
 */
export function decode(text: string): Uint8Array | undefined {
  const known = keys.get(text);
  if (known !== undefined) return known;
  const bytes = bs58.decodeUnsafe(text);
  if (bytes?.length === KEY_BYTES) keep(keys, text, bytes);
  return bytes ?? undefined;
}

const KEY_BYTES = 32;
/** Keys kept each way, about 200 bytes each; at the limit the one that came first goes. */
const MAX_KEPT = 8192;

/** Each key has one place in it, which the last one that came there has: to look there is all that a known key costs. */
const texts: ({ readonly bytes: Uint8Array; readonly text: string } | undefined)[] = new Array(MAX_KEPT).fill(
  undefined,
);
const keys = new Map<string, Uint8Array>();

function placeOf(bytes: Uint8Array): number {
  const first = bytes[0]! | (bytes[1]! << 8) | (bytes[2]! << 16);
  const last = bytes[29]! | (bytes[30]! << 8) | (bytes[31]! << 16);
  return (Math.imul(first ^ (last << 5), 0x9e3779b1) >>> 8) % MAX_KEPT;
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  for (let at = 0; at < KEY_BYTES; at++) if (one[at] !== other[at]) return false;
  return true;
}

const alphabet = Buffer.from('123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz');
/** So many values have two digits; times 2^16 it still is a small integer, whose division is cheap. */
const PAIR = 58 * 58;

/** Two digits a division, of 16 bits at a time: less than half of what the package takes for a signature. */
function write(bytes: Uint8Array): string {
  let zeros = 0;
  while (zeros < bytes.length && bytes[zeros] === 0) zeros++;
  const isOdd = bytes.length % 2;
  const limbs = new Uint16Array((bytes.length + 1) >> 1);
  for (let at = 0; at < bytes.length; at++)
    limbs[(at + isOdd) >> 1]! |= bytes[at]! << ((at + isOdd) % 2 === 0 ? 8 : 0);
  const text = Buffer.allocUnsafe(zeros + Math.ceil(bytes.length * 1.366) + 2);
  let end = text.length;
  for (let first = 0; ; ) {
    while (first < limbs.length && limbs[first] === 0) first++;
    if (first === limbs.length) break;
    let rest = 0;
    for (let at = first; at < limbs.length; at++) {
      const value = (rest << 16) | limbs[at]!;
      const quotient = (value / PAIR) | 0;
      limbs[at] = quotient;
      rest = value - quotient * PAIR;
    }
    const high = (rest / 58) | 0;
    text[--end] = alphabet[rest - high * 58]!;
    text[--end] = alphabet[high]!;
  }
  // Zeros in front belong to the pair alone; those of the bytes are one digit each.
  while (end < text.length && text[end] === alphabet[0]) end++;
  for (let zero = 0; zero < zeros; zero++) text[--end] = alphabet[0]!;
  return text.toString('latin1', end);
}

function keep<V>(kept: Map<string, V>, name: string, value: V): void {
  if (kept.size >= MAX_KEPT)
    for (const first of kept.keys()) {
      kept.delete(first);
      break;
    }
  kept.set(name, value);
}
