import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { eventKinds } from '../../../src/feed/events/feed-event.ts';
import { eventually } from '../../support/eventually.ts';
import { exchangeBytes } from '../../support/raw-http.ts';
import { chainName, headEvent, type ServedFeed, startServedFeed } from './served-feed.ts';
import { dataOf, SseClient } from './sse-client.ts';

const query = `topics=${chainName}.heads`;

async function open(t: TestContext, { url }: ServedFeed, rest = query, lastEventId = ''): Promise<SseClient> {
  const client = new SseClient(t, `${url}/feed?${rest}`, lastEventId);
  await eventually(() => client.response !== undefined && client.lastEventId !== '', 'an open stream');
  return client;
}

async function exchangeText({ url }: ServedFeed, method: string) {
  const response = await fetch(`${url}/feed`, { method });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

interface Refusal {
  readonly error: { code: string; message: string; latest?: string };
}

describe('/feed as server-sent events', () => {
  it('sends events whose ids are their cursors', async t => {
    const served = await startServedFeed(t);
    await served.heads(1);
    const client = await open(t, served);
    assert.equal(client.response?.statusCode, 200);
    assert.equal(client.response?.headers['content-type'], 'text/event-stream');
    assert.equal(client.response?.headers['cache-control'], 'no-store');
    assert.equal(client.retryMs, 1_000);
    assert.equal(client.lastEventId, served.cursor(1), 'where it goes on, before any event');
    await served.heads(2);
    await eventually(() => client.events.length === 1, 'an event');
    const [event] = client.events;
    assert.deepEqual([event!.event, event!.id], ['message', served.cursor(2)]);
    assert.deepEqual(Object.keys(event!.data), ['cursor', 'topic', 'time', 'data']);
    assert.deepEqual(dataOf(event!.data), { n: 2 });
  });

  it('has one stream a connection: what is pipelined behind it is refused', async t => {
    const served = await startServedFeed(t);
    const { port } = served;
    const request = `GET /feed?${query} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`;
    const socket = connect(port, '127.0.0.1');
    t.after(() => socket.destroy());
    socket.write(request.repeat(50));
    await eventually(() => served.feed.stats().live === 1, 'one stream');
    await served.heads(1);
    assert.equal(served.feed.stats().live, 1);
    socket.destroy();
    await eventually(() => served.feed.stats().live === 0, 'none');
    const client = await open(t, served);
    assert.equal(client.response?.statusCode, 200);
  });

  it('names reorgs and gaps', async t => {
    const served = await startServedFeed(t);
    const client = await open(t, served);
    const chain = chainName;
    await served.append(
      { kind: eventKinds.reorg, chain, topic: `${chain}.reorgs`, data: Buffer.from('{"depth":3}') },
      { kind: eventKinds.gap, chain, topic: `${chain}.gaps`, data: Buffer.from('{"reason":"outage"}') },
    );
    await eventually(() => client.events.length === 2, 'both');
    assert.deepEqual(
      client.events.map(({ event }) => event),
      ['reorg', 'gap'],
    );
    assert.equal(client.events[1]!.data.chain, chain);
  });

  it('goes on behind Last-Event-ID, whatever the query says, as an EventSource comes back with the same one', async t => {
    const served = await startServedFeed(t);
    await served.heads(1, 2);
    const seen: unknown[] = [];
    let lastEventId = '';
    for (const upTo of [4, 6, 8]) {
      const client = await open(t, served, `${query}&from=earliest`, lastEventId);
      await served.heads(upTo - 1, upTo);
      await eventually(() => client.numbers.at(-1) === upTo, 'caught up');
      client.close();
      seen.push(...client.numbers);
      lastEventId = client.lastEventId;
    }
    assert.deepEqual(seen, [1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('tells a browser that comes back to another history of the gap, and goes on', async t => {
    const served = await startServedFeed(t);
    await served.heads(1);
    const client = await open(t, served, query, 'otherepoch:17');
    await eventually(() => client.events.length === 2, 'the gap and what is there');
    assert.equal(client.events[0]!.event, 'gap');
    assert.equal(dataOf(client.events[0]!.data).reason, 'epoch');
    assert.deepEqual(client.numbers, [1]);
  });

  it('replays from a cursor and joins without a seam while events keep coming', async t => {
    const served = await startServedFeed(t);
    const total = 10_000;
    let next = 1;
    const produce = async (until: number) => {
      while (next <= until) {
        await served.heads(...Array.from({ length: Math.min(40, until - next + 1) }, () => next++));
        await new Promise(resolve => setImmediate(resolve));
      }
    };
    await produce(3_000);
    const producing = produce(total);
    const client = await open(t, served, `${query}&from=earliest`);
    await producing;
    await eventually(() => client.events.length >= total, 'all events', 30_000);
    assert.deepEqual(
      client.numbers,
      Array.from({ length: total }, (_, index) => index + 1),
    );
  });

  it('answers what it cannot do with JSON and a status of its own', async t => {
    const served = await startServedFeed(t);
    await served.heads(1);
    const cases: readonly [query: string, status: number, code: string][] = [
      ['topics=', 400, 'topic_invalid'],
      ['topics=nochain.heads', 400, 'topic_invalid'],
      [`${query}&from=nonsense`, 400, 'cursor_malformed'],
      [`${query}&strategy=fast`, 400, 'feed_request_invalid'],
      [`${query}&strategy=catch_up&strategy=catch_up`, 400, 'feed_request_invalid'],
      [`${query}&form=latest`, 400, 'feed_request_invalid'],
      [`${query}&from=latest&time=7`, 400, 'feed_request_invalid'],
      [`${query}&chain=x`, 400, 'feed_request_invalid'],
      [`${query}&block=x`, 400, 'feed_request_invalid'],
      [`${query}&block=7`, 404, 'block_unknown'],
      [`${query}&from=otherepoch:1`, 410, 'cursor_epoch'],
      [`${query}&from=${served.cursor(99)}`, 409, 'cursor_future'],
    ];
    for (const [asked, status, code] of cases) {
      const response = await fetch(`${served.url}/feed?${asked}`);
      const { error } = (await response.json()) as Refusal;
      assert.deepEqual([response.status, error.code], [status, code], asked);
      assert.equal(error.latest, served.cursor(1));
    }
    assert.equal((await fetch(`${served.url}/feed?${query}`, { method: 'POST' })).status, 405);
  });

  it('tells who asks what may be asked, whether or not a page does', async t => {
    const served = await startServedFeed(t);
    const { status, headers, text } = await exchangeText(served, 'OPTIONS');
    assert.deepEqual([status, headers.get('allow'), text], [204, 'GET, HEAD, OPTIONS', '']);
    const posted = await exchangeText(served, 'POST');
    assert.deepEqual([posted.status, posted.headers.get('allow')], [405, 'GET, HEAD, OPTIONS']);
  });

  it('explains itself to who asks for nothing, and to HEAD', async t => {
    const served = await startServedFeed(t);
    const response = await fetch(`${served.url}/feed`);
    assert.equal(response.status, 200);
    const body = (await response.json()) as Record<string, unknown>;
    assert.deepEqual([body.chains, body.latest], [[chainName], served.cursor(0)]);
    const head = await fetch(`${served.url}/feed?${query}`, { method: 'HEAD' });
    assert.deepEqual([head.status, await head.text()], [200, '']);
    assert.equal(served.feed.stats().live, 0);
    const index = (await (await fetch(served.url)).json()) as Record<string, unknown>;
    assert.equal(index.feed, '/feed');
  });

  it('lets go of a client that is gone', async t => {
    const served = await startServedFeed(t);
    const client = await open(t, served);
    assert.equal(served.feed.stats().live, 1);
    client.close();
    await eventually(() => served.feed.stats().live === 0, 'forgotten');
  });

  it('ends streams behind a complete event on shutdown, from where nothing is lost or repeated [fault 29]', async t => {
    const served = await startServedFeed(t);
    const client = await open(t, served);
    let number = 0;
    const timer = setInterval(() => served.log.append([headEvent(++number), headEvent(++number)]), 1);
    t.after(() => clearInterval(timer));
    await eventually(() => client.numbers.length > 20, 'events');
    await served.gateway.drain();
    clearInterval(timer);
    await eventually(() => client.isClosed, 'closed');
    assert.equal(client.isComplete, true);
    const closing = client.events.at(-1)!;
    assert.deepEqual([closing.event, closing.data.reason], ['closing', 'shutting down']);
    assert.equal(closing.data.cursor, client.events.at(-2)!.id);
    assert.equal(client.lastEventId, client.events.at(-2)!.id);
    assert.deepEqual(
      client.numbers,
      Array.from({ length: client.numbers.length }, (_, index) => index + 1),
    );
  });

  it('has a browser come back while there is no feed, and refuses others', async t => {
    const served = await startServedFeed(t, { service: () => undefined });
    const client = new SseClient(t, `${served.url}/feed?${query}`, 'someepoch:7');
    await eventually(() => client.isComplete, 'ended');
    assert.deepEqual([client.response?.statusCode, client.retryMs], [200, 1_000]);
    assert.deepEqual([client.lastEventId, client.events[0]?.event], ['someepoch:7', 'closing']);
    const response = await fetch(`${served.url}/feed?${query}`);
    assert.deepEqual([response.status, response.headers.get('retry-after')], [503, '1']);
  });

  it('goes by the same rules about Host and Origin as the rest', async t => {
    const served = await startServedFeed(t, { server: { cors: { origins: ['https://app.example'] } } });
    const ask = (origin: string) =>
      exchangeBytes(
        served.port,
        `GET /feed?${query}&from=nonsense HTTP/1.1\r\nHost: localhost\r\nOrigin: ${origin}\r\nConnection: close\r\n\r\n`,
      );
    assert.match(await ask('https://evil.example'), /^HTTP\/1\.1 403/);
    const allowed = await ask('https://app.example');
    assert.match(allowed, /^HTTP\/1\.1 400/);
    assert.match(allowed, /access-control-allow-origin: https:\/\/app\.example/i);
    const foreign = await exchangeBytes(
      served.port,
      `GET /feed?${query} HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n`,
    );
    assert.match(foreign, /^HTTP\/1\.1 403/);
  });
});
