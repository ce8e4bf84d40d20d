import bs58 from 'bs58';

/** The base58 text of bytes. Keys of 32 bytes, of which a chain has few that come often, are kept; others are worked out each time. */
export function encode(bytes: Uint8Array): string {
  if (bytes.length !== KEY_BYTES) return bs58.encode(bytes);
  const name = Buffer.from(bytes.buffer, bytes.byteOffset, KEY_BYTES).toString('latin1');
  const known = texts.get(name);
  if (known !== undefined) return known;
  const text = bs58.encode(bytes);
  keep(texts, name, text);
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

const texts = new Map<string, string>();
const keys = new Map<string, Uint8Array>();

function keep<V>(kept: Map<string, V>, name: string, value: V): void {
  if (kept.size >= MAX_KEPT)
    for (const first of kept.keys()) {
      kept.delete(first);
      break;
    }
  kept.set(name, value);
}
