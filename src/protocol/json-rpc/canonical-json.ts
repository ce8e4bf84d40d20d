import { isUtf8 } from 'node:buffer';
import { decodeString } from './json-string.ts';
import { MemberCursor } from './member-cursor.ts';
import {
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COMMA,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
  skipSpace,
  skipValue,
} from './skip-json.ts';

/**
 * The one text of a JSON value: two values that mean the same have the same text, for keying subscriptions and
 * coalescing. Keys are sorted by the UTF-16 code units of their text, white space is gone, strings are written as `JSON.stringify` does,
 * numbers stay as they are written, for a node may tell `1` from `1.0`.
 *
 * @param maxDepth Levels of arrays and objects.
 * @returns `undefined` when the bytes are not one valid JSON value in UTF-8, nest deeper, or an object in them has a
 * key twice: what that means depends on who reads it, so it must not share a key with anything.
 */
export function canonicalJson(
  source: Buffer,
  start = 0,
  end: number = source.length,
  maxDepth = 64,
): string | undefined {
  if (!isUtf8(source.subarray(start, end))) return undefined;
  const writer = new CanonicalWriter(source, end, Math.min(maxDepth, DEEPEST));
  const from = skipSpace(source, start, end);
  const text = writer.value(from, 0);
  return text !== undefined && skipSpace(source, writer.at, end) === end ? text : undefined;
}

class CanonicalWriter {
  /** The position behind the last value. */
  at = 0;
  private readonly source: Buffer;
  private readonly end: number;
  private readonly maxDepth: number;

  constructor(source: Buffer, end: number, maxDepth: number) {
    this.source = source;
    this.end = end;
    this.maxDepth = maxDepth;
  }

  value(at: number, depth: number): string | undefined {
    const { source, end } = this;
    const first = at < end ? source[at] : undefined;
    if (first === OPEN_OBJECT) return depth < this.maxDepth ? this.object(at, depth + 1) : undefined;
    if (first === OPEN_ARRAY) return depth < this.maxDepth ? this.array(at, depth + 1) : undefined;
    this.at = skipValue(source, at, end, 0);
    if (this.at < 0) return undefined;
    return first === QUOTE ? stringText(source, at, this.at) : source.toString('latin1', at, this.at);
  }

  private object(start: number, depth: number): string | undefined {
    const { source, end } = this;
    const first = skipSpace(source, start + 1, end);
    if (first < end && source[first] === CLOSE_OBJECT) {
      this.at = first + 1;
      return '{}';
    }
    const members = new MemberCursor(source, start, end, 0);
    const texts = new Map<string, string>();
    while (members.nextKey()) {
      const key = stringText(source, members.keyStart - 1, members.keyEnd + 1);
      const text = this.value(members.valueStart, depth);
      if (text === undefined || texts.has(key)) return undefined;
      texts.set(key, text);
      members.endValueAt(this.at);
    }
    this.at = members.at;
    if (this.at < 0) return undefined;
    let all = '';
    for (const key of [...texts.keys()].sort()) all += `${all === '' ? '' : ','}${key}:${texts.get(key)}`;
    return `{${all}}`;
  }

  private array(start: number, depth: number): string | undefined {
    const { source, end } = this;
    let items = '';
    let at = skipSpace(source, start + 1, end);
    if (at < end && source[at] === CLOSE_ARRAY) {
      this.at = at + 1;
      return '[]';
    }
    for (;;) {
      const text = this.value(at, depth);
      if (text === undefined) return undefined;
      items += text;
      at = skipSpace(source, this.at, end);
      const next = at < end ? source[at] : undefined;
      if (next !== COMMA && next !== CLOSE_ARRAY) return undefined;
      at = skipSpace(source, at + 1, end);
      if (next === COMMA) {
        items += ',';
        continue;
      }
      this.at = at;
      return `[${items}]`;
    }
  }
}

/** A string in quotes; without escapes it is its own canonical text. */
function stringText(source: Buffer, start: number, end: number): string {
  for (let at = start; at < end; at++) {
    if (source[at] === BACKSLASH) return JSON.stringify(decodeString(source, start, end));
  }
  return source.toString('utf8', start, end);
}

const BACKSLASH = 0x5c;
// Each level takes two stack frames.
const DEEPEST = 256;
