/** What Redis calls a command's flags, of those that are used here. */
export type CommandFlag = 'readonly' | 'write' | 'denyoom' | 'fast';

/** The part of the documentation that a command belongs to. */
export type CommandGroup = 'string' | 'generic' | 'server';

/** A command as data: what the parser, the router, `COMMAND` and the documentation need to know of it. */
export interface CommandSpec {
  /** In lower case, letters only. */
  readonly name: string;
  /** Redis' arity: the number of words with the name; negative: at least that many. */
  readonly arity: number;
  readonly flags: readonly CommandFlag[];
  /** Position of the first key among the words, the name being 0; 0: the command has no keys. */
  readonly firstKey: number;
  /** Position of the last key; negative: counted from the end. */
  readonly lastKey: number;
  /** Words from one key to the next. */
  readonly keyStep: number;
  readonly complexity: string;
  /** The doc line. */
  readonly summary: string;
  /** The arguments as they are documented. */
  readonly syntax: string;
  /** The version of Redis that brought it. */
  readonly since: string;
  readonly group: CommandGroup;
  /**
   * Whether it has the same effect and the same reply when it is run twice. With options it may be otherwise: ask
   * `canRepeat`.
   */
  readonly isRepeatable: boolean;
}

/** Whether `argumentCount` arguments, without the name, are as many as the command takes. */
export function acceptsArguments(spec: Pick<CommandSpec, 'arity'>, argumentCount: number): boolean {
  return spec.arity >= 0 ? argumentCount === spec.arity - 1 : argumentCount >= -spec.arity - 1;
}

/** Whether the command changes data; what does not may run on a reader. */
export function isWrite(spec: Pick<CommandSpec, 'flags'>): boolean {
  return spec.flags.includes('write');
}
