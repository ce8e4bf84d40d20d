import { acceptsArguments } from '../../storage/commands/command-spec.ts';
import { commandTable } from '../../storage/commands/command-table.ts';
import type { Words } from '../words.ts';
import type { SessionCall } from './session-call.ts';
import { fitsArity, type SessionCommand, type Subcommand } from './session-command.ts';
import { sessionTable } from './session-table.ts';

/**
 * Looks at a command as Redis does before it runs one, in Redis' order: does it exist, are the arguments as many as it
 * takes, may this client use it now. Runs a session command.
 *
 * @param opcode of the storage command; -1: it is none
 * @returns whether it is a storage command to run; otherwise the reply is written
 */
export function runCommand(call: SessionCall, opcode: number): boolean {
  const { words, session, services, reply } = call;
  const name = words.lower(0);
  const command = opcode === -1 ? sessionTable.get(name) : undefined;
  if (opcode === -1 && command === undefined) {
    services.meter.sessionCommand('unknown');
    return refuse(call, 'unknown', unknownCommand(words));
  }
  if (command !== undefined) services.meter.sessionCommand(command.spec.name);
  else services.meter.storageCommand(opcode);
  const subcommand = subcommandOf(command, words);
  if (subcommand === null) {
    const container = name.toUpperCase();
    const asked = words.text(1).slice(0, 128);
    return refuse(call, 'unknown', `ERR unknown subcommand '${asked}'. Try ${container} HELP.`);
  }
  const fullName = subcommand === undefined ? name : `${name}|${words.lower(1)}`;
  if (!fits(opcode, command, subcommand, words)) {
    return refuse(call, 'arguments', `ERR wrong number of arguments for '${fullName}' command`);
  }
  if (!session.isAuthenticated && command?.isOpen !== true) {
    return refuse(call, 'unauthenticated', 'NOAUTH Authentication required.');
  }
  const isBound = session.protocol === 2 && services.topics.count(call.client) > 0;
  if (isBound && command?.isForSubscribers !== true) {
    const line = `ERR Can't execute '${fullName}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context`;
    return refuse(call, 'context', line);
  }
  session.lastCommand = fullName;
  if (command === undefined) return true;
  const run = subcommand?.run ?? command.run;
  if (run === undefined) reply.error(`ERR wrong number of arguments for '${fullName}' command`);
  else run(call);
  return false;
}

/** `null`: the command has subcommands, but none of that name. */
function subcommandOf(command: SessionCommand | undefined, words: Words): Subcommand | undefined | null {
  if (command?.subcommands === undefined || words.count < 2) return undefined;
  return command.subcommands.get(words.lower(1)) ?? null;
}

function fits(
  opcode: number,
  command: SessionCommand | undefined,
  subcommand: Subcommand | undefined,
  words: Words,
): boolean {
  if (command === undefined) return acceptsArguments(commandTable[opcode]!, words.count - 1);
  return fitsArity(subcommand?.arity ?? command.spec.arity, words.count);
}

function refuse(
  { reply, services }: SessionCall,
  reason: 'unknown' | 'arguments' | 'unauthenticated' | 'context',
  line: string,
): false {
  services.meter.refused(reason);
  reply.error(line);
  return false;
}

const shownBytes = 128;

function unknownCommand(words: Words): string {
  let beginning = '';
  for (let i = 1; i < words.count && beginning.length < shownBytes; i++) {
    beginning += `'${shown(words, i, shownBytes - beginning.length)}' `;
  }
  return `ERR unknown command '${shown(words, 0, shownBytes)}', with args beginning with: ${beginning}`;
}

/** The first bytes of a word; to a zero byte, as Redis prints it as a C string. */
function shown(words: Words, index: number, length: number): string {
  const bytes = words.bytes(index);
  const zero = bytes.indexOf(0);
  return bytes.toString('utf8', 0, Math.min(length, zero === -1 ? bytes.length : zero));
}
