import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import type { Parser } from '../pipeline.ts';
import { isPromised } from '../promised.ts';
import { messageOf } from '../thrown.ts';
import { ParserError } from './errors.ts';

const require = createRequire(import.meta.url);

/**
 * A parser of the user's own: a module that exports one, or a function without arguments that returns one. Loaded with
 * `require`, which takes ES modules and TypeScript, too, unless they wait for something at their top level.
 *
 * @throws {ParserError} parser_module
 */
export function loadParserModule(path: string, exported = 'default'): Parser {
  const file = resolve(path);
  let module: Readonly<Record<string, unknown>>;
  try {
    module = require(file) as Readonly<Record<string, unknown>>;
  } catch (cause) {
    throw new ParserError('parser_module', `the parser ${file} cannot be loaded: ${messageOf(cause)}`, {
      cause,
    });
  }
  let parser = find(module, exported);
  if (typeof parser === 'function') {
    try {
      parser = (parser as () => unknown)();
    } catch (cause) {
      throw new ParserError('parser_module', `\`${exported}\` of ${file} failed: ${messageOf(cause)}`, {
        cause,
      });
    }
  }
  if (isPromised(parser))
    throw new ParserError(
      'parser_module',
      `\`${exported}\` of ${file} is a promise, or returns one: a parser has to be made at once`,
    );
  if (!isParser(parser))
    throw new ParserError(
      'parser_module',
      `${file} exports no parser as \`${exported}\`: an object with \`id\` (text) and \`parse(input)\`, or a function that returns one`,
    );
  return parser;
}

/** `module.exports = …` of CommonJS is its default export. */
function find(module: Readonly<Record<string, unknown>>, exported: string): unknown {
  const value = module[exported];
  return value === undefined && exported === 'default' ? module : value;
}

function isParser(value: unknown): value is Parser {
  const parser = value as Partial<Parser> | null | undefined;
  return typeof parser === 'object' && typeof parser?.id === 'string' && typeof parser.parse === 'function';
}
