import { isPlainWord } from './plain-words.ts';

const reference = /\$\{([A-Za-z_][A-Za-z0-9_]*)(:-[^}]*)?\}/g;
// Bounded repetitions: a hostile line must not make a pattern backtrack over all of it.
const address = /([a-z][a-z0-9+.-]{1,12}:\/{1,3})[^\s"']*/gi;
const schemeless = /\b[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,8}(?::\d{1,5})?\/[^\s"']*/gi;
const named =
  /(?:token|secret|passw(?:or)?d|passphrase|credential|mnemonic|authori[sz]ation|cookie|api[-_]?key|access[-_]?key|private[-_]?key|[-_]key)["']?\s*[:=]\s*/gi;
const scheme = /\b(?:bearer|basic|digest)\s+/gi;
const keyLike = /[A-Za-z0-9_~+-]{16,}={0,2}/g;
const mark = '*';

/**
 * A piece of a config file with everything in it that may be a key replaced by asterisks of the same number, so that
 * columns stay true. References (`${NAME}`) stay readable, their default texts do not.
 */
export function maskSecrets(text: string): string {
  const mask = new Mask(text);
  for (const match of text.matchAll(address)) {
    mask.hideAddress(match.index + (match[1] ?? '').length, match.index + match[0].length);
  }
  for (const match of text.matchAll(schemeless)) mask.hideAddress(match.index, match.index + match[0].length);
  for (const match of text.matchAll(named)) mask.hide(match.index + match[0].length, text.length);
  for (const match of text.matchAll(scheme)) mask.hide(match.index + match[0].length, text.length);
  for (const match of text.matchAll(keyLike)) {
    if (/\d/.test(match[0]) && /[a-z]/i.test(match[0])) mask.hide(match.index, match.index + match[0].length);
  }
  return mask.toString();
}

/** `maskSecrets` for a value that is known to be secret from its place: all of it but its references is hidden. */
export function maskValue(text: string): string {
  const mask = new Mask(text);
  mask.hide(0, text.length);
  return mask.toString();
}

class Mask {
  readonly #text: string;
  readonly #hidden: Uint8Array;
  readonly #references: readonly (readonly [start: number, end: number])[];

  constructor(text: string) {
    this.#text = text;
    this.#hidden = new Uint8Array(text.length);
    this.#references = [...text.matchAll(reference)].map(match => {
      // A default text may be a literal key: only "${NAME" counts as the reference, the closing brace stays too.
      const end = match.index + match[0].length;
      return [
        match.index,
        match[2] === undefined ? end : match.index + 2 + (match[1] ?? '').length + 2,
      ] as const;
    });
  }

  hide(start: number, end: number): void {
    this.#hidden.fill(1, start, end);
  }

  /** Hides the user, the path segments and the query values of an address that starts at `start` with its host. */
  hideAddress(start: number, end: number): void {
    const text = this.#text.slice(start, end);
    const path = text.search(/[/?#]/);
    const authority = path === -1 ? text : text.slice(0, path);
    const user = authority.lastIndexOf('@');
    if (user !== -1) this.hide(start, start + user);
    if (path === -1) return;
    for (const part of text.slice(path).matchAll(/[^/?#&=]+/g)) {
      const at = start + path + part.index;
      if (!isPlainWord(part[0].replace(/[,}\])]+$/, ''))) this.hide(at, at + part[0].length);
    }
  }

  toString(): string {
    for (const [start, end] of this.#references) this.#hidden.fill(0, start, end);
    let masked = '';
    for (let i = 0; i < this.#text.length; i++) {
      const char = this.#text[i] as string;
      masked += this.#hidden[i] === 1 && !/[\s"'{}[\],]/.test(char) ? mark : char;
    }
    return masked;
  }
}
