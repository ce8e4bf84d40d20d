import { type ConfigPath, type Diagnostic, type Finding, formatPath } from '../diagnostic.ts';
import { maskSecrets, maskValue } from '../secrets/mask-secrets.ts';
import { childOf, type NodePlace, type SourceNode } from './source-node.ts';

/** Longest excerpt, in characters; a longer line is shown around the marked part. */
const maxExcerpt = 160;

/** Secrets are looked for this far around an excerpt: a key that is cut off would no longer look like one. */
const maskMargin = 2048;

/** What YAML reads as another thing than a string when it stands without quotes. */
const bareScalar =
  /^(?:[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?|0x[\da-f]+|0o[0-7]+|[-+]?\.inf|\.nan|true|false|null|~)$/i;

/** A position in the file, 1-based. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** The text of a config file and where each of its settings stands. */
export class ConfigSource {
  readonly file: string;
  readonly text: string;
  readonly root: SourceNode | undefined;
  readonly #lineStarts: number[] = [0];
  readonly #secretRanges: readonly (readonly [start: number, end: number])[];

  /** @param secretPaths settings whose values are secret; their scalars are masked wherever a line is shown. */
  constructor(
    file: string,
    text: string,
    root: SourceNode | undefined,
    secretPaths: readonly ConfigPath[] = [],
  ) {
    this.file = file;
    this.text = text;
    this.root = root;
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1))
      this.#lineStarts.push(at + 1);
    this.#secretRanges = secretPaths.flatMap(path => {
      const node = this.#find(path);
      return node === undefined ? [] : [[node.start, node.end] as const];
    });
  }

  /** Whether the file itself sets the value at `path`. */
  has(path: ConfigPath): boolean {
    return this.#find(path) !== undefined;
  }

  /** Where the setting at `path` stands; a value merged from `defaults` there, any other at its nearest section. */
  locate(path: ConfigPath, at: 'key' | 'value' = 'value'): NodePlace {
    const own = this.#find(path);
    if (own !== undefined) return at === 'key' ? keyOf(own) : own;
    if (path[0] === 'chains' && path.length > 2) {
      const inherited = this.#find(['defaults', ...path.slice(2)]);
      if (inherited !== undefined) return inherited;
    }
    if (path.length === 0) return { start: 0, end: 0 };
    const parent = path.slice(0, -1);
    return this.#find(parent) === undefined ? this.locate(parent, 'key') : keyOf(this.locate(parent));
  }

  position(offset: number): Position {
    let [low, high] = [0, this.#lineStarts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#lineStarts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (this.#lineStarts[low] ?? 0) + 1 };
  }

  /** The scalar at `path` in double quotes, a number or word of YAML bare, short enough for a message; undefined for a secret, a section or a list. */
  describe(path: ConfigPath): string | undefined {
    const node = this.#find(path);
    if (node === undefined || node.kind !== 'scalar') return undefined;
    if (this.#secretRanges.some(([start, end]) => node.start < end && node.end > start)) return undefined;
    const raw = this.text.slice(node.start, Math.min(node.end, node.start + maskMargin));
    const shown = printable(maskSecrets(raw)).replaceAll(/\s+/g, ' ');
    if (shown === '' || bareScalar.test(shown)) return shortened(shown);
    const quoted = /^(["'])(.*)\1$/.exec(shown);
    return `"${shortened(quoted?.[2] ?? shown)}"`;
  }

  /** A finding with its place in the file. */
  diagnose(finding: Finding): Diagnostic {
    const { severity = 'error', code, hint } = finding;
    const what = {
      severity,
      code,
      ...(hint === undefined ? {} : { hint: printable(hint) }),
      file: this.file,
    };
    if (finding.wholeFile === true)
      return { ...what, message: printable(finding.message), line: 0, column: 0, endColumn: 0, path: '' };
    const { start, end } =
      finding.range === undefined ? this.locate(finding.path, finding.at) : rangePlace(finding.range);
    const offset = Math.min(start, this.text.length);
    const { line, column } = this.position(offset);
    const { excerpt, shift } = this.#excerpt(line, column);
    const length = Math.min(
      Math.max(1, end - start),
      Math.max(1, (this.#lineStarts[line] ?? this.text.length + 1) - 1 - offset),
    );
    const message =
      finding.firstAt === undefined
        ? finding.message
        : `${finding.message} (first in line ${this.position(finding.firstAt).line})`;
    return {
      ...what,
      message: printable(message),
      line,
      column,
      endColumn: column + length,
      path: formatPath(finding.path),
      excerpt,
      excerptColumn: column - shift,
    };
  }

  #excerpt(line: number, column: number): { excerpt: string; shift: number } {
    const lineStart = this.#lineStarts[line - 1] ?? 0;
    const lineEnd = Math.max(lineStart, (this.#lineStarts[line] ?? this.text.length + 1) - 1);
    const shift = column > maxExcerpt - 40 ? column - 40 : 0;
    const start = Math.max(lineStart, lineStart + shift - maskMargin);
    const end = Math.min(lineEnd, lineStart + shift + maxExcerpt + maskMargin);
    let masked = maskSecrets(this.text.slice(start, end));
    for (const [from, to] of this.#secretRanges) {
      if (from >= end || to <= start) continue;
      const [a, b] = [Math.max(from, start), Math.min(to, end)];
      const raw = this.text.slice(a, b);
      const value = /^["']?[a-z]{2,5}:\/\//i.test(raw) ? maskSecrets(raw) : maskValue(raw);
      masked = masked.slice(0, a - start) + value + masked.slice(b - start);
    }
    const visible = lineStart + shift - start;
    return { excerpt: printable(masked.slice(visible, visible + maxExcerpt)).trimEnd(), shift };
  }

  #find(path: ConfigPath): SourceNode | undefined {
    let node = this.root;
    for (const part of path) {
      if (node === undefined) return undefined;
      node = childOf(node, part);
    }
    return node;
  }
}

function shortened(text: string): string {
  return text.length > 48 ? `${text.slice(0, 45)}...` : text;
}

function keyOf(place: NodePlace): NodePlace {
  return place.keyStart === undefined
    ? { start: place.start, end: place.start + 1 }
    : { start: place.keyStart, end: place.keyEnd ?? place.start };
}

function rangePlace([start, end]: readonly [number, number]): NodePlace {
  return { start, end };
}

/** A text that cannot steer a terminal: control characters are replaced one by one, so that columns stay true. */
function printable(text: string): string {
  return text
    .replaceAll('\t', ' ')
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, found => '?'.repeat(found.length));
}
