import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { oddities, protocolErrors, scripts, strangersLines } from '../../fixtures/resp/same-as-redis.ts';
import { isMissing, RealRedis } from '../../support/real-redis.ts';
import { RespWire } from '../../support/resp-server.ts';
import { RespStack } from '../../support/resp-stack.ts';

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

/** Everything that a server sends to the bytes until it closes the connection. */
async function outcome(port: number, bytes: string): Promise<string> {
  const client = new RespWire(port);
  client.write(bytes);
  await client.closed;
  return client.rest;
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

  for (const bytes of protocolErrors) {
    it(`closes the connection with the same words after ${JSON.stringify(bytes.slice(0, 40))}`, async () => {
      assert.equal(await outcome(stack.port, bytes), await outcome(redis.port, bytes));
    });
  }

  for (const bytes of oddities) {
    it(`answers ${JSON.stringify(bytes)} the same and goes on`, async () => {
      const ending = `${bytes}PING\r\nQUIT\r\n`;
      const actual = await outcome(stack.port, ending);
      assert.equal(actual, await outcome(redis.port, ending));
      assert.match(actual, /PONG/);
    });
  }

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

describe('beside a redis-server with a password', { skip: isMissing('redis-server') }, () => {
  it('answers strangers word for word the same', async () => {
    const redis = await RealRedis.start('--requirepass', 'secret-enough');
    const stack = await RespStack.start({ password: 'secret-enough' });
    try {
      const lines = linesOf(strangersLines);
      const talk = async (port: number) => {
        const client = new RespWire(port);
        const replies: string[] = [];
        for (const line of lines) {
          client.write(`${line.text}\r\n`);
          replies.push(await client.readRaw());
        }
        client.end();
        return replies;
      };
      const [expected, actual] = [await talk(redis.port), await talk(stack.port)];
      for (const [i, line] of lines.entries()) assert.equal(actual[i], expected[i], line.text);
      for (const bytes of ['*11\r\n', '*2\r\n$4\r\nAUTH\r\n$16385\r\n', 'QUIT\r\n', 'POST x\r\n']) {
        assert.equal(await outcome(stack.port, bytes), await outcome(redis.port, bytes), bytes);
      }
    } finally {
      redis.stop();
      await stack.stop();
    }
  });
});
