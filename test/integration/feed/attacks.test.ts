import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deflateRawSync } from 'node:zlib';
import { eventually } from '../../support/eventually.ts';
import { closeCodeOf, exchangeBytes, frame, openRawWebSocket } from '../../support/raw-http.ts';
import { FeedClient } from './feed-client.ts';
import { chainName, startServedFeed } from './served-feed.ts';

const topics = [`${chainName}.heads`];

describe('hostile clients of /feed', () => {
  it('are refused with an Origin that is not listed, or a foreign Host [attacks 13, 14]', async t => {
    const { port } = await startServedFeed(t, {
      server: { ws: { allowed_origins: ['https://app.example'] } },
    });
    await assert.rejects(openRawWebSocket(port, '/feed', ['Origin: https://evil.example']), /403/);
    (await openRawWebSocket(port, '/feed', ['Origin: https://app.example'])).destroy();
    (await openRawWebSocket(port, '/feed')).destroy();
    const foreign = await exchangeBytes(
      port,
      'GET /feed HTTP/1.1\r\nHost: evil.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
    );
    assert.match(foreign, /^HTTP\/1\.1 403/);
  });

  it('negotiate no deflate, so that a compressed bomb is a protocol error, and a big message ends with 1009 [attack 16]', async t => {
    const { port } = await startServedFeed(t, { server: { ws: { max_payload: '64KiB' } } });
    const deflated = await openRawWebSocket(port, '/feed', ['Sec-WebSocket-Extensions: permessage-deflate']);
    deflated.write(frame(0xc1, deflateRawSync(Buffer.alloc(1_000_000)).subarray(0, 1_000)));
    assert.equal(await closeCodeOf(deflated), 1002);
    const plain = await openRawWebSocket(port, '/feed');
    plain.write(Buffer.from([0x81, 0xff, 0, 0, 0, 0, 0x10, 0, 0, 0, 0, 0, 0, 0]));
    assert.equal(await closeCodeOf(plain), 1009);
  });

  it('are closed for a flood of tiny fragments [attack 17]', async t => {
    const { port } = await startServedFeed(t);
    const socket = await openRawWebSocket(port, '/feed');
    const closed = closeCodeOf(socket);
    socket.write(frame(0x01, Buffer.from('[')));
    socket.write(Buffer.concat(Array.from({ length: 50_000 }, () => frame(0x00, Buffer.from(' ')))));
    assert.ok([1008, 1009, undefined].includes(await closed));
  });

  it('are answered 1002 for unmasked and reserved-bit frames [attack 18]', async t => {
    const { port } = await startServedFeed(t);
    const unmasked = await openRawWebSocket(port, '/feed');
    unmasked.write(frame(0x81, Buffer.from('{}'), false));
    assert.equal(await closeCodeOf(unmasked), 1002);
    const reserved = await openRawWebSocket(port, '/feed');
    reserved.write(frame(0xb1, Buffer.from('{}')));
    assert.equal(await closeCodeOf(reserved), 1002);
  });

  it('get a limit error for one subscription too many, 10,000 of them too [attack 19]', async t => {
    const served = await startServedFeed(t, { server: { ws: { max_subscriptions: 3 } } });
    const client = await FeedClient.open(t, served.wsUrl);
    for (let id = 1; id <= 10_000; id++) {
      client.socket.send(
        JSON.stringify({ jsonrpc: '2.0', id: `s${id}`, method: 'feed_subscribe', params: { topics } }),
      );
    }
    await eventually(() => client.messages.length === 10_000, 'an answer to each', 30_000);
    const refused = client.messages.filter(({ error }) => error?.data.code === 'subscription_limit');
    assert.equal(refused.length, 9_997);
    assert.equal(refused[0]!.error?.code, -32005);
    assert.equal(served.feed.stats().live, 3);
    const batch = await FeedClient.open(t, served.wsUrl);
    batch.socket.send(
      JSON.stringify(
        Array.from({ length: 1_000 }, (_, id) => ({
          jsonrpc: '2.0',
          id,
          method: 'feed_subscribe',
          params: { topics },
        })),
      ),
    );
    await eventually(() => batch.messages.length === 1, 'one answer');
    assert.equal(served.feed.stats().live, 6);
  });

  it('find no topic that takes long to match [attack 20]', async t => {
    const served = await startServedFeed(t);
    const client = await FeedClient.open(t, served.wsUrl);
    for (const topic of [
      Array.from({ length: 8 }, () => '*').join('.'),
      `${'*.'.repeat(1_000)}>`,
      'a'.repeat(100_000),
      `${chainName}.${'*'.repeat(200)}`,
      '>.>.>.>.>',
    ]) {
      const { error } = await client.subscribe({ topics: [topic] });
      assert.equal(error?.data.code, topic.length > 60_000 ? 'feed_request_invalid' : 'topic_invalid');
    }
    await client.subscribe({ topics: ['>', '*.*', '*.>', `${chainName}.>`, '*.heads', ...topics] });
    await served.heads(...Array.from({ length: 5_000 }, (_, index) => index));
    await eventually(() => client.events.length === 5_000, 'each once', 10_000);
  });

  it('are answered for what is no JSON-RPC, and stay', async t => {
    const served = await startServedFeed(t);
    const client = await FeedClient.open(t, served.wsUrl);
    const bad: readonly [message: string | Buffer, code: number][] = [
      ['{', -32700],
      ['[]', -32600],
      ['{"jsonrpc":"2.0","id":{},"method":"feed_info"}', -32600],
      [`${'['.repeat(10_000)}${']'.repeat(10_000)}`, -32600],
      [Buffer.from([0x22, 0xff, 0x22]), -32700],
      [JSON.stringify(Array.from({ length: 10_000 }, () => 1)), -32600],
    ];
    for (const [message, code] of bad) {
      const before = client.messages.length;
      client.socket.send(message);
      await eventually(() => client.messages.length > before, 'an answer');
      assert.equal(client.messages.at(-1)!.error?.code, code, String(message).slice(0, 60));
    }
    const { result } = await client.call('feed_info');
    assert.equal(result?.epoch, served.log.epoch);
  });

  it('are closed with 1013 when they ask and do not read', async t => {
    const served = await startServedFeed(t, { server: { ws: { max_buffered_bytes: '64KiB' } } });
    const client = await FeedClient.open(t, served.wsUrl);
    client.socket.pause();
    const ask = JSON.stringify(
      Array.from({ length: 1_000 }, (_, id) => ({ jsonrpc: '2.0', id, method: 'feed_info' })),
    );
    await eventually(() => {
      if (client.socket.readyState === client.socket.OPEN) client.socket.send(ask);
      return served.gateway.socketCount === 0;
    }, 'cut off');
  });
});
