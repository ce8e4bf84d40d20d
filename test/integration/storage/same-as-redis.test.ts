import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { eventually } from '../../support/eventually.ts';
import { isMissing, RealRedis } from '../../support/real-redis.ts';
import { decodeAll, StoreCommands } from '../../support/store-commands.ts';

/** Commands, answered by Redis 7 and by the store alike, from an empty data set on. */
const scripts: Readonly<Record<string, readonly string[]>> = {
  'strings and their absence': [
    'get k',
    'set k v',
    'get k',
    'strlen k',
    'strlen none',
    'type k',
    'type none',
    'exists k none k',
    'del k k none',
    'get k',
    'mset a 1 b 2 a 3',
    'mget a b none',
    'getdel a',
    'getdel a',
    'append a xy',
    'append a z',
    'get a',
    'append empty ""',
    'exists empty',
    'dbsize',
    'flushall',
    'dbsize',
    'flushall async',
    'flushall sync',
    'flushall nope',
    'flushall sync async',
    'mset a',
    'mset a 1 b',
    'mget',
    'set "" empty-key',
    'get ""',
    'del ""',
  ],
  'the number of arguments': [
    'get',
    'get a b',
    'set',
    'set k',
    'del',
    'exists',
    'expire k',
    'pexpire k',
    'ttl',
    'ttl a b',
    'pttl',
    'persist',
    'persist a b',
    'incr',
    'incr a b',
    'incrby a',
    'incrby a 1 2',
    'decr',
    'decrby a',
    'mset',
    'getdel',
    'append a',
    'append a b c',
    'strlen',
    'dbsize a',
    'type',
    'type a b',
  ],
  counters: [
    'incr n',
    'incr n',
    'incrby n 40',
    'decr n',
    'decrby n 50',
    'get n',
    'incrby n abc',
    'incrby n 1.5',
    'incrby n ""',
    'incrby n +1',
    'incrby n 01',
    'incrby n -0',
    'incrby n 9223372036854775808',
    'set s abc',
    'incr s',
    'set z 007',
    'incr z',
    'set m 9223372036854775807',
    'incr m',
    'decr m',
    'incrby m 1',
    'get m',
    'set l -9223372036854775808',
    'decr l',
    'decrby l 1',
    'incr l',
    'decrby n -9223372036854775808',
    'incrby n 9007199254740993',
    'get n',
    'incrby n 9007199254740993',
    'decrby n 9007199254740993',
    'get n',
    'set w " 1"',
    'incr w',
    'set e ""',
    'incr e',
    'set big 99999999999999999999',
    'incr big',
    'incrby n 9223372036854775807',
    'decrby fresh 7',
    'incrby fresh 0',
  ],
  'options of SET': [
    'set k v nx',
    'set k w nx',
    'set k w xx',
    'set none w xx',
    'set k v nx xx',
    'set k v xx nx',
    'set k v get',
    'set none2 v get',
    'set none3 v xx get',
    'set k x nx get',
    'get k',
    'set k v ex 100',
    'ttl k',
    'set k v keepttl',
    'ttl k',
    'set k v',
    'ttl k',
    'set k v px 100000',
    'ttl k',
    'set k v exat 99999999999',
    'set k v pxat 99999999999000',
    'set k v ex',
    'set k v ex 0',
    'set k v ex -1',
    'set k v px 0',
    'set k v ex abc',
    'set k v ex 1.5',
    'set k v exat 0',
    'set k v exat -5',
    'set k v exat 1',
    'get k',
    'exists k',
    'set k v pxat 1',
    'get k',
    'set k v ex 10 px 10',
    'set k v ex 10 ex 20',
    'ttl k',
    'set k v ex 10 keepttl',
    'set k v keepttl ex 10',
    'set k v nonsense',
    'set k v 1',
    'set k v ex 9223372036854775807',
    'set k v ex 9223372036854775',
    'set k v px 9223372036854775807',
    'set k v exat 9223372036854775807',
    'set k v ex 9223372036854775808',
    'set k v nx nx',
    'set k v get get',
    'set k v EX 50 NX',
    'set k v EX 50 XX',
    'ttl k',
    'set k2 v XX EX abc',
    'set k v keepttl keepttl',
    'get k',
    'set kn v ex 10 nx get',
    'ttl kn',
  ],
  expiry: [
    'expire none 10',
    'set k v',
    'ttl k',
    'pttl k',
    'ttl none',
    'pttl none',
    'expire k 100',
    'ttl k',
    'persist k',
    'persist k',
    'persist none',
    'ttl k',
    'expire k 100 nx',
    'expire k 200 nx',
    'ttl k',
    'expire k 300 xx',
    'ttl k',
    'expire k 200 gt',
    'ttl k',
    'expire k 400 gt',
    'ttl k',
    'expire k 500 lt',
    'ttl k',
    'expire k 50 lt',
    'ttl k',
    'expire k 50 nx xx',
    'expire k 50 nx gt',
    'expire k 50 gt lt',
    'expire k 50 nope',
    'expire k 40 xx gt',
    'expire k 5000 xx gt',
    'ttl k',
    'expire k abc',
    'expire k 1.5',
    'expire k 9223372036854775807',
    'expire k -9223372036854775808',
    'pexpire k 9223372036854775807',
    'expire k 9223372036854775',
    'persist k',
    'expire k 10 gt',
    'expire k 10 lt',
    'ttl k',
    'persist k',
    'expire k 10 xx',
    'incr n',
    'expire n 100',
    'incr n',
    'ttl n',
    'append n 0',
    'ttl n',
    'getdel n',
    'ttl n',
    'mset k 1',
    'ttl k',
    'pexpire k 100000',
    'ttl k',
    'expire k 0',
    'get k',
    'set k v',
    'expire k -1',
    'exists k',
    'set k v',
    'pexpire k -1',
    'get k',
    'dbsize',
    'expire none abc',
    'expire none 10 nope',
    'expire none 9223372036854775807',
    'pexpire k abc',
    'pexpire k 1 nx xx',
    'set x v px 100000',
    'set x v',
    'ttl x',
    'set x v px 100000',
    'getdel x',
    'append x v',
    'ttl x',
    'EXPIRE x 10 NX XX',
    'EXPIRE x 10 GT LT',
    'TTL x',
  ],
};

describe('storage commands beside a real Redis', { skip: isMissing('redis-server') }, () => {
  let redis: RealRedis;
  let socket: Socket;
  let received = Buffer.alloc(0);

  before(async () => {
    redis = await RealRedis.start();
    socket = connect(redis.port, '127.0.0.1');
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
    });
  });

  after(() => {
    socket?.destroy();
    redis?.stop();
  });

  for (const [title, script] of Object.entries(scripts)) {
    it(`answers word for word: ${title}`, async () => {
      await using store = new StoreCommands();
      const commands = script.map(split);
      const expected = await askRedis(commands);
      for (const [index, words] of commands.entries()) {
        const [name, ...args] = words;
        const actual = store.run(name!.toLowerCase(), ...args);
        if (!isSameTime(name!, actual, expected[index]))
          assert.deepEqual(actual, expected[index], script[index]!);
      }
    });
  }

  async function askRedis(commands: readonly (readonly string[])[]): Promise<unknown[]> {
    received = Buffer.alloc(0);
    socket.write(encode(['flushall']));
    for (const words of commands) socket.write(encode(words));
    socket.write(encode(['echo', 'the end']));
    await eventually(() => received.includes('the end\r\n'), 'Redis answered');
    return decodeAll(received).slice(1, -1);
  }
});

/** Whether both say that a key has about as long to live: Redis' clock went on meanwhile. */
function isSameTime(name: string, actual: unknown, expected: unknown): boolean {
  const isTime = name.toLowerCase() === 'ttl' && typeof actual === 'number' && typeof expected === 'number';
  return isTime && expected > 0 && actual >= expected && actual - expected < 20;
}

function encode(words: readonly string[]): Buffer {
  const parts = words.map(word => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
  return Buffer.from(`*${words.length}\r\n${parts.join('')}`);
}

/** Words as a shell splits them, double quotes around one that holds a blank or nothing. */
function split(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
}
