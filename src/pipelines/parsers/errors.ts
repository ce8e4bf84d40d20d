import {
  type ErrorCatalogue,
  TrunklineError,
  type TrunklineErrorOptions,
} from '../../errors/trunkline-error.ts';

/** Errors of the parsers' definitions; what does not read in an update is no error of these but an outcome. */
export const parserErrors = {
  parser_invalid: {
    sentence: 'The definition of a parser lacks something or names something unknown; the message says what.',
  },
  parser_module: {
    sentence: 'The module of a parser cannot be loaded, or does not export a parser; the message says what.',
  },
  idl_unreadable: { sentence: 'The file of an IDL cannot be read; the message says why.' },
  idl_invalid: {
    sentence:
      'The IDL is not one of Anchor that can be followed; the message names the place in it and what to do.',
  },
} as const satisfies ErrorCatalogue;

/** A stable code of the parsers' errors. */
export type ParserErrorCode = keyof typeof parserErrors;

/** An error in the definition of a parser. */
export class ParserError extends TrunklineError<ParserErrorCode> {
  constructor(code: ParserErrorCode, message: string, options?: TrunklineErrorOptions) {
    super(parserErrors, code, message, options);
  }
}
