import { isPlainWord } from './plain-words.ts';

/** Shorter strings are no keys, and taking them out of log lines would leave nothing of them. */
const minLength = 4;

/** Parts of a literal address are guessed to be keys only from this length on, unless their name says so. */
const minGuessLength = 8;

/** Gathers every string that must never be shown: what came from the environment, and keys in literal addresses. */
export class SecretCollector {
  readonly #secrets = new Set<string>();

  /** The secrets, the longest first, so that replacing one does not cut another in two. */
  get secrets(): string[] {
    return [...this.#secrets].sort((a, b) => b.length - a.length);
  }

  /** A value that is secret as a whole, in the forms that it takes in a URL. */
  add(secret: string): void {
    const text = secret.trim();
    if (text.length < minLength || isLocal(text)) return;
    this.#secrets.add(text);
    try {
      this.#secrets.add(encodeURIComponent(text));
      const decoded = decodeURIComponent(text);
      if (decoded.length >= minLength) this.#secrets.add(decoded);
    } catch {
      // Not in percent-encoding, or a lone surrogate: the text itself is the only form.
    }
  }

  /** The user, password and every key-like part of an address. Returns whether it has any. */
  addAddress(address: string): boolean {
    if (!URL.canParse(address)) return false;
    const url = new URL(address);
    let found = false;
    const take = (part: string, isKey: boolean) => {
      if (!isKey) return;
      found = true;
      this.add(part);
    };
    take(url.username, url.username !== '' && url.password === '');
    if (url.password !== '') {
      take(url.password, true);
      const [user, password] = [decode(url.username), decode(url.password)];
      take(Buffer.from(`${user}:${password}`).toString('base64'), true);
    }
    for (const segment of url.pathname.split('/')) take(segment, isKeyLike(segment));
    for (const [name, value] of url.searchParams) {
      take(
        value,
        /key|token|secret|auth|pass|id$/i.test(name) ? value.length >= minLength : isKeyLike(value),
      );
    }
    return found;
  }

  /** A header of a provider: its value, and what follows "Bearer" or "Basic" in it. Returns whether it is taken for a key. */
  addHeader(name: string, value: string): boolean {
    if (!/auth|token|key|secret|cookie|pass/i.test(name) && !isKeyLike(value)) return false;
    this.add(value);
    const credentials = /^(?:bearer|basic|digest|token)\s+(.+)$/i.exec(value)?.[1];
    if (credentials !== undefined) this.add(credentials);
    return true;
  }
}

function isKeyLike(part: string): boolean {
  if (isPlainWord(part)) return false;
  return (
    part.length >= minGuessLength || (part.length >= minLength && /\d/.test(part) && /[a-z]/i.test(part))
  );
}

function isLocal(text: string): boolean {
  return /^(?:localhost|(?:\d{1,3}\.){3}\d{1,3}|https?|wss?|\d{1,5})(?::\d{1,5})?$/.test(text);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
