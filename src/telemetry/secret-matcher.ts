import { type DecodedText, decodeJsonEscapes, decodePercent } from './decode-writing.ts';

/** A half-open range of a text. */
export type TextRange = readonly [start: number, end: number];

/**
 * Finds registered secrets in a text, in the writings in which they may turn up: as they are, percent-encoded,
 * JSON-escaped (each also in part and nested), as hexadecimal, and in Base64, also inside a longer encoded text.
 * Case is ignored. Linear in the text; the number of secrets hardly matters.
 */
export class SecretMatcher {
  readonly #forms = new Map<number, string[]>();
  /** One bit per hash of a form's first four characters; nearly all positions of a text stop here. */
  readonly #filter = new Uint8Array(filterSize);
  #empty = true;

  /** @param secret at least 6 characters */
  add(secret: string): void {
    const bytes = Buffer.from(secret, 'utf8');
    this.#addForm(secret);
    this.#addForm(bytes.toString('hex'));
    for (const offset of [0, 1, 2]) {
      const inner = base64Inside(bytes, offset);
      if (inner.length >= minBase64Length) this.#addForm(inner);
    }
    this.#empty = false;
  }

  /** Where secrets are, ascending, not overlapping. */
  find(text: string): readonly TextRange[] {
    if (this.#empty) return [];
    const found: TextRange[] = [];
    this.#scan(text, undefined, found);
    for (const writing of decodings(text)) this.#scan(writing.text, writing.origins, found);
    return found.length < 2 ? found : merged(found);
  }

  #addForm(form: string): void {
    let key = 0;
    for (let i = 0; i < keyLength; i++) key = (key << 8) | fold(form.charCodeAt(i));
    const forms = this.#forms.get(key);
    if (forms === undefined) this.#forms.set(key, [form]);
    else if (!forms.includes(form)) forms.push(form);
    this.#filter[filterIndex(key)] = 1;
  }

  #scan(text: string, origins: Uint32Array | undefined, found: TextRange[]): void {
    let key = 0;
    for (let i = 0; i < text.length; i++) {
      key = (key << 8) | fold(text.charCodeAt(i));
      if (this.#filter[filterIndex(key)] === 0) continue;
      const start = i - keyLength + 1;
      for (const form of this.#forms.get(key) ?? []) {
        if (start < 0 || !matchesAt(text, start, form)) continue;
        const end = start + form.length;
        found.push(origins === undefined ? [start, end] : [origins[start]!, origins[end]!]);
      }
    }
  }
}

const keyLength = 4;
const filterSize = 1 << 16;
/** Below it, a match in an innocent word is more likely than a secret. */
const minBase64Length = 6;

function filterIndex(key: number): number {
  return Math.imul(key, 0x9e3779b1) >>> 16;
}

/** ASCII without case, and the characters by which the two alphabets of Base64 differ as one; a form's `+` is a space. */
const folded = Uint8Array.from({ length: 256 }, (_, code) => {
  const character = String.fromCharCode(code);
  if (character === '-' || character === ' ') return 0x2b;
  if (character === '_') return 0x2f;
  return code < 0x80 ? character.toLowerCase().charCodeAt(0) : code;
});

function fold(code: number): number {
  return folded[code & 0xff]!;
}

function matchesAt(text: string, start: number, form: string): boolean {
  if (start + form.length > text.length) return false;
  for (let i = 0; i < form.length; i++) {
    const a = text.charCodeAt(start + i);
    const b = form.charCodeAt(i);
    if (a !== b && (a > 0xff || b > 0xff || fold(a) !== fold(b))) return false;
  }
  return true;
}

/** The characters of the encoding that are the same whatever precedes (by `offset` bytes modulo 3) and follows. */
function base64Inside(bytes: Buffer, offset: number): string {
  const padded = Buffer.concat([Buffer.alloc(offset), bytes]);
  const encoded = padded.toString('base64').replaceAll('=', '');
  const start = offset === 0 ? 0 : offset + 1;
  const end = padded.length % 3 === 0 ? encoded.length : encoded.length - 1;
  return encoded.slice(start, end);
}

/** What a text may mean when it is unescaped up to three times, in any order of the two ways. */
function decodings(text: string): DecodedText[] {
  if (!text.includes('%') && !text.includes('\\')) return [];
  const all: DecodedText[] = [];
  const seen = new Set([text]);
  let layer: readonly { readonly text: string; readonly origins?: Uint32Array }[] = [{ text }];
  for (let depth = 0; depth < maxNesting; depth++) {
    const next: DecodedText[] = [];
    for (const outer of layer) {
      for (const inner of [decodePercent(outer.text), decodeJsonEscapes(outer.text)]) {
        if (inner === undefined || seen.has(inner.text)) continue;
        seen.add(inner.text);
        const { origins } = outer;
        next.push(
          origins === undefined
            ? inner
            : { text: inner.text, origins: inner.origins.map(at => origins[at]!) },
        );
      }
    }
    all.push(...next);
    layer = next;
  }
  return all;
}

const maxNesting = 3;

function merged(ranges: TextRange[]): TextRange[] {
  ranges.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const result: TextRange[] = [];
  for (const [start, end] of ranges) {
    const last = result.at(-1);
    if (last !== undefined && start <= last[1]) result[result.length - 1] = [last[0], Math.max(last[1], end)];
    else result.push([start, end]);
  }
  return result;
}
