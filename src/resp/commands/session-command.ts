import type { CommandSpec } from '../../storage/commands/command-spec.ts';
import type { SessionHandler } from './session-call.ts';

/** A command that needs no storage, as data; the shape of the storage table's entries. */
export interface SessionCommandSpec extends Omit<CommandSpec, 'flags' | 'group' | 'isRepeatable'> {
  readonly flags: readonly string[];
  readonly group: 'connection' | 'server' | 'pubsub';
}

export interface Subcommand {
  /** Redis' arity, the command's own name counted. */
  readonly arity: number;
  readonly run: SessionHandler;
}

export interface SessionCommand {
  readonly spec: SessionCommandSpec;
  /** Runs the command; absent where there are only subcommands. */
  readonly run?: SessionHandler;
  readonly subcommands?: ReadonlyMap<string, Subcommand>;
  /** Whether it is taken before the client has authenticated itself. */
  readonly isOpen?: boolean;
  /** Whether it is taken from a RESP2 client that has subscriptions. */
  readonly isForSubscribers?: boolean;
}

/** A specification with what these commands have in common: no keys, constant time. */
export function sessionSpec(
  fields: Pick<SessionCommandSpec, 'name' | 'arity' | 'flags' | 'group' | 'summary' | 'syntax' | 'since'> &
    Partial<SessionCommandSpec>,
): SessionCommandSpec {
  return { firstKey: 0, lastKey: 0, keyStep: 0, complexity: 'O(1)', ...fields };
}

/** Whether `words` words, the name counted, are as many as an arity allows. */
export function fitsArity(arity: number, words: number): boolean {
  return arity >= 0 ? words === arity : words >= -arity;
}

/** A handler for HELP: the lines as Redis frames them. */
export function help(command: string, lines: readonly string[]): SessionHandler {
  const all = [
    `${command} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:`,
    ...lines,
    'HELP',
    '    Prints this help.',
  ];
  return ({ reply }) => {
    reply.array(all.length);
    for (const line of all) reply.simple(line);
  };
}

/** What Redis answers where an option is not understood. */
export const syntaxError = 'ERR syntax error';
