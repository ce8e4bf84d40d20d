import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { z } from 'zod';
import { TrunklineError } from '../../../../src/errors/trunkline-error.ts';
import { feedErrors } from '../../../../src/feed/errors.ts';
import { eventKinds, type FeedEvent } from '../../../../src/feed/events/feed-event.ts';
import { parseTopics } from '../../../../src/feed/topics/parse-topics.ts';
import { systemNames } from '../../../../src/feed/topics/system-names.ts';
import { gatewayErrors } from '../../../../src/gateway/errors.ts';
import { FeedFrames } from '../../../../src/gateway/feed/feed-frames.ts';
import { feedRefusal } from '../../../../src/gateway/feed/feed-refusal.ts';
import { readFeedRequest } from '../../../../src/gateway/feed/read-feed-request.ts';
import { sseFrames } from '../../../../src/gateway/feed/sse-frames.ts';

const file = (path: string) => readFile(new URL(`../../../../docs/${path}`, import.meta.url), 'utf8');
const page = await file('feed.md');
const api = parse(await file('asyncapi.yaml')) as {
  components: { messages: Record<string, { payload: object }>; schemas: Record<string, object> };
  channels: { feed: { address: string; messages: Record<string, { $ref: string }> } };
};

/** The code blocks of the page in that language. */
function blocks(language: string): string[] {
  return [...page.matchAll(new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 'gs'))].map(match => match[1]!);
}

/** The first two cells of the rows of the table under that heading, without back-quotes. */
function rows(heading: string): string[][] {
  const section = page.split(`\n## ${heading}\n`)[1]!.split('\n## ')[0]!;
  return section
    .split('\n')
    .filter(line => /^ *\| `/.test(line))
    .map(line =>
      line
        .split('|')
        .slice(1, -1)
        .map(cell => cell.trim().replaceAll('`', '')),
    );
}

interface Message {
  readonly method?: string;
  readonly result?: object;
  readonly params: {
    subscription: string;
    cursor: string;
    topic: string;
    time: number;
    chain: string;
    data: unknown;
  };
}

const messages = blocks('json').map(text => JSON.parse(text) as Message);
const ofMethod = (method: string) => messages.filter(message => message.method === method);
const kinds = {
  feed_event: eventKinds.head,
  feed_reorg: eventKinds.reorg,
  feed_gap: eventKinds.gap,
} as const;

function eventOf(method: keyof typeof kinds, { params }: Message): FeedEvent {
  return {
    kind: kinds[method],
    chain: params.chain,
    topic: params.topic,
    time: params.time,
    offset: Number(params.cursor.split(':')[1]),
    data: Buffer.from(JSON.stringify(params.data)),
  };
}

function check(message: string, payload: unknown): void {
  const schema = { ...api.components.messages[message]!.payload, components: api.components };
  z.fromJSONSchema(inlined(schema) as Parameters<typeof z.fromJSONSchema>[0]).parse(payload);
}

/** A schema with what it refers to in place. */
function inlined(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(inlined);
  if (typeof schema !== 'object' || schema === null) return schema;
  if ('$ref' in schema) return inlined(api.components.schemas[String(schema.$ref).split('/').at(-1)!]);
  return Object.fromEntries(
    Object.entries(schema).flatMap(([key, value]) => (key === 'components' ? [] : [[key, inlined(value)]])),
  );
}

describe('docs/feed.md', () => {
  it('shows notifications byte for byte as they are sent', () => {
    for (const method of Object.keys(kinds) as (keyof typeof kinds)[]) {
      const [example, ...more] = ofMethod(method);
      assert.ok(example !== undefined && more.length === 0, method);
      const { subscription, cursor } = example.params;
      const frame = new FeedFrames(subscription).event(eventOf(method, example), cursor).toString();
      assert.equal(frame.slice(frame.indexOf('{')), JSON.stringify(example));
    }
  });

  it('shows a server-sent event as it is sent', () => {
    const [text] = blocks('text');
    const [, cursor, data] = /^id: (.*)\ndata: (.*)\n\n$/.exec(text!)!;
    const params = JSON.parse(data!) as Message['params'];
    assert.equal(sseFrames.event(eventOf('feed_event', { params }), cursor!)!.toString(), text);
  });

  it('shows a request that is understood', () => {
    const [subscribe] = ofMethod('feed_subscribe');
    const asked = readFeedRequest(subscribe!.params, token =>
      token === 'devnet' ? { name: token, family: 'evm' } : undefined,
    );
    assert.deepEqual(asked.from, { kind: 'latest' });
    const answer = messages.find(({ result }) => result !== undefined)!.result as { topics: string[] };
    assert.deepEqual(answer.topics, asked.selector.patterns);
    const { strategy, gaps } = readFeedRequest({ topics: ['>'] }, () => undefined);
    assert.match(page, new RegExp(`\\| \`strategy\` .*\\| \`"${strategy}"\` \\|`));
    assert.match(page, new RegExp(`\\| \`gaps\` .*\\| \`"${gaps}"\` \\|`));
  });

  it('lists the topics that there are', () => {
    const documented = rows('Topics').map(([topic]) => topic!);
    for (const topic of documented) {
      const example = topic
        .replace('<chain>', 'devnet')
        .replace('<address>', `0x${'a'.repeat(40)}`)
        .replace('<topic0>', 'none')
        .replace('<program>', '1'.repeat(32))
        .replace('<key>', '1'.repeat(32))
        .replace('<name>', 'started');
      const patterns = (['evm', 'solana'] as const).flatMap(family => {
        try {
          return parseTopics([example], name => ({ name, family })).patterns;
        } catch {
          return [];
        }
      });
      assert.equal(patterns[0], example);
    }
    const [, described] = rows('Topics').find(([topic]) => topic === 'system.<name>')!;
    assert.equal(described, `event of Trunkline itself: ${systemNames.join(', ')}`);
    assert.equal(documented.length, Object.keys(eventKinds).length, 'one for each kind of event');
    const families = documented
      .filter(topic => topic.startsWith('<chain>'))
      .map(topic => topic.split('.')[1]!);
    assert.throws(
      () => parseTopics(['*.nothing'], () => undefined),
      ({ message }: Error) => {
        const allowed = [...message.slice(message.indexOf('allowed')).matchAll(/`([a-z]+)`/g)];
        assert.deepEqual(allowed.map(match => match[1]).sort(), [...new Set(families)].sort());
        return true;
      },
    );
  });

  it('lists the errors with the codes that they are answered with', () => {
    const documented = rows('Errors');
    assert.ok(documented.length > 10);
    const catalogue: Record<string, { sentence: string }> = { ...gatewayErrors, ...feedErrors };
    for (const [code = '', jsonRpc, http] of documented) {
      assert.ok(catalogue[code], `${code} is an error`);
      const refusal = feedRefusal(new TrunklineError(catalogue, code, ''), undefined);
      assert.equal(String(refusal?.jsonRpcCode), jsonRpc, code);
      if (http !== '') assert.equal(String(refusal?.httpStatus), http, code);
    }
    const missing = Object.keys(feedErrors).filter(code => !documented.some(([known]) => known === code));
    assert.deepEqual(missing.sort(), ['event_log_full', 'events_expired'], 'those that no client meets');
  });
});

describe('docs/asyncapi.yaml', () => {
  it('describes the messages of the page', () => {
    const names: Record<string, string> = {
      feed_subscribe: 'subscribe',
      feed_event: 'event',
      feed_reorg: 'reorg',
      feed_gap: 'gap',
      feed_closing: 'closing',
    };
    for (const message of messages)
      check(message.method === undefined ? 'subscribed' : names[message.method]!, message);
    assert.equal(messages.length, 6);
    assert.throws(() => check('event', { ...ofMethod('feed_event')[0], more: 1 }), 'it does refuse');
  });

  it('has the reasons of gaps that the page has, and refers to all messages', () => {
    const { enum: reasons } = api.components.schemas.gapReason as { enum: string[] };
    assert.deepEqual(
      rows('What is promised').map(([reason]) => reason),
      reasons,
    );
    assert.deepEqual(Object.keys(api.channels.feed.messages), Object.keys(api.components.messages));
    assert.equal(api.channels.feed.address, '/feed');
  });

  it('describes what is sent', () => {
    const format = new FeedFrames('abc');
    const text = (frame: Buffer) => JSON.parse(frame.toString().slice(frame.indexOf('{')));
    check('gap', text(format.gap({ reason: 'slow', from: 'e:1', to: 'e:4', message: 'm' }, 'e:4')));
    for (const method of Object.keys(kinds) as (keyof typeof kinds)[]) {
      const event = eventOf(method, ofMethod(method)[0]!);
      check(method.slice('feed_'.length), text(format.event(event, 'e:5')));
    }
  });
});
