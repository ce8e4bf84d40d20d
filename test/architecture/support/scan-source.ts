/** A TypeScript source taken apart just far enough for rules about its imports and its words. */
export interface ScannedSource {
  /** The source with comments, texts of strings and regular expressions blanked; offsets and lines are kept. */
  readonly code: string;
  /** All static and dynamic imports and re-exports. */
  readonly imports: readonly ScannedImport[];
}

/** One import of a source. */
export interface ScannedImport {
  readonly specifier: string;
  /** `import type` and `export type`, which leave nothing behind at run time. */
  readonly typeOnly: boolean;
}

/** Blanks what is no code and collects the imports. */
export function scanSource(source: string): ScannedSource {
  const withStrings = source.split('');
  const code = source.split('');
  let at = 0;
  /** Depths of braces at which a template continues. */
  const templates: number[] = [];
  let depth = 0;
  let last = '';

  const blank = (from: number, to: number, strings: boolean) => {
    for (let i = from; i < to; i++) {
      if (source[i] === '\n') continue;
      code[i] = ' ';
      if (!strings) withStrings[i] = ' ';
    }
  };
  const template = () => {
    const start = at;
    while (at < source.length && source[at] !== '`' && source.slice(at, at + 2) !== '${') {
      at += source[at] === '\\' ? 2 : 1;
    }
    blank(start, at, true);
    if (source[at] === '`') at++;
    else {
      templates.push(depth++);
      at += 2;
    }
    last = '`';
  };

  while (at < source.length) {
    const character = source[at]!;
    const start = at;
    if (source.startsWith('//', at)) {
      at = endOf(source, '\n', at);
      blank(start, at, false);
    } else if (source.startsWith('/*', at)) {
      at = endOf(source, '*/', at + 2) + 2;
      blank(start, at, false);
    } else if (character === '"' || character === "'") {
      at = skipQuoted(source, at, character);
      blank(start + 1, at - 1, true);
      last = character;
    } else if (character === '`') {
      at++;
      template();
    } else if (character === '/' && beginsRegExp(source.slice(0, at), last)) {
      at = skipRegExp(source, at);
      blank(start + 1, at - 1, false);
      last = '/';
    } else if (character === '}' && templates.at(-1) === depth - 1) {
      templates.pop();
      depth--;
      at++;
      template();
    } else {
      if (character === '{') depth++;
      if (character === '}') depth--;
      if (character.trim() !== '') last = character;
      at++;
    }
  }
  return { code: code.join(''), imports: importsOf(withStrings.join(''), code.join('')) };
}

const importForms = [
  /\b(?:import|export)\b[^'"`;()]*?\bfrom\s*(["'])([^"'\n]+)\1/g,
  /\bimport\s*(["'])([^"'\n]+)\1/g,
  /\bimport\s*\(\s*(["'`])([^"'`\n]+)\1/g,
  /\brequire\s*\(\s*(["'])([^"'\n]+)\1/g,
];

function importsOf(withStrings: string, code: string): ScannedImport[] {
  const found: ScannedImport[] = [];
  for (const form of importForms) {
    for (const match of withStrings.matchAll(form)) {
      // Inside a string the keyword is blanked in `code`.
      if (!code.startsWith(match[0].slice(0, 6), match.index)) continue;
      found.push({ specifier: match[2]!, typeOnly: /^\w+\s+type\b(?!\s*(?:from|,))/.test(match[0]) });
    }
  }
  return found;
}

function endOf(source: string, mark: string, from: number): number {
  const end = source.indexOf(mark, from);
  return end < 0 ? source.length : end;
}

function skipQuoted(source: string, start: number, quote: string): number {
  let at = start + 1;
  while (at < source.length && source[at] !== quote && source[at] !== '\n') at += source[at] === '\\' ? 2 : 1;
  return at + 1;
}

function skipRegExp(source: string, start: number): number {
  let at = start + 1;
  let inClass = false;
  while (at < source.length && source[at] !== '\n' && (inClass || source[at] !== '/')) {
    if (source[at] === '[') inClass = true;
    if (source[at] === ']') inClass = false;
    at += source[at] === '\\' ? 2 : 1;
  }
  return at + 1;
}

/** A slash after a value divides; after anything else it begins a regular expression. */
function beginsRegExp(before: string, last: string): boolean {
  if (/[\w$)\]}'"`]/.test(last))
    return /\b(?:return|typeof|case|in|of|void|delete|do|else)\s*$/.test(before.slice(-20));
  return true;
}
