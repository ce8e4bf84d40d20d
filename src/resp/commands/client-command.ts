import { isPrintable, setName } from './client-name.ts';
import type { RespClient, RespServices, SessionCall } from './session-call.ts';
import { help, type SessionCommand, type Subcommand, sessionSpec, syntaxError } from './session-command.ts';

type ClientType = 'normal' | 'master' | 'replica' | 'pubsub';

const typeNames: ReadonlyMap<string, ClientType> = new Map([
  ['normal', 'normal'],
  ['master', 'master'],
  ['slave', 'replica'],
  ['replica', 'replica'],
  ['pubsub', 'pubsub'],
]);

function typeOf(client: RespClient, { topics }: RespServices): ClientType {
  return topics.count(client) > 0 ? 'pubsub' : 'normal';
}

/** One line of CLIENT LIST. What has no meaning here is 0, so that tools that read the line still do. */
function describe(client: RespClient, services: RespServices): string {
  const { session, queryBytes, outputBytes } = client;
  const { topics, clock } = services;
  const seconds = (since: number) => Math.floor((clock.now() - since) / 1000);
  const channels = topics.heldBy('channels', client).length;
  const patterns = topics.heldBy('patterns', client).length;
  const fields = [
    `id=${session.id} addr=${session.address} laddr=${session.localAddress} fd=0 name=${session.name}`,
    `age=${seconds(session.openedAt)} idle=${seconds(session.lastUsedAt)}`,
    `flags=${channels + patterns > 0 ? 'P' : 'N'} db=0 sub=${channels} psub=${patterns} ssub=0 multi=-1`,
    `qbuf=${queryBytes} qbuf-free=0 argv-mem=0 multi-mem=0 rbs=0 rbp=0 obl=0 oll=0 omem=${outputBytes}`,
    `tot-mem=${queryBytes + outputBytes} events=r cmd=${session.lastCommand} user=default redir=-1`,
    `resp=${session.protocol} lib-name=${session.libraryName} lib-ver=${session.libraryVersion}`,
  ];
  return `${fields.join(' ')}\n`;
}

function list({ words, services, reply }: SessionCall): void {
  let chosen = [...services.clients.values()];
  if (words.count === 4 && words.lower(2) === 'type') {
    const type = typeNames.get(words.lower(3));
    if (type === undefined) {
      reply.error(`ERR Unknown client type '${words.text(3).slice(0, 128)}'`);
      return;
    }
    chosen = chosen.filter(client => typeOf(client, services) === type);
  } else if (words.count > 3 && words.lower(2) === 'id') {
    const found = new Set<RespClient>();
    for (let i = 3; i < words.count; i++) {
      const id = words.integer(i);
      if (id === undefined) {
        reply.error('ERR Invalid client ID');
        return;
      }
      const client = services.clients.get(id);
      if (client !== undefined) found.add(client);
    }
    chosen = [...found];
  } else if (words.count !== 2) {
    reply.error(syntaxError);
    return;
  }
  reply.verbatim('txt', chosen.map(client => describe(client, services)).join(''));
}

/** Redis keeps the own connection until it has the reply. */
function end(target: RespClient, own: RespClient, services: RespServices): void {
  services.meter.closed('killed');
  if (target === own) own.closeAfterReplies();
  else target.kill();
}

function kill(call: SessionCall): void {
  const { words, services, client: own, reply } = call;
  if (words.count === 3) {
    const address = words.text(2);
    const target = [...services.clients.values()].find(client => client.session.address === address);
    if (target === undefined) reply.error('ERR No such client');
    else {
      end(target, own, services);
      reply.simple('OK');
    }
    return;
  }
  const filters = killFilters(call);
  if (filters === undefined) return;
  const targets = [...services.clients.values()].filter(client => filters.every(accepts => accepts(client)));
  for (const target of targets) end(target, own, services);
  reply.integer(targets.length);
}

/** What a client must be to be killed; undefined: the error is written already. */
function killFilters(call: SessionCall): ((client: RespClient) => boolean)[] | undefined {
  const { words, services, client: own, reply } = call;
  const filters: ((client: RespClient) => boolean)[] = [];
  let sparesOwn = true;
  const refuse = (line: string): undefined => {
    reply.error(line);
  };
  for (let i = 2; i < words.count; i += 2) {
    if (i + 1 >= words.count) return refuse(syntaxError);
    const value = words.text(i + 1);
    switch (words.lower(i)) {
      case 'id': {
        const id = words.integer(i + 1);
        if (id === undefined || id < 1) return refuse('ERR client-id should be greater than 0');
        filters.push(client => client.session.id === id);
        break;
      }
      case 'type': {
        const type = typeNames.get(words.lower(i + 1));
        if (type === undefined) return refuse(`ERR Unknown client type '${value.slice(0, 128)}'`);
        filters.push(client => typeOf(client, services) === type);
        break;
      }
      case 'addr':
        filters.push(client => client.session.address === value);
        break;
      case 'laddr':
        filters.push(client => client.session.localAddress === value);
        break;
      case 'user':
        if (value !== 'default') return refuse(`ERR No such user '${value.slice(0, 128)}'`);
        filters.push(client => client.session.isAuthenticated);
        break;
      case 'skipme': {
        const choice = words.lower(i + 1);
        if (choice !== 'yes' && choice !== 'no') return refuse(syntaxError);
        sparesOwn = choice === 'yes';
        break;
      }
      default:
        return refuse(syntaxError);
    }
  }
  if (sparesOwn) filters.push(client => client !== own);
  return filters;
}

function replyMode(call: SessionCall): void {
  const { words, session, reply, push } = call;
  const mode = words.lower(2);
  if (mode === 'on') {
    session.replyMode = 'on';
    push.simple('OK');
  } else if (mode === 'off') session.replyMode = 'off';
  else if (mode === 'skip') {
    if (session.replyMode !== 'off') session.replyMode = 'skipNext';
  } else reply.error(syntaxError);
}

function setInfo({ words, session, reply }: SessionCall): void {
  const attribute = words.lower(2);
  if (attribute !== 'lib-name' && attribute !== 'lib-ver') {
    reply.error(`ERR Unrecognized option '${words.text(2).slice(0, 128)}'`);
  } else if (words.size(3) > 128 || !isPrintable(words.bytes(3))) {
    reply.error(`ERR ${attribute} cannot contain spaces, newlines or special characters.`);
  } else {
    if (attribute === 'lib-name') session.libraryName = words.text(3);
    else session.libraryVersion = words.text(3);
    reply.simple('OK');
  }
}

/** NO-EVICT and NO-TOUCH: nothing is evicted here, so there is nothing to change. */
function onOrOff({ words, reply }: SessionCall): void {
  const choice = words.lower(2);
  if (choice === 'on' || choice === 'off') reply.simple('OK');
  else reply.error(syntaxError);
}

const helpLines = [
  'GETNAME',
  '    Return the name of the current connection.',
  'ID',
  '    Return the ID of the current connection.',
  'INFO',
  '    Return information about the current client connection.',
  'KILL <ip:port>',
  '    Kill connection made from <ip:port>.',
  'KILL <option> <value> [<option> <value> [...]]',
  '    Kill connections. Options are:',
  '    * ADDR <ip:port>',
  '      Kill connections made from the specified address',
  '    * LADDR <ip:port>',
  '      Kill connections made to specified local address',
  '    * ID <client-id>',
  '      Kill the connection of this ID',
  '    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)',
  '      Kill connections by type.',
  '    * USER <username>',
  '      Kill connections authenticated by <username>.',
  '    * SKIPME (YES|NO)',
  '      Skip killing current connection (default: yes).',
  'LIST [options ...]',
  '    Return information about client connections. Options:',
  '    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)',
  '      Return clients of specified type.',
  '    * ID <client-id> [<client-id> ...]',
  '      Return clients of these IDs.',
  'NO-EVICT (ON|OFF)',
  '    Accepted; connections are not evicted.',
  'NO-TOUCH (ON|OFF)',
  '    Accepted; reading a key changes nothing of it.',
  'REPLY (ON|OFF|SKIP)',
  '    Control the replies sent to the current connection.',
  'SETINFO <option> <value>',
  '    Set the LIB-NAME or LIB-VER of the client.',
  'SETNAME <name>',
  '    Assign the name <name> to the current connection.',
];

const subcommands: ReadonlyMap<string, Subcommand> = new Map<string, Subcommand>([
  ['id', { arity: 2, run: ({ session, reply }) => reply.integer(session.id) }],
  [
    'getname',
    {
      arity: 2,
      run: ({ session, reply }) => (session.name === '' ? reply.null() : reply.text(session.name)),
    },
  ],
  ['setname', { arity: 3, run: call => setName(call, 2) && call.reply.simple('OK') }],
  ['setinfo', { arity: 4, run: setInfo }],
  [
    'info',
    { arity: 2, run: ({ client, services, reply }) => reply.verbatim('txt', describe(client, services)) },
  ],
  ['list', { arity: -2, run: list }],
  ['kill', { arity: -3, run: kill }],
  ['no-evict', { arity: 3, run: onOrOff }],
  ['no-touch', { arity: 3, run: onOrOff }],
  ['reply', { arity: 3, run: replyMode }],
  ['help', { arity: 2, run: help('CLIENT', helpLines) }],
]);

/** CLIENT with its subcommands. */
export const clientCommand: SessionCommand = {
  spec: sessionSpec({
    name: 'client',
    arity: -2,
    flags: [],
    group: 'connection',
    summary: 'A container for client connection commands',
    syntax: 'subcommand [argument ...]',
    since: '2.4.0',
    complexity: 'Depends on subcommand.',
  }),
  subcommands,
};
