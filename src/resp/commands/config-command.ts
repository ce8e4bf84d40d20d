import { compileGlob } from '../../protocol/resp/glob.ts';
import type { RespServices, SessionCall } from './session-call.ts';
import { help, type SessionCommand, type Subcommand, sessionSpec, syntaxError } from './session-command.ts';

/** What CONFIG GET tells: names of Redis for what is so here, in the order that it lists them. */
function settings({ options, figures, port }: RespServices): ReadonlyMap<string, string> {
  return new Map([
    ['appendonly', 'no'],
    ['bind', options.host],
    ['databases', '1'],
    ['maxclients', String(options.maxConnections)],
    ['maxmemory', String(figures().maxBytes)],
    ['maxmemory-policy', 'noeviction'],
    ['port', String(port)],
    ['proto-max-bulk-len', String(options.maxBulkBytes)],
    ['save', ''],
    ['timeout', String(Math.ceil(options.idleTimeoutMs / 1000))],
  ]);
}

function get({ words, services, reply }: SessionCall): void {
  const all = settings(services);
  const found = new Map<string, string>();
  for (let i = 2; i < words.count; i++) {
    const asked = words.text(i);
    const exact = all.get(asked.toLowerCase());
    // A name is given back as it was asked for.
    if (exact !== undefined) found.set(asked, exact);
    else if (/[[*?]/.test(asked)) {
      const isMatch = compileGlob(Buffer.from(asked.toLowerCase()));
      for (const [name, value] of all) if (isMatch(Buffer.from(name))) found.set(name, value);
    }
  }
  reply.map(found.size);
  for (const [name, value] of found) {
    reply.text(name);
    reply.text(value);
  }
}

function set({ words, services, reply }: SessionCall): void {
  if (words.count % 2 !== 0) {
    reply.error(syntaxError);
    return;
  }
  const known = settings(services);
  for (let i = 2; i < words.count; i += 2) {
    const name = words.text(i);
    if (known.has(name.toLowerCase())) continue;
    reply.error(`ERR Unknown option or number of arguments for CONFIG SET - '${name.slice(0, 128)}'`);
    return;
  }
  const first = words.text(2);
  reply.error(`ERR CONFIG SET failed (possibly related to argument '${first}') - can't set immutable config`);
}

const subcommands: ReadonlyMap<string, Subcommand> = new Map<string, Subcommand>([
  ['get', { arity: -3, run: get }],
  ['set', { arity: -4, run: set }],
  [
    'rewrite',
    { arity: 2, run: ({ reply }) => reply.error('ERR The server is running without a config file') },
  ],
  [
    'help',
    {
      arity: 2,
      run: help('CONFIG', [
        'GET <pattern>',
        '    Return parameters matching the glob-like <pattern> and their values.',
        'SET <directive> <value>',
        '    Refused: the settings are in the configuration of Trunkline.',
      ]),
    },
  ],
]);

/** CONFIG with its subcommands; settings can be read only. */
export const configCommand: SessionCommand = {
  spec: sessionSpec({
    name: 'config',
    arity: -2,
    flags: [],
    group: 'server',
    summary: 'A container for server configuration commands',
    syntax: 'subcommand [argument ...]',
    since: '2.0.0',
    complexity: 'Depends on subcommand.',
  }),
  subcommands,
};
