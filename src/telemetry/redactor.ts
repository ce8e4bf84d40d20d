import {
  type PlainData,
  type PlainDataOptions,
  type PlainObject,
  toPlainData,
  toPlainFields,
} from './plain-data.ts';
import { redactUrls } from './redact-urls.ts';
import { SecretMatcher } from './secret-matcher.ts';

/**
 * Takes secrets out of what leaves the process: registered ones in any common writing, everything of a URL
 * but scheme, host and port, and the values of headers and fields that are secret by name.
 */
export class Redactor {
  readonly #secrets = new Set<string>();
  readonly #matcher = new SecretMatcher();
  #longest = 0;

  /** @param secrets as for `addSecrets` */
  constructor(secrets: Iterable<string> = []) {
    this.addSecrets(secrets);
  }

  /**
   * Registers secrets for good: a reload of the config adds new ones while connections with the old ones live on.
   * Texts shorter than 6 characters are left out; they would blot out innocent words.
   */
  addSecrets(secrets: Iterable<string>): void {
    for (const secret of secrets) {
      if (secret.length < minSecretLength || redactionMark.includes(secret.toLowerCase())) continue;
      if (this.#secrets.has(secret)) continue;
      this.#secrets.add(secret);
      this.#matcher.add(secret);
      this.#longest = Math.max(this.#longest, secret.length);
    }
  }

  /** Registers the parts of a provider's URL that may be keys: user, password, long path segments, query values. */
  addUrl(url: string): void {
    const parsed = URL.parse(url);
    if (parsed === null) return;
    const parts = [parsed.username, parsed.password, ...parsed.searchParams.values()];
    parts.push(...parsed.pathname.split('/').filter(looksLikeKey));
    this.addSecrets(parts.flatMap(part => [part, decoded(part)]));
  }

  /** `text` without secrets. Takes linear time, keeps the length of a text without secrets, never throws. */
  redact(text: string): string {
    // Secrets first: a URL ends at a space, which may be in the middle of a secret.
    return redactUrls(this.#hideSecrets(text)).replace(namedToken, `$1$2${redactionMark}`);
  }

  /** As `redact`, cut to about `maxLength` characters without reading far beyond them. */
  redactBounded(text: string, maxLength: number): string {
    if (text.length <= maxLength) return this.redact(text);
    // A secret that the cut divides is not recognized; it lies in the margin, which is cut off afterwards.
    const margin = Math.max(1024, this.#longest * 9);
    const redacted = this.redact(text.slice(0, maxLength + margin));
    const kept = text.length > maxLength + margin ? redacted.slice(0, -margin) : redacted;
    const head = kept.slice(0, maxLength).toWellFormed();
    return `${head}… (${text.length} characters)`;
  }

  /** Any value as bounded plain data without secrets; see `toPlainData`. */
  redactValue(value: unknown, { stacks = false }: RedactOptions = {}): PlainData {
    return toPlainData(value, this.#plainDataOptions(stacks));
  }

  /** As `redactValue` for the named fields of a log line, an error's details, a span. */
  redactFields(
    fields: Readonly<Record<string, unknown>>,
    { stacks = false }: RedactOptions = {},
  ): PlainObject {
    return toPlainFields(fields, this.#plainDataOptions(stacks));
  }

  #plainDataOptions(stacks: boolean): PlainDataOptions {
    return {
      text: text => this.redactBounded(text, maxTextLength),
      isSecretKey: key => secretKeys.has(key.toLowerCase().replaceAll(/[-_ ]/g, '')),
      secretMark: redactionMark,
      stacks,
    };
  }

  #hideSecrets(text: string): string {
    const ranges = this.#matcher.find(text);
    if (ranges.length === 0) return text;
    let result = '';
    let at = 0;
    for (const [start, end] of ranges) {
      result += text.slice(at, start) + redactionMark;
      at = end;
    }
    return result + text.slice(at);
  }
}

/** What `redactValue` and `redactFields` can be told. */
export interface RedactOptions {
  /** Adds the stacks of errors. @default false */
  readonly stacks?: boolean;
}

/** Stands where a secret was. */
const redactionMark = '[redacted]';

const minSecretLength = 6;
const maxTextLength = 8192;

/** Names of headers and fields whose value is a secret, without case, dashes and underscores. */
const secretKeys: ReadonlySet<string> = new Set([
  'authorization',
  'proxyauthorization',
  'cookie',
  'setcookie',
  'xapikey',
  'xtoken',
  'xauthtoken',
  'apikey',
  'accesstoken',
  'token',
  'secret',
  'clientsecret',
  'password',
  'passwd',
  'privatekey',
  'mnemonic',
]);

/** `authorization: Bearer …`, `"x-api-key":"…"`, `api_key=…` in running text. */
const namedToken =
  /((?:\b(?:proxy-)?authorization|\b(?:set-)?cookie|\bx-(?:api-key|token|auth-token)|api[-_]?key|access[-_]token|client[-_]secret|password)(?:\\*["'])?\s?[:=]\s?(?:\\*["'])?|\bbearer\s(?=[\w.~+/-]{12}))((?:bearer|basic|digest|token)\s)?[^\s"',;\\]+/gi;

/** A segment of a path that is no word: long, or letters and digits mixed. */
function looksLikeKey(segment: string): boolean {
  return segment.length >= 16 || (segment.length >= 8 && /\d/.test(segment) && /[a-z]/i.test(segment));
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
