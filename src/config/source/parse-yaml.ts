import { Composer, type Document, Lexer, Parser } from 'yaml';
import type { Finding } from '../diagnostic.ts';
import { buildTree } from './build-tree.ts';
import type { SourceNode } from './source-node.ts';

/** Open collections and scalars that the parser may hold: a config nests 8 deep, recursion starts to hurt near 700. */
const maxOpenNodes = 96;

/** Syntax errors after the first few only echo them. */
const maxSyntaxErrors = 10;

export interface ParsedYaml {
  /** Undefined for an empty document and when the syntax is wrong. */
  readonly root: SourceNode | undefined;
  readonly findings: readonly Finding[];
}

/** Reads one YAML 1.2 document into a tree with positions. Nothing in `text` makes it throw. */
export function parseYaml(text: string): ParsedYaml {
  const composer = new Composer({
    prettyErrors: false,
    uniqueKeys: false, // quadratic in the library; the tree builder checks it with a set
    stringKeys: true,
    resolveKnownTags: false,
    logLevel: 'silent',
  });
  const parser = new Parser();
  const documents: Document.Parsed[] = [];
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) documents.push(...composer.next(token));
    if (parser.stack.length > maxOpenNodes) {
      const range = [parser.offset, parser.offset + 1] as const;
      return failed([{ code: 'config_too_large', message: 'the nesting is too deep', path: [], range }]);
    }
  }
  for (const token of parser.end()) documents.push(...composer.next(token));
  documents.push(...composer.end(true, text.length));

  const [document, second] = documents;
  if (document === undefined) return failed([]);
  const errors = [...document.errors, ...document.warnings];
  if (errors.length > 0)
    return failed(firstOfEachLine(errors, text).map(error => syntaxFinding(error, text)));
  if (second !== undefined) {
    const range = [second.range[0], second.range[0] + 3] as const;
    return failed([
      {
        code: 'config_syntax',
        message: 'the file holds more than one YAML document',
        hint: 'remove the `---` line',
        path: [],
        range,
      },
    ]);
  }
  return buildTree(document);
}

function failed(findings: readonly Finding[]): ParsedYaml {
  return { root: undefined, findings };
}

interface SyntaxFault {
  readonly code: string;
  readonly message: string;
  readonly pos: readonly [number, number];
}

/** What follows a first error on its line only echoes it. */
function firstOfEachLine(errors: readonly SyntaxFault[], text: string): SyntaxFault[] {
  const first: SyntaxFault[] = [];
  let lineEnd = -1;
  for (const error of errors) {
    if (error.pos[0] <= lineEnd) continue;
    first.push(error);
    lineEnd = text.indexOf('\n', error.pos[0]);
    if (lineEnd === -1 || first.length === maxSyntaxErrors) break;
  }
  return first;
}

function syntaxFinding(error: SyntaxFault, text: string): Finding {
  const isReference = text.slice(error.pos[0] - 1, error.pos[0] + 1) === '${';
  const hint = isReference ? `inside { } a value with a \${NAME} needs quotes` : hints[error.code];
  const message = error.message.charAt(0).toLowerCase() + error.message.slice(1);
  return {
    code: 'config_syntax',
    message,
    path: [],
    range: error.pos,
    ...(hint === undefined ? {} : { hint }),
  };
}

const hints: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: 'indent with spaces',
  BAD_INDENT: 'keys of one section start in the same column',
  BLOCK_AS_IMPLICIT_KEY: 'a value that contains ": " needs quotes',
  MISSING_CHAR: 'check quotes, brackets and the colon after the key',
  TAG_RESOLVE_FAILED: 'quote a value that starts with "!"',
  BAD_ALIAS: 'quote a value that starts with "*" or "&"',
  MULTIPLE_ANCHORS: 'quote a value that starts with "&"',
};
