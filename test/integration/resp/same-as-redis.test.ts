import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { isMissing, RealRedis } from '../../support/real-redis.ts';
import { RespWire } from '../../support/resp-server.ts';
import { RespStack } from '../../support/resp-stack.ts';

/**
 * Lines as they are typed into telnet, sent one after the other on one connection to both servers. Replies are compared
 * as bytes; a line with `→ none` is one that has no reply.
 */
const scripts: Readonly<Record<string, string>> = {
  'the connection': `
    PING
    ping hello
    PING a b
    ECHO hi
    ECHO
    ECHO a b
    SELECT 0
    SELECT 1000
    SELECT -1
    SELECT abc
    SELECT
    SELECT 99999999999
    QUIT now
  `,
  names: `
    CLIENT GETNAME
    CLIENT SETNAME one
    CLIENT GETNAME
    CLIENT SETNAME "a b"
    CLIENT SETNAME "a\\nb"
    CLIENT SETNAME ""
    CLIENT GETNAME
    CLIENT SETNAME __proto__
    CLIENT GETNAME
    CLIENT SETNAME
    CLIENT GETNAME x
    CLIENT NO-EVICT on
    CLIENT NO-EVICT maybe
    CLIENT NO-EVICT
    CLIENT ID x
    CLIENT KILL
    CLIENT KILL 127.0.0.1:1
    CLIENT KILL ID 99999999
    CLIENT KILL ID 0
    CLIENT KILL ID abc
    CLIENT KILL ID 1 TYPE
    CLIENT KILL TYPE nobody
    CLIENT KILL TYPE pubsub
    CLIENT KILL USER nobody
    CLIENT KILL NOPE x
    CLIENT KILL ADDR 127.0.0.1:1 LADDR 127.0.0.1:2 SKIPME no
    CLIENT KILL ID 7777777 SKIPME perhaps
    CLIENT LIST TYPE nobody
    CLIENT LIST TYPE pubsub
    CLIENT LIST ID abc
    CLIENT LIST NOPE
    CLIENT LIST ID 99999999
    CLIENT REPLY nope
    CLIENT REPLY ON
    CLIENT NOPE
    CLIENT
    client nope
  `,
  'replies that are turned off': `
    CLIENT REPLY SKIP → none
    ECHO skipped → none
    ECHO seen
    CLIENT REPLY SKIP → none
    SET k v → none
    GET k
    CLIENT REPLY OFF → none
    ECHO off → none
    GET k → none
    NOPE → none
    SET k w → none
    CLIENT REPLY SKIP → none
    CLIENT REPLY ON
    GET k
  `,
  authentication: `
    AUTH
    AUTH something
    AUTH default something
    AUTH nobody something
    AUTH a b c
    HELLO 1
    HELLO 4
    HELLO abc
    HELLO 2 NOPE
    HELLO 3 AUTH default
    HELLO 2 SETNAME
    HELLO 2 AUTH nobody x
    HELLO 2 SETNAME "a b"
    HELLO 99999999999999999999
  `,
  configuration: `
    CONFIG GET save
    CONFIG GET appendonly
    CONFIG GET nothing-of-this-name
    CONFIG GET SAVE
    CONFIG GET
    CONFIG
    CONFIG NOPE
    CONFIG SET nope x
    CONFIG SET nope
    CONFIG SET save
    CONFIG SET databases 3
    CONFIG SET a b c
    CONFIG REWRITE
    CONFIG GET append[o]nly
    CONFIG GET sav?
    CONFIG GET sav\\\\e
  `,
  commands: `
    COMMAND COUNT x
    COMMAND NOPE
    COMMAND DOCS nothing
    COMMAND INFO nothing
    COMMAND INFO nothing at all
    COMMAND GETKEYS
    COMMAND GETKEYS get
    COMMAND GETKEYS get k
    COMMAND GETKEYS GET k
    COMMAND GETKEYS get k l
    COMMAND GETKEYS mset a 1 b 2
    COMMAND GETKEYS mget a b c
    COMMAND GETKEYS set k v EX 10
    COMMAND GETKEYS nothing a
    COMMAND GETKEYS ping x
    COMMAND LIST FILTERBY
    COMMAND LIST FILTERBY PATTERN
    COMMAND LIST FILTERBY NOPE x
    COMMAND LIST FILTERBY MODULE x
    COMMAND LIST FILTERBY PATTERN nothing*
    COMMAND LIST FILTERBY PATTERN [g]et
    COMMAND LIST NOPE
  `,
  'what does not exist': `
    NOPE
    nope
    nope a b
    nope "a b" c
    nope "a\\r\\nb"
    "" a
    nope \${long}
    nope \${long} more
    nope a b c d e f g h i j k l m n o p q r s t u v w x y z 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15
    \${long}
    get\\x00 k
    client \${long}
    __proto__ a
    constructor
  `,
  'publishing and asking': `
    PUBLISH c m
    PUBLISH c
    PUBLISH
    PUBSUB
    PUBSUB CHANNELS
    PUBSUB CHANNELS *
    PUBSUB CHANNELS a b
    PUBSUB NUMSUB
    PUBSUB NUMSUB a b
    PUBSUB NUMPAT
    PUBSUB NUMPAT x
    PUBSUB NOPE
    SUBSCRIBE
    PSUBSCRIBE
    UNSUBSCRIBE
    UNSUBSCRIBE never
    PUNSUBSCRIBE
    PUNSUBSCRIBE never*
  `,
  'a subscriber': `
    SUBSCRIBE a
    SUBSCRIBE a
    SUBSCRIBE __proto__
    PSUBSCRIBE a*
    PING
    PING x
    UNSUBSCRIBE __proto__
    UNSUBSCRIBE nothing
    UNSUBSCRIBE a
    PUNSUBSCRIBE a*
    PING
    GET none
    SUBSCRIBE x
    RESET
    PING
    GET none
  `,
  strings: `
    SET k v
    GET k
    get k
    GeT k
    SET k v NX
    SET k v XX GET
    SET k w EX 100
    TTL k
    SET k v KEEPTTL
    TTL k
    PERSIST k
    SET k v EX 0
    SET k v EX -1
    SET k v EX abc
    SET k v PX 1 EX 1
    SET k v NX XX
    SET k v NOPE
    SET k
    SET
    GET
    GET a b
    DEL
    DEL k none
    EXISTS k
    MSET a 1 b 2
    MSET a
    MSET a 1 b
    MGET a b none
    MGET
    INCR n
    INCRBY n 10
    INCRBY n abc
    INCRBY n 9223372036854775807
    DECR n
    DECRBY n 5
    SET text abc
    INCR text
    APPEND text def
    STRLEN text
    STRLEN none
    GETDEL text
    GETDEL text
    EXPIRE a 100
    EXPIRE a abc
    EXPIRE none 100
    EXPIRE a 100 NX XX
    PEXPIRE a 100000
    TTL none
    TTL b
    PTTL none
    TYPE a
    TYPE none
    DBSIZE
    DBSIZE x
    SCAN abc
    SCAN 0 COUNT 0
    SCAN 0 COUNT abc
    SCAN 0 NOPE
    SCAN
    SCAN 0 MATCH nothing*
    SCAN 0 TYPE list
    SET "" empty
    GET ""
    SET __proto__ inert
    GET __proto__
    SET constructor inert
    GET constructor
    MGET __proto__ constructor toString
    GET toString
    DEL __proto__ constructor
    FLUSHALL NOPE
    FLUSHALL
    DBSIZE
  `,
};

const long = 'x'.repeat(200);

interface Line {
  readonly text: string;
  readonly isAnswered: boolean;
}

function linesOf(script: string): Line[] {
  const lines = script.split('\n').filter(line => line.trim() !== '');
  return lines.map(line => ({
    text: line.trim().replace(' → none', '').replaceAll('${long}', long).replaceAll('\\\\', '\\'),
    isAnswered: !line.includes('→ none'),
  }));
}

/** The replies of one server to the lines, each as its bytes. */
async function answers(port: number, protocol: 2 | 3, lines: readonly Line[]): Promise<string[]> {
  const client = new RespWire(port);
  try {
    await client.command('HELLO', String(protocol));
    await client.command('FLUSHALL');
    const replies: string[] = [];
    for (const line of lines) {
      client.write(`${line.text}\r\n`);
      replies.push(line.isAnswered ? await client.readRaw() : '');
    }
    return replies;
  } finally {
    client.end();
  }
}

describe('beside redis-server', { skip: isMissing('redis-server') }, () => {
  let redis: RealRedis;
  let stack: RespStack;

  before(async () => {
    redis = await RealRedis.start();
    stack = await RespStack.start();
  });

  after(async () => {
    redis?.stop();
    await stack?.stop();
  });

  for (const protocol of [2, 3] as const) {
    for (const [name, script] of Object.entries(scripts)) {
      it(`answers word for word the same in RESP${protocol}: ${name}`, async () => {
        const lines = linesOf(script);
        const expected = await answers(redis.port, protocol, lines);
        const actual = await answers(stack.port, protocol, lines);
        for (const [i, line] of lines.entries()) assert.equal(actual[i], expected[i], line.text);
      });
    }
  }
});
