/** The parsers that can be named in a pipeline's `parser.type`. */
export const parserTypes = [
  'raw',
  'system',
  'spl_token',
  'token_2022',
  'compute_budget',
  'anchor',
  'session_events',
  'module',
] as const;

/** The name of a parser. */
export type ParserType = (typeof parserTypes)[number];

/** Which parser a pipeline has; plain data, so that it can be sent to a thread. */
export interface ParserOptions {
  /** `raw`: updates as they are, as JSON; `module`: a parser of the user's own. */
  readonly type: ParserType;
  /** `anchor`: the file of the IDL; needed there, of no use elsewhere. */
  readonly idl?: string | undefined;
  /**
   * The program's address, base58. `session_events`: needed, for any program can log what looks like its events;
   * `anchor`: @default the one in the IDL.
   */
  readonly program?: string | undefined;
  /** `module`: the file, from the folder that Trunkline was started in; needed there, of no use elsewhere. */
  readonly path?: string | undefined;
  /** `module`: the name under which it exports the parser, or a function that returns one. @default `default` */
  readonly export?: string | undefined;
}
