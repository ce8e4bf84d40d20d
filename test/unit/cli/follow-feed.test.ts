import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { describe, it, type TestContext } from 'node:test';
import { type FollowFeedOptions, followFeed } from '../../../src/cli/follow-feed.ts';
import { findFreePort } from '../../../src/devnet/free-port.ts';
import { eventually } from '../../support/eventually.ts';
import { ScriptedFeed } from '../clients/typescript/scripted-feed.ts';

async function following(t: TestContext, options: Partial<FollowFeedOptions> = {}) {
  const server = await ScriptedFeed.start(t);
  const ending = new AbortController();
  t.after(() => ending.abort());
  const streams = { stdout: new PassThrough(), stderr: new PassThrough() };
  const text = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    streams[name].on('data', chunk => {
      text[name] += chunk;
    });
  const cursor = followFeed(
    { url: server.url, topics: ['>'], json: true, count: undefined, signal: ending.signal, ...options },
    streams,
  );
  return { server, cursor, text, end: () => ending.abort() };
}

describe('followFeed', () => {
  it('prints a JSON object a line and returns the cursor to go on with', async t => {
    const { server, cursor, text, end } = await following(t);
    const connection = await server.connection();
    await connection.accept('e:0');
    connection.events(1, 2, 'devnet.heads', { number: '0x1' });
    await eventually(() => text.stdout.split('\n').length === 3);
    end();
    assert.equal(await cursor, 'e:2');
    const [first, second] = text.stdout.trim().split('\n');
    assert.equal((JSON.parse(first!) as { cursor: string }).cursor, 'e:1');
    assert.deepEqual(JSON.parse(second!), {
      type: 'event',
      cursor: 'e:2',
      topic: 'devnet.heads',
      chain: 'devnet',
      time: 1_789_000_000_000,
      data: { number: '0x1' },
    });
    assert.equal(text.stderr, '');
  });

  it('ends after as many events as were asked for', async t => {
    const { server, cursor, text } = await following(t, { json: false, count: 2 });
    const connection = await server.connection();
    await connection.accept('e:0');
    connection.events(1, 5, 'devnet.heads', { number: '0x7' });
    assert.equal(await cursor, 'e:2');
    assert.deepEqual(text.stdout.match(/block 7/g)?.length, 2);
  });

  it('says that the connection was lost, once, and that it is back', async t => {
    const { server, cursor, text, end } = await following(t);
    await (await server.connection()).accept('e:3');
    server.connections[0]!.socket.close(1001, 'shutting down; resume from e:3');
    const second = await server.connection();
    second.socket.terminate();
    await (await server.connection()).accept('e:3');
    await eventually(() => /again\n.*again\n/.test(text.stderr));
    assert.equal(
      text.stderr,
      'trunkline: shutting down; resume from e:3; trying again\ntrunkline: connected again\n',
    );
    end();
    assert.equal(await cursor, 'e:3');
  });

  it('fails when nothing listens', async t => {
    const url = `ws://127.0.0.1:${await findFreePort('127.0.0.1')}/feed`;
    const { cursor } = await following(t, { url });
    await assert.rejects(cursor, {
      code: 'trunkline_unreachable',
      message: `no feed answers at ${url}; start a Trunkline with \`npm start\`, or name another with --port or --url`,
    });
  });

  it('fails with what the server says to wrong topics', async t => {
    const { server, cursor } = await following(t);
    const connection = await server.connection();
    const { id } = await connection.request();
    connection.refuse(id, { code: -32602, message: 'there is no chain x', data: { code: 'topic_invalid' } });
    await assert.rejects(cursor, { code: 'feed_refused', message: 'there is no chain x' });
  });

  it('asks for the option that is missing, or names the one that is wrong, where the server speaks of parameters', async t => {
    for (const [from, message] of [
      [{ block: 5 }, '--from 5 needs --chain <name> where the topics are of several chains'],
      [
        { block: 5, chain: 'x' },
        '--chain "x" is not the name, chain id or CAIP-2 id of a chain that is followed',
      ],
    ] as const) {
      const { server, cursor } = await following(t, { topics: ['*.heads'], from });
      const connection = await server.connection();
      const { id, params } = await connection.request();
      assert.deepEqual((params as { from: unknown }).from, from);
      connection.refuse(id, { code: -32602, message: 'say', data: { code: 'feed_request_invalid' } });
      await assert.rejects(cursor, { code: 'feed_refused', message });
    }
  });
});
