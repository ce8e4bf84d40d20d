import { compileGlob } from '../../protocol/resp/glob.ts';
import type { ReplyWriter } from '../../protocol/resp/reply-writer.ts';
import type { SessionCall } from './session-call.ts';
import {
  fitsArity,
  help,
  type SessionCommand,
  type SessionCommandSpec,
  type Subcommand,
  sessionSpec,
  syntaxError,
} from './session-command.ts';

/** What COMMAND tells of any command; storage commands and session commands alike. */
export type DescribedCommand = Omit<SessionCommandSpec, 'group'> & { readonly group: string };

/** Redis lists a command's categories in this order. */
function categories({ group, flags, name }: DescribedCommand): string[] {
  const found: string[] = [];
  const isData = flags.includes('readonly') || flags.includes('write');
  if (isData && group !== 'string') found.push('@keyspace');
  if (flags.includes('readonly')) found.push('@read');
  if (flags.includes('write')) found.push('@write');
  if (group === 'string') found.push('@string');
  if (flags.includes('pubsub')) found.push('@pubsub');
  found.push(flags.includes('fast') ? '@fast' : '@slow');
  if (name === 'flushall' || name === 'info') found.push('@dangerous');
  if (group === 'connection') found.push('@connection');
  return found;
}

function writeInfo(reply: ReplyWriter, spec: DescribedCommand): void {
  reply.array(10);
  reply.text(spec.name);
  reply.integer(spec.arity);
  reply.set(spec.flags.length);
  for (const flag of spec.flags) reply.simple(flag);
  reply.integer(spec.firstKey);
  reply.integer(spec.lastKey);
  reply.integer(spec.keyStep);
  const names = categories(spec);
  reply.set(names.length);
  for (const name of names) reply.simple(name);
  // Tips, key specifications and subcommands.
  for (let i = 0; i < 3; i++) reply.array(0);
}

function writeDocs(reply: ReplyWriter, spec: DescribedCommand): void {
  reply.text(spec.name);
  const fields = [
    ['summary', spec.summary],
    ['since', spec.since],
    ['group', spec.group],
    ['complexity', spec.complexity],
  ];
  reply.map(fields.length);
  for (const [field, value] of fields) {
    reply.text(field!);
    reply.text(value!);
  }
}

/** The commands named by the words from `from` on; undefined where there is none of that name. */
function named(
  { words }: SessionCall,
  table: ReadonlyMap<string, DescribedCommand>,
  from: number,
): (DescribedCommand | undefined)[] {
  const found: (DescribedCommand | undefined)[] = [];
  for (let i = from; i < words.count; i++) found.push(table.get(words.lower(i)));
  return found;
}

function info(call: SessionCall, table: ReadonlyMap<string, DescribedCommand>, from: number): void {
  const chosen = call.words.count > from ? named(call, table, from) : [...table.values()];
  call.reply.array(chosen.length);
  for (const spec of chosen) {
    if (spec === undefined) call.reply.null();
    else writeInfo(call.reply, spec);
  }
}

function docs(call: SessionCall, table: ReadonlyMap<string, DescribedCommand>): void {
  const chosen = call.words.count > 2 ? new Set(named(call, table, 2)) : new Set(table.values());
  chosen.delete(undefined);
  call.reply.map(chosen.size);
  for (const spec of chosen) writeDocs(call.reply, spec!);
}

function list(call: SessionCall, table: ReadonlyMap<string, DescribedCommand>): void {
  const { words, reply } = call;
  let chosen = [...table.values()];
  if (words.count !== 2) {
    const kind = words.count === 5 && words.lower(2) === 'filterby' ? words.lower(3) : undefined;
    if (kind === 'pattern') {
      const isMatch = compileGlob(Buffer.from(words.bytes(4).toString('latin1').toLowerCase(), 'latin1'));
      chosen = chosen.filter(spec => isMatch(Buffer.from(spec.name)));
    } else if (kind === 'aclcat') {
      const category = `@${words.lower(4)}`;
      chosen = chosen.filter(spec => categories(spec).includes(category));
    } else if (kind === 'module') chosen = [];
    else {
      reply.error(syntaxError);
      return;
    }
  }
  reply.array(chosen.length);
  for (const spec of chosen) reply.text(spec.name);
}

function getKeys({ words, reply }: SessionCall, table: ReadonlyMap<string, DescribedCommand>): void {
  const spec = table.get(words.lower(2));
  const count = words.count - 2;
  if (spec === undefined) reply.error('ERR Invalid command specified');
  else if (spec.firstKey === 0) reply.error('ERR The command has no key arguments');
  else if (!fitsArity(spec.arity, count)) {
    reply.error('ERR Invalid number of arguments specified for command');
  } else {
    const last = spec.lastKey < 0 ? count + spec.lastKey : spec.lastKey;
    const keys: number[] = [];
    for (let at = spec.firstKey; at <= last; at += spec.keyStep) keys.push(at + 2);
    reply.array(keys.length);
    for (const key of keys) reply.bulk(words.bytes(key));
  }
}

/** COMMAND with its subcommands, over the table that `commands` returns. */
export function commandCommand(commands: () => ReadonlyMap<string, DescribedCommand>): SessionCommand {
  const subcommands = new Map<string, Subcommand>([
    ['count', { arity: 2, run: ({ reply }) => reply.integer(commands().size) }],
    ['info', { arity: -2, run: call => info(call, commands(), 2) }],
    ['docs', { arity: -2, run: call => docs(call, commands()) }],
    ['list', { arity: -2, run: call => list(call, commands()) }],
    ['getkeys', { arity: -4, run: call => getKeys(call, commands()) }],
    [
      'help',
      {
        arity: 2,
        run: help('COMMAND', [
          '(no subcommand)',
          '    Return details about all commands.',
          'COUNT',
          '    Return the total number of commands in this server.',
          'LIST',
          '    Return a list of all commands in this server.',
          'INFO [<command-name> ...]',
          '    Return details about multiple commands.',
          'DOCS [<command-name> ...]',
          '    Return documentation details about multiple commands.',
          'GETKEYS <full-command>',
          '    Return the keys from a full command.',
        ]),
      },
    ],
  ]);
  return {
    spec: sessionSpec({
      name: 'command',
      arity: -1,
      flags: ['loading', 'stale'],
      group: 'server',
      summary: 'Get array of command details',
      syntax: '[subcommand [argument ...]]',
      since: '2.8.13',
      complexity: 'O(N) where N is the total number of commands',
    }),
    run: call => info(call, commands(), 1),
    subcommands,
  };
}
