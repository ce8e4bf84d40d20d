import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { logRules } from '../../../src/chains/evm/log-rules.ts';
import { Feed } from '../../../src/feed/delivery/feed.ts';
import {
  type EventKind,
  eventKinds,
  type FeedEvent,
  type NewEvent,
} from '../../../src/feed/events/feed-event.ts';
import type { EventLog } from '../../../src/feed/log/event-log.ts';
import { LogTopicDemand } from '../../../src/feed/topics/log-topic-demand.ts';
import { SelectorMatcher } from '../../../src/feed/topics/selector-matcher.ts';
import type { CallAnswer } from '../../../src/gateway/call.ts';
import { readLogCriteria } from '../../../src/gateway/criteria/log-criteria.ts';
import { logSelector } from '../../../src/gateway/criteria/log-selector.ts';
import { SocketSubscriptions } from '../../../src/gateway/socket/subscriptions.ts';
import { FilterStage } from '../../../src/gateway/stages/filters.ts';
import { silentLog } from '../../../src/telemetry/log.ts';
import { silentMetrics } from '../../../src/telemetry/metrics.ts';
import { FakeDemand } from '../feed/delivery/feed-setup.ts';
import { openLog, settle } from '../feed/log/log-setup.ts';
import { RecordedSink } from './fake-feed.ts';
import { FakeChain } from './routing/fake-chain.ts';

const address = (n: number) => `0x${n.toString(16).padStart(40, '0')}`;
const topic = (n: number) => `0x${n.toString(16).padStart(64, '0')}`;
const filters = [
  {},
  { address: address(1) },
  { address: [address(0), address(1)], topics: [topic(1)] },
  { topics: [null, topic(2)] },
  {
    topics: [
      [topic(0), topic(2)],
      [topic(1), null],
    ],
  },
];

async function setUp() {
  const { log } = await openLog();
  const demand = new FakeDemand();
  const topicDemand = new LogTopicDemand('test', demand);
  const fake = new FakeChain();
  const feed = new Feed(
    { pageEvents: 7, maxBufferedBytes: 4_096 },
    {
      source: log,
      demand: () => topicDemand,
      chains: () => ['test'],
      clock: fake.clock,
      log: silentLog,
      metrics: silentMetrics,
    },
  );
  const all: FeedEvent[] = [];
  log.onCommitted(events => all.push(...events));
  return { log, demand, fake, feed, all };
}

let made = 0;

function eventOf(kind: EventKind, pick: number): NewEvent {
  const number = ++made;
  if (kind !== eventKinds.log)
    return { kind, chain: 'test', topic: 'test.heads', data: Buffer.from(`{"hash":"${topic(number)}"}`) };
  const topics = [pick % 3, pick % 4, number].slice(0, pick % 5).map(topic);
  const data = {
    address: address(pick % 3),
    topics,
    blockNumber: '0x1',
    blockHash: topic(number),
    logIndex: '0x0',
    removed: pick % 7 === 0,
  };
  return {
    kind,
    chain: 'test',
    topic: `test.logs.${data.address}.${topics[0] ?? 'none'}`,
    data: Buffer.from(JSON.stringify(data)),
  };
}

function append(log: EventLog, picks: readonly number[]): void {
  log.append(picks.map(pick => eventOf(pick % 4 === 0 ? eventKinds.head : eventKinds.log, pick)));
}

/** One subscription as its client sees it. */
interface Seen {
  readonly params: readonly unknown[];
  readonly since: number;
  readonly results: string[];
  isOver: boolean;
}

class Client {
  readonly seen: Seen[] = [];
  readonly #byId = new Map<string, Seen>();
  readonly #sink = new RecordedSink(() => this.#read());
  readonly #late: (() => void)[] = [];
  readonly #fake: FakeChain;
  readonly #log: EventLog;
  readonly #subscriptions: SocketSubscriptions;
  #isClosed = false;

  constructor(fake: FakeChain, log: EventLog, feed: Feed) {
    this.#fake = fake;
    this.#log = log;
    this.#subscriptions = new SocketSubscriptions(
      {
        feedSink: this.#sink,
        send: () => assert.fail('not from the feed'),
        fail: message => assert.fail(message),
        overflow: () => assert.fail('overflow'),
        changed: () => {},
      },
      { limit: 100 },
      feed,
    );
  }

  /** @param isSentLate the reply leaves with `sendLate`, as in a batch that waits for another call */
  subscribe(params: readonly unknown[], isSentLate: boolean): void {
    if (this.#isClosed) return;
    const since = this.#log.head;
    this.#call('eth_subscribe', params, answer => {
      const { result: id } = JSON.parse(answer.body.toString()) as { result: string };
      const send = () => {
        const seen: Seen = { params, since, results: [], isOver: false };
        this.seen.push(seen);
        this.#byId.set(id, seen);
        answer.afterSend?.();
      };
      if (isSentLate) this.#late.push(send);
      else send();
    });
  }

  sendLate(): void {
    for (const send of this.#late.splice(0)) if (!this.#isClosed) send();
  }

  unsubscribe(pick: number): void {
    const id = [...this.#byId.keys()][pick % Math.max(1, this.#byId.size)];
    if (id === undefined || this.#isClosed) return;
    this.#call('eth_unsubscribe', [id], () => {});
    this.#byId.get(id)!.isOver = true;
    this.#byId.delete(id);
  }

  close(): void {
    this.#isClosed = true;
    this.#subscriptions.close();
    for (const seen of this.seen) seen.isOver = true;
    this.#byId.clear();
  }

  #call(method: string, params: readonly unknown[], done: (answer: CallAnswer) => void): void {
    this.#subscriptions.handle(this.#fake.call(method, JSON.stringify(params)), done);
  }

  #read(): void {
    for (const payload of this.#sink.payloads.splice(0)) {
      const { subscription, result } = (
        JSON.parse(payload) as { params: { subscription: string; result: unknown } }
      ).params;
      const seen = this.#byId.get(subscription);
      assert.ok(seen, 'no event before the reply, none after the end');
      seen.results.push(JSON.stringify(result));
    }
  }
}

function expected(all: readonly FeedEvent[], { params, since }: Seen): string[] {
  const matcher =
    params[0] === 'newHeads'
      ? undefined
      : new SelectorMatcher(logSelector({ name: 'test', rules: logRules }, readLogCriteria(params[1], 1)));
  return all
    .filter(event => event.offset > since)
    .filter(event => (matcher === undefined ? event.kind === eventKinds.head : matcher.matches(event)))
    .map(event => event.data.toString());
}

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      picks: fc.array(fc.nat(100), { minLength: 1, maxLength: 30 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('subscribe' as const),
      client: fc.nat(2),
      filter: fc.nat(filters.length),
      isSentLate: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('unsubscribe' as const), client: fc.nat(2), pick: fc.nat() }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('send' as const), client: fc.nat(2) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('turn' as const), turns: fc.nat(3) }) },
);

describe('eth_subscribe over the feed', () => {
  it('gives every subscription exactly its events from its request on, whatever happens around it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async steps => {
        const { log, demand, fake, feed, all } = await setUp();
        const clients = [0, 1, 2].map(() => new Client(fake, log, feed));
        for (const what of steps) {
          if (what.do === 'append') append(log, what.picks);
          else if (what.do === 'turn') await settle(what.turns);
          else if (what.do === 'send') clients[what.client]!.sendLate();
          else if (what.do === 'unsubscribe') clients[what.client]!.unsubscribe(what.pick);
          else {
            const params = what.filter === 0 ? ['newHeads'] : ['logs', filters[what.filter - 1]];
            clients[what.client]!.subscribe(params, what.isSentLate);
          }
        }
        // One closes in the middle of everything.
        append(log, [1, 2, 3, 4]);
        clients[0]!.close();
        await settle();
        for (const client of clients) client.sendLate();
        await settle(60);
        for (const seen of clients.flatMap(client => client.seen)) {
          const wanted = expected(all, seen);
          if (seen.isOver) assert.deepEqual(seen.results, wanted.slice(0, seen.results.length));
          else assert.deepEqual(seen.results, wanted);
        }
        for (const client of clients) client.close();
        await settle();
        const { live, catchingUp, groups } = feed.stats();
        assert.deepEqual([live, catchingUp, groups, demand.held.length], [0, 0, 0, 0], 'nothing is left');
      }),
      { numRuns: 60 },
    );
  });

  it('serves a thousand connections from one group, built once', async () => {
    const { log, fake, feed } = await setUp();
    const clients = Array.from({ length: 1_000 }, () => new Client(fake, log, feed));
    for (const client of clients) client.subscribe(['logs', { address: address(1) }], false);
    await settle();
    assert.deepEqual([feed.stats().groups, feed.stats().live], [1, 1_000]);
    append(log, [1]);
    await settle();
    assert.ok(clients.every(({ seen }) => seen[0]!.results.length === 1));
  });
});

describe('filters over the feed', () => {
  it('tell each event in exactly one of the polls that overlap, and end without a trace', async () => {
    const { log, demand, fake, feed, all } = await setUp();
    const stage = new FilterStage(
      (call, done) => fake.router.route(call, done),
      { maxResults: 5 },
      {
        feed,
        clock: fake.clock,
        metrics: silentMetrics,
      },
    );
    const send = (method: string, params: unknown) => {
      const answers: CallAnswer[] = [];
      stage.handle(fake.call(method, JSON.stringify(params)), answer => answers.push(answer));
      return answers;
    };
    const resultOf = (answers: readonly CallAnswer[]) =>
      JSON.parse(answers[0]!.body.toString()).result as unknown[];
    append(log, [1, 2, 3]);
    await settle();
    const since = log.head;
    const id = resultOf(send('eth_newFilter', [{ address: address(1) }]));
    const blocks = resultOf(send('eth_newBlockFilter', []));
    for (let i = 0; i < 10; i++) append(log, [1, 4, 7, 10, i]);
    await settle();
    const polls = Array.from({ length: 12 }, () => send('eth_getFilterChanges', [id]));
    await settle(40);
    const told = polls.flatMap(resultOf).map(result => JSON.stringify(result));
    const seen = { params: ['logs', { address: address(1) }], since, results: [], isOver: false };
    assert.ok(told.length > 12);
    assert.deepEqual(told, expected(all, seen));
    const heads = expected(all, { ...seen, params: ['newHeads'] }).map(head => JSON.parse(head).hash);
    const hashes: unknown[] = [];
    for (let i = 0; i < 6; i++) {
      const poll = send('eth_getFilterChanges', [blocks]);
      await settle(20);
      hashes.push(...resultOf(poll));
    }
    assert.deepEqual(hashes, heads);
    stage.close();
    assert.deepEqual([feed.stats().readers, demand.held.length], [0, 0]);
  });
});
