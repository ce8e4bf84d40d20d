import { compileGlob } from '../../protocol/resp/glob.ts';
import type { SessionCall, SessionHandler } from './session-call.ts';
import { help, type SessionCommand, type Subcommand, sessionSpec } from './session-command.ts';

type Kind = 'channels' | 'patterns';

/** Tells the client of one subscription or its end, and how many it holds now. */
function confirm(call: SessionCall, verb: string, name: Uint8Array | undefined): void {
  const { push, services, client } = call;
  push.push(3);
  push.text(verb);
  if (name === undefined) push.null();
  else push.bulk(name);
  push.integer(services.topics.count(client));
}

const subscribe =
  (kind: Kind, verb: string): SessionHandler =>
  call => {
    const { words, services, client, reply } = call;
    for (let i = 1; i < words.count; i++) {
      const name = words.bytes(i);
      const isTaken =
        kind === 'channels'
          ? services.topics.subscribe(name, client)
          : services.topics.subscribePattern(name, client);
      if (isTaken) confirm(call, verb, name);
      else reply.error('ERR too many subscriptions, or too long a name');
    }
  };

const unsubscribe =
  (kind: Kind, verb: string): SessionHandler =>
  call => {
    const { words, services, client } = call;
    const names: Uint8Array[] = [];
    if (words.count === 1) names.push(...services.topics.heldBy(kind, client));
    else for (let i = 1; i < words.count; i++) names.push(words.bytes(i));
    for (const name of names) {
      if (kind === 'channels') services.topics.unsubscribe(name, client);
      else services.topics.unsubscribePattern(name, client);
      confirm(call, verb, name);
    }
    if (names.length === 0) confirm(call, verb, undefined);
  };

function publish({ words, services, reply }: SessionCall): void {
  services.meter.published.add();
  reply.integer(services.topics.publish(words.bytes(1), words.bytes(2)));
}

function channels({ words, services, reply }: SessionCall): void {
  if (words.count > 3) {
    const asked = words.text(1);
    reply.error(`ERR unknown subcommand or wrong number of arguments for '${asked}'. Try PUBSUB HELP.`);
    return;
  }
  const isMatch = words.count > 2 ? compileGlob(words.bytes(2)) : () => true;
  const names = services.topics.channels(isMatch);
  reply.array(names.length);
  for (const name of names) reply.bulk(name);
}

function numsub({ words, services, reply }: SessionCall): void {
  reply.array((words.count - 2) * 2);
  for (let i = 2; i < words.count; i++) {
    reply.bulk(words.bytes(i));
    reply.integer(services.topics.subscribersOf(words.bytes(i)));
  }
}

const subcommands: ReadonlyMap<string, Subcommand> = new Map<string, Subcommand>([
  ['channels', { arity: -2, run: channels }],
  ['numsub', { arity: -2, run: numsub }],
  ['numpat', { arity: 2, run: ({ services, reply }) => reply.integer(services.topics.patternCount) }],
  [
    'help',
    {
      arity: 2,
      run: help('PUBSUB', [
        'CHANNELS [<pattern>]',
        "    Return the currently active channels matching a <pattern> (default: '*').",
        'NUMPAT',
        '    Return number of subscriptions to patterns.',
        'NUMSUB [<channel> ...]',
        '    Return the number of subscribers for the specified channels, excluding',
        '    pattern subscriptions(default: no channels).',
      ]),
    },
  ],
]);

const flags = ['pubsub', 'noscript', 'loading', 'stale'];
const group = 'pubsub';

/** SUBSCRIBE, PSUBSCRIBE, their ends, PUBLISH and PUBSUB. */
export const pubsubCommands: readonly SessionCommand[] = [
  {
    spec: sessionSpec({
      name: 'subscribe',
      arity: -2,
      flags,
      group,
      summary: 'Listen for messages published to the given channels',
      syntax: 'channel [channel ...]',
      since: '2.0.0',
      complexity: 'O(N) where N is the number of channels to subscribe to.',
    }),
    run: subscribe('channels', 'subscribe'),
    isForSubscribers: true,
  },
  {
    spec: sessionSpec({
      name: 'unsubscribe',
      arity: -1,
      flags,
      group,
      summary: 'Stop listening for messages posted to the given channels',
      syntax: '[channel [channel ...]]',
      since: '2.0.0',
      complexity: 'O(N) where N is the number of channels.',
    }),
    run: unsubscribe('channels', 'unsubscribe'),
    isForSubscribers: true,
  },
  {
    spec: sessionSpec({
      name: 'psubscribe',
      arity: -2,
      flags,
      group,
      summary: 'Listen for messages published to channels matching the given patterns',
      syntax: 'pattern [pattern ...]',
      since: '2.0.0',
      complexity: 'O(N) where N is the number of patterns.',
    }),
    run: subscribe('patterns', 'psubscribe'),
    isForSubscribers: true,
  },
  {
    spec: sessionSpec({
      name: 'punsubscribe',
      arity: -1,
      flags,
      group,
      summary: 'Stop listening for messages posted to channels matching the given patterns',
      syntax: '[pattern [pattern ...]]',
      since: '2.0.0',
      complexity: 'O(N) where N is the number of patterns.',
    }),
    run: unsubscribe('patterns', 'punsubscribe'),
    isForSubscribers: true,
  },
  {
    spec: sessionSpec({
      name: 'publish',
      arity: 3,
      flags: ['pubsub', 'loading', 'stale', 'fast'],
      group,
      summary: 'Post a message to a channel',
      syntax: 'channel message',
      since: '2.0.0',
      complexity:
        'O(N+M) where N is the number of clients subscribed to the channel and M is the number of distinct patterns.',
    }),
    run: publish,
  },
  {
    spec: sessionSpec({
      name: 'pubsub',
      arity: -2,
      flags: [],
      group,
      summary: 'A container for commands that tell of subscriptions',
      syntax: 'subcommand [argument ...]',
      since: '2.8.0',
      complexity: 'Depends on subcommand.',
    }),
    subcommands,
  },
];
