import type { Diagnostic } from './diagnostic.ts';

export interface FormatOptions {
  /** Whether to use ANSI colours. @default false */
  readonly colour?: boolean;
}

/** Diagnostics as a compiler prints them: what is wrong, where, the line with a caret below, and what to do. */
export function formatDiagnostics(
  diagnostics: readonly Diagnostic[],
  { colour = false }: FormatOptions = {},
): string {
  const paint = (code: number, text: string) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);
  const blocks = diagnostics.map(diagnostic => {
    const tint = diagnostic.severity === 'error' ? 31 : 33;
    const lines = [
      `${paint(tint, `${diagnostic.severity}[${diagnostic.code}]`)}: ${paint(1, diagnostic.message)}`,
    ];
    const margin = ' '.repeat(String(diagnostic.line).length);
    if (diagnostic.line === 0) lines.push(`${margin}${paint(36, '-->')} ${diagnostic.file}`);
    else {
      const { excerpt = '', excerptColumn = diagnostic.column, column, endColumn } = diagnostic;
      const before = ' '.repeat(displayWidth(excerpt.slice(0, excerptColumn - 1)) || excerptColumn - 1);
      const marked = excerpt.slice(excerptColumn - 1, excerptColumn - 1 + endColumn - column);
      lines.push(
        `${margin}${paint(36, '-->')} ${diagnostic.file}:${diagnostic.line}:${column}`,
        `${margin} ${paint(36, '|')}`,
        `${paint(36, `${diagnostic.line} |`)} ${excerpt}`,
        `${margin} ${paint(36, '|')} ${before}${paint(tint, '^'.repeat(Math.max(1, displayWidth(marked))))}`,
      );
    }
    if (diagnostic.hint !== undefined) lines.push(`${margin} ${paint(36, '=')} help: ${diagnostic.hint}`);
    return lines.join('\n');
  });
  return blocks.join('\n\n');
}

/** "2 errors, 1 warning"; empty when there is neither. */
export function countDiagnostics(diagnostics: readonly Diagnostic[]): string {
  const errors = diagnostics.filter(({ severity }) => severity === 'error').length;
  const warnings = diagnostics.length - errors;
  const count = (n: number, word: string) => (n === 0 ? [] : [`${n} ${word}${n === 1 ? '' : 's'}`]);
  return [...count(errors, 'error'), ...count(warnings, 'warning')].join(', ');
}

/** Columns that a text takes on a terminal: East Asian wide characters and emoji take two, combining ones none. */
function displayWidth(text: string): number {
  let width = 0;
  for (const char of text) {
    if (/\p{Mark}/u.test(char)) continue;
    width +=
      /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u.test(
        char,
      )
        ? 2
        : 1;
  }
  return width;
}
