const MASK = '[redacted]';

/** Anything that looks like an address, whoever's it is. */
const anyUrl = /\b(?:https?|wss?):\/\/[^\s"'<>\\]+/gi;

/** Where a provider's secrets come from. */
export interface RedactorOptions {
  /** The provider's addresses. */
  readonly urls: readonly string[];
  /** Headers sent to it; their values are secrets. @default {} */
  readonly headers?: Readonly<Record<string, string>>;
  /** Values known to be secret, such as those of the environment variables in the URL. @default [] */
  readonly secrets?: readonly string[];
}

/** Takes one provider's addresses and keys out of what the provider says. */
export class Redactor {
  readonly #secrets: readonly string[];
  readonly #bytes: readonly Buffer[];

  constructor({ urls, headers = {}, secrets = [] }: RedactorOptions) {
    const found = new Set<string>();
    for (const url of urls) addUrl(found, url);
    for (const value of Object.values(headers)) addHeader(found, value);
    for (const secret of secrets) if (secret.length >= 4) found.add(secret);
    // The longest first, so that a whole address goes before the key in it.
    this.#secrets = [...found].sort((a, b) => b.length - a.length);
    this.#bytes = this.#secrets.map(secret => Buffer.from(secret));
  }

  /** Whether the bytes hold one of the secrets as they are; JSON escapes are not resolved. */
  isTold(source: Buffer): boolean {
    return this.#bytes.some(secret => source.includes(secret));
  }

  /** `text` without this provider's secrets. */
  scrub(text: string): string {
    let clean = text;
    for (const secret of this.#secrets)
      if (clean.includes(secret)) clean = clean.replaceAll(secret, () => MASK);
    return clean;
  }

  /** `text` as one short line for a reason: without secrets, addresses and control characters. */
  reason(text: string, maxLength = 160): string {
    const head = this.scrub(text.slice(0, 4096)).replace(anyUrl, '[url]');
    const line = head.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim();
    return line.length > maxLength ? `${line.slice(0, maxLength - 1)}…` : line;
  }
}

function addUrl(found: Set<string>, text: string): void {
  const url = new URL(text);
  const path = url.pathname + url.search;
  for (const whole of [text, url.href]) {
    found.add(whole);
    found.add(whole.slice(whole.indexOf('://') + 3));
  }
  if (path.length > 1) {
    found.add(`${url.origin}${path}`);
    found.add(`${url.host}${path}`);
  }
  if (path.length >= 8) found.add(path);
  for (const part of [url.username, url.password]) if (part.length >= 4) addDecoded(found, part);
  for (const [, value] of url.searchParams) if (value.length >= 4) found.add(value);
  for (const segment of url.pathname.split('/')) if (isKeyLike(segment)) addDecoded(found, segment);
  for (const label of url.hostname.split('.')) if (label.length >= 16 && isKeyLike(label)) found.add(label);
}

function addHeader(found: Set<string>, value: string): void {
  if (value.length < 4) return;
  found.add(value);
  const token = /^(?:basic|bearer)\s+(\S{4,})$/i.exec(value)?.[1];
  if (token !== undefined) found.add(token);
}

function addDecoded(found: Set<string>, text: string): void {
  found.add(text);
  try {
    found.add(decodeURIComponent(text));
  } catch {
    // A stray percent sign: the text itself is what the provider could repeat.
  }
}

/** A path segment that is a key rather than a word such as "v3" or "mainnet". */
function isKeyLike(segment: string): boolean {
  return segment.length >= 20 || (segment.length >= 6 && /\d/.test(segment));
}
