import { decode as decodeBase58 } from '../../chains/solana/base58.ts';
import type { Parser } from '../pipeline.ts';
import { anchorParser } from './anchor/anchor-parser.ts';
import { loadIdl } from './anchor/load-idl.ts';
import { ParserError } from './errors.ts';
import { loadParserModule } from './module-parser.ts';
import { computeBudgetParser } from './native/compute-budget-parser.ts';
import { systemParser } from './native/system-parser.ts';
import { type ParserOptions, parserTypes } from './parser-options.ts';
import { rawParser } from './raw-parser.ts';
import { sessionEventParser } from './session-events.ts';
import { splTokenParser, token2022Parser } from './token/token-parser.ts';

/**
 * The parser that the options describe; at the start of a pipeline, for it may read files. It works in a thread of its
 * own as well: what it makes can be sent from there.
 *
 * @throws {ParserError} parser_invalid, parser_module, idl_unreadable, idl_invalid
 */
export function createParser(options: ParserOptions): Parser {
  switch (options.type) {
    case 'raw':
      return rawParser;
    case 'system':
      return systemParser;
    case 'compute_budget':
      return computeBudgetParser;
    case 'spl_token':
      return splTokenParser;
    case 'token_2022':
      return token2022Parser;
    case 'anchor':
      return createAnchorParser(options);
    case 'session_events':
      return sessionEventParser(readKey(need(options, 'program')));
    case 'module':
      return loadParserModule(need(options, 'path'), options.export);
    default:
      // Options of JavaScript, or of another version.
      throw new ParserError(
        'parser_invalid',
        `there is no parser ${JSON.stringify((options as { type?: unknown }).type)}; there are ${parserTypes.join(', ')}`,
      );
  }
}

function createAnchorParser(options: ParserOptions): Parser {
  const path = need(options, 'idl');
  const idl = loadIdl(path);
  const program = options.program === undefined ? idl.program : readKey(options.program);
  if (program === undefined)
    throw new ParserError(
      'parser_invalid',
      `the IDL ${path} has no address; set \`program\` to the program's`,
    );
  return anchorParser(idl, program);
}

function need(options: ParserOptions, name: 'idl' | 'program' | 'path'): string {
  const value = options[name];
  if (value === undefined)
    throw new ParserError('parser_invalid', `a parser of type ${options.type} needs \`${name}\``);
  return value;
}

function readKey(text: string): Uint8Array {
  const bytes = decodeBase58(text);
  if (bytes?.length !== 32)
    throw new ParserError('parser_invalid', `\`program\` is no address: ${JSON.stringify(text)}`);
  return bytes;
}
