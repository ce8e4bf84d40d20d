import { setName } from './client-name.ts';
import type { SessionCall } from './session-call.ts';
import { type SessionCommand, sessionSpec, syntaxError } from './session-command.ts';

/** The version of Redis whose answers are given; clients branch on it. */
export const redisVersion = '7.0.15';

const wrongPassword = 'WRONGPASS invalid username-password pair or user is disabled.';
const handshakeFlags = ['noscript', 'loading', 'stale', 'fast', 'no_auth', 'allow_busy'];
const group = 'connection';

function ping({ words, session, client, services, reply }: SessionCall): void {
  if (words.count > 2) reply.error("ERR wrong number of arguments for 'ping' command");
  else if (session.protocol === 2 && services.topics.count(client) > 0) {
    reply.array(2);
    reply.text('pong');
    if (words.count === 2) reply.bulk(words.bytes(1));
    else reply.text('');
  } else if (words.count === 2) reply.bulk(words.bytes(1));
  else reply.simple('PONG');
}

function select({ words, reply }: SessionCall): void {
  const index = words.integer(1);
  if (index === undefined) reply.error('ERR value is not an integer or out of range');
  else if (index < -(2 ** 31) || index >= 2 ** 31) {
    reply.error('ERR value is out of range, value must between -2147483648 and 2147483647');
  } else if (index !== 0) reply.error('ERR DB index is out of range');
  else reply.simple('OK');
}

function quit({ client, reply }: SessionCall): void {
  reply.simple('OK');
  client.closeAfterReplies();
}

function reset({ session, client, services, reply }: SessionCall): void {
  services.topics.forget(client);
  session.name = '';
  session.replyMode = 'on';
  session.protocol = 2;
  session.isAuthenticated = services.options.password === undefined;
  reply.protocol = 2;
  reply.simple('RESET');
}

/** Whether user and password are right; the session is authenticated then. */
function authenticate(call: SessionCall, user: string, passwordWord: number): boolean {
  const { session, services, words } = call;
  if (user !== 'default' || !services.isPassword(words.bytes(passwordWord))) {
    services.meter.authenticationFailures.add();
    return false;
  }
  session.isAuthenticated = true;
  return true;
}

function auth(call: SessionCall): void {
  const { words, services, reply } = call;
  if (words.count > 3) reply.error(syntaxError);
  else if (words.count === 2 && services.options.password === undefined) {
    reply.error(
      'ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?',
    );
  } else if (authenticate(call, words.count === 2 ? 'default' : words.text(1), words.count - 1)) {
    reply.simple('OK');
  } else reply.error(wrongPassword);
}

function hello(call: SessionCall): void {
  const { words, session, reply } = call;
  const version = words.count > 1 ? words.integer(1) : session.protocol;
  if (version === undefined) {
    reply.error('ERR Protocol version is not an integer or out of range');
    return;
  }
  if (version !== 2 && version !== 3) {
    reply.error('NOPROTO unsupported protocol version');
    return;
  }
  let user: string | undefined;
  let passwordWord = 0;
  let nameWord = 0;
  for (let i = 2; i < words.count; i++) {
    const option = words.lower(i);
    const following = words.count - 1 - i;
    if (option === 'auth' && following >= 2) {
      user = words.text(i + 1);
      passwordWord = i + 2;
      i += 2;
    } else if (option === 'setname' && following >= 1) nameWord = ++i;
    else {
      reply.error(`ERR Syntax error in HELLO option '${words.text(i).slice(0, 128)}'`);
      return;
    }
  }
  if (user !== undefined && !authenticate(call, user, passwordWord)) {
    reply.error(wrongPassword);
    return;
  }
  if (!session.isAuthenticated) {
    reply.error(
      'NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time',
    );
    return;
  }
  if (nameWord > 0 && !setName(call, nameWord)) return;
  session.protocol = version;
  reply.protocol = version;
  reply.map(7);
  reply.text('server');
  reply.text('redis');
  reply.text('version');
  reply.text(redisVersion);
  reply.text('proto');
  reply.integer(version);
  reply.text('id');
  reply.integer(session.id);
  reply.text('mode');
  reply.text('standalone');
  reply.text('role');
  reply.text('master');
  reply.text('modules');
  reply.array(0);
}

/** AUTH, HELLO, PING, ECHO, SELECT, QUIT and RESET. */
export const connectionCommands: readonly SessionCommand[] = [
  {
    spec: sessionSpec({
      name: 'auth',
      arity: -2,
      flags: handshakeFlags,
      group,
      summary: 'Authenticate to the server',
      syntax: '[username] password',
      since: '1.0.0',
    }),
    run: auth,
    isOpen: true,
  },
  {
    spec: sessionSpec({
      name: 'hello',
      arity: -1,
      flags: handshakeFlags,
      group,
      summary: 'Handshake: choose the version of the protocol',
      syntax: '[protover [AUTH username password] [SETNAME clientname]]',
      since: '6.0.0',
    }),
    run: hello,
    isOpen: true,
  },
  {
    spec: sessionSpec({
      name: 'ping',
      arity: -1,
      flags: ['fast'],
      group,
      summary: 'Ping the server',
      syntax: '[message]',
      since: '1.0.0',
    }),
    run: ping,
    isForSubscribers: true,
  },
  {
    spec: sessionSpec({
      name: 'echo',
      arity: 2,
      flags: ['loading', 'stale', 'fast'],
      group,
      summary: 'Echo the given string',
      syntax: 'message',
      since: '1.0.0',
    }),
    run: ({ words, reply }) => reply.bulk(words.bytes(1)),
  },
  {
    spec: sessionSpec({
      name: 'select',
      arity: 2,
      flags: ['loading', 'stale', 'fast'],
      group,
      summary: 'Change the selected database; there is database 0 only',
      syntax: 'index',
      since: '1.0.0',
    }),
    run: select,
  },
  {
    spec: sessionSpec({
      name: 'quit',
      arity: -1,
      flags: handshakeFlags,
      group,
      summary: 'Close the connection',
      syntax: '',
      since: '1.0.0',
    }),
    run: quit,
    isOpen: true,
    isForSubscribers: true,
  },
  {
    spec: sessionSpec({
      name: 'reset',
      arity: 1,
      flags: handshakeFlags,
      group,
      summary: 'Reset the connection',
      syntax: '',
      since: '6.2.0',
    }),
    run: reset,
    isOpen: true,
    isForSubscribers: true,
  },
];
