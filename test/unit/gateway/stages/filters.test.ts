import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TrunklineError } from '../../../../src/errors/trunkline-error.ts';
import { feedErrors } from '../../../../src/feed/errors.ts';
import { eventKinds } from '../../../../src/feed/events/feed-event.ts';
import type { CallAnswer, Cancel } from '../../../../src/gateway/call.ts';
import { FilterStage, type FilterStageOptions } from '../../../../src/gateway/stages/filters.ts';
import { PromMetricRegistry } from '../../../../src/telemetry/prom-metric-registry.ts';
import { FakeFeed, feedEvent, headEvent } from '../fake-feed.ts';
import { FakeChain } from '../routing/fake-chain.ts';
import { settle } from '../socket/fake-hub.ts';

class Filters {
  readonly fake = new FakeChain();
  readonly feed = new FakeFeed();
  readonly metrics = new PromMetricRegistry();
  readonly stage: FilterStage;
  cancel: Cancel = () => {};

  constructor(options: FilterStageOptions = {}) {
    const { fake, feed, metrics } = this;
    this.stage = new FilterStage((call, done) => fake.router.route(call, done), options, {
      feed,
      clock: fake.clock,
      metrics,
    });
  }

  send(method: string, params = '[]', chain = this.fake, isNotification = false): CallAnswer[] {
    const answers: CallAnswer[] = [];
    this.cancel = this.stage.handle({ ...chain.call(method, params), isNotification }, answer =>
      answers.push(answer),
    );
    return answers;
  }

  /** Makes a filter; returns the id that the client sees. */
  create(method = 'eth_newFilter', params = '[{}]'): string {
    return result(this.send(method, params)) as string;
  }

  async poll(id: string): Promise<ReturnType<typeof json>> {
    const answers = this.send('eth_getFilterChanges', JSON.stringify([id]));
    await settle();
    return json(answers);
  }
}

const json = (answers: readonly CallAnswer[]) =>
  JSON.parse(answers[0]!.body.toString()) as {
    id: number;
    result?: unknown;
    error?: { code: number; message: string; data: { code: string } };
  };
const result = (answers: readonly CallAnswer[]) => json(answers).result;
const log = (n: number) => feedEvent(eventKinds.log, String(n), 'test.logs.0x.none');
const gap = () => feedEvent(eventKinds.gap, '{"reason":"outage"}', 'test.gaps');
const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

describe('FilterStage', () => {
  it('tells what came since the last poll, the data of each event as it is', async () => {
    const filters = new Filters();
    const id = filters.create();
    const { events } = filters.feed.lastReader;
    assert.match(id, /^0x[0-9a-f]{32}$/);
    assert.deepEqual((await filters.poll(id)).result, []);
    events.push(log(1), feedEvent(eventKinds.reorg, '{}', 'test.reorgs'), log(2));
    assert.deepEqual(await filters.poll(id), { jsonrpc: '2.0', id: 7, result: [1, 2] });
    assert.deepEqual((await filters.poll(id)).result, []);
  });

  it('tells hashes of blocks and of transactions', async () => {
    const filters = new Filters();
    const hash = `0x${'a'.repeat(64)}`;
    const blocks = filters.create('eth_newBlockFilter', '[]');
    filters.feed.lastReader.events.push(headEvent(`{"number":"0x1","hash":"${hash}"}`));
    const pending = filters.create('eth_newPendingTransactionFilter', '[]');
    filters.feed.lastReader.events.push(feedEvent(eventKinds.pending, `"${hash}"`));
    assert.deepEqual((await filters.poll(blocks)).result, [hash]);
    assert.deepEqual((await filters.poll(pending)).result, [hash]);
    assert.deepEqual(
      filters.feed.readers.map(({ selector }) => selector.patterns),
      [['test.heads'], ['test.pending']],
    );
  });

  it('asks nothing of a provider', async () => {
    const filters = new Filters();
    const id = filters.create('eth_newFilter', '[{"fromBlock":"0x1"}]');
    filters.feed.lastReader.events.push(log(1));
    await filters.poll(id);
    filters.send('eth_uninstallFilter', `["${id}"]`);
    assert.equal(filters.fake.attempts.length, 0);
  });

  it('finds all logs of a filter by its own criteria', () => {
    const filters = new Filters();
    const criteria = `[{"fromBlock":"0x1","address":"0x${'Ab'.repeat(20)}"}]`;
    const id = filters.create('eth_newFilter', criteria);
    const answers = filters.send('eth_getFilterLogs', `["${id}"]`);
    assert.match(filters.fake.last.payload, /"method":"eth_getLogs"/);
    assert.ok(filters.fake.last.payload.includes(criteria));
    filters.fake.last.answer('[1]');
    assert.deepEqual(json(answers), { jsonrpc: '2.0', id: 7, result: [1] });
    const blocks = filters.create('eth_newBlockFilter');
    const refused = filters.send('eth_getFilterLogs', `["${blocks}"]`);
    assert.deepEqual([json(refused).error?.code, json(refused).error?.message], [-32000, 'filter not found']);
  });

  it('refuses what a node refuses', () => {
    const filters = new Filters();
    for (const [method, params, message] of [
      ['eth_newFilter', '[]', /missing value for required argument 0/],
      ['eth_newFilter', '{}', /missing value/],
      ['eth_newFilter', '[{"address":1}]', /invalid argument 0: non-string address/],
      ['eth_newFilter', `[{"address":"${'f'.repeat(70_000)}"}]`, /at most 65536 bytes/],
      ['eth_newPendingTransactionFilter', '[true]', /only hashes/],
    ] as const) {
      const { error } = json(filters.send(method, params));
      assert.deepEqual([error?.code, error?.data.code], [-32602, 'criteria_invalid']);
      assert.match(error!.message, message);
    }
    filters.send('eth_newBlockFilter', '[]', filters.fake, true);
    assert.equal(
      filters.feed.readers.length,
      0,
      'none for a notification, whose sender would not learn its id',
    );
    filters.fake.chain.unavailable = 'test is restarting';
    assert.equal(json(filters.send('eth_newBlockFilter')).error?.data.code, 'chain_unavailable');
  });

  it('tells each event in one of the polls that overlap', async () => {
    const filters = new Filters({ maxResults: 3 });
    const id = filters.create();
    filters.feed.lastReader.events.push(...numbers(0, 5).map(log));
    let open = () => {};
    filters.feed.lastReader.gate = new Promise(resolve => {
      open = resolve;
    });
    const polls = numbers(0, 3).map(() => filters.send('eth_getFilterChanges', `["${id}"]`));
    open();
    await settle();
    assert.deepEqual(polls.map(result), [[0, 1, 2], [3, 4], []]);
  });

  it('tells in order although an answer takes several reads and polls overlap', async () => {
    const filters = new Filters({ maxResults: 1_200 });
    const id = filters.create();
    filters.feed.lastReader.events.push(...numbers(0, 2_000).map(log));
    const polls = numbers(0, 2).map(() => filters.send('eth_getFilterChanges', `["${id}"]`));
    await settle();
    assert.deepEqual(polls.map(result), [numbers(0, 1_200), numbers(1_200, 2_000)]);
  });

  it('tells more than fits one answer over several', async () => {
    const filters = new Filters();
    const id = filters.create();
    filters.feed.lastReader.events.push(...numbers(0, 10_500).map(log));
    assert.deepEqual((await filters.poll(id)).result, numbers(0, 10_000));
    assert.deepEqual((await filters.poll(id)).result, numbers(10_000, 10_500));
    const big = `"${'f'.repeat(100_000)}"`;
    filters.feed.lastReader.events.push(
      ...numbers(0, 3_000).map(() => feedEvent(eventKinds.log, big, 'test.logs.0x.none')),
    );
    assert.equal(((await filters.poll(id)).result as unknown[]).length, 500, 'bytes count as well');
  });

  it('is unknown once blocks were missed, what came before them told first', async () => {
    const filters = new Filters();
    const id = filters.create();
    const { lastReader } = filters.feed;
    lastReader.events.push(log(1), gap(), log(3));
    assert.deepEqual((await filters.poll(id)).result, [1]);
    const { error } = await filters.poll(id);
    assert.deepEqual([error?.code, error?.message], [-32000, 'filter not found']);
    assert.deepEqual([filters.stage.countOf('test'), lastReader.isEnded], [0, true]);
  });

  it('goes on when transactions were shed', async () => {
    const filters = new Filters();
    const id = filters.create('eth_newPendingTransactionFilter', '[]');
    filters.feed.lastReader.events.push(gap(), feedEvent(eventKinds.pending, '1'));
    assert.deepEqual((await filters.poll(id)).result, [1]);
  });

  it('is unknown once events have expired, and waits while they cannot be read', async () => {
    const filters = new Filters();
    const id = filters.create();
    filters.feed.lastReader.error = new TrunklineError(feedErrors, 'feed_unavailable', 'not now');
    const { error } = await filters.poll(id);
    assert.deepEqual([error?.code, error?.data.code], [-32603, 'filter_unavailable']);
    filters.feed.lastReader.events.push(log(1));
    assert.deepEqual((await filters.poll(id)).result, [1]);
    filters.feed.lastReader.error = new TrunklineError(feedErrors, 'events_expired', 'gone');
    assert.equal((await filters.poll(id)).error?.message, 'filter not found');
    assert.equal(filters.stage.countOf('test'), 0);
    filters.feed.readerError = new TrunklineError(feedErrors, 'feed_unavailable', 'stopping');
    assert.equal(json(filters.send('eth_newBlockFilter')).error?.data.code, 'filter_unavailable');
  });

  it('answers at the deadline, and is unknown when what it then reads reaches nobody', async () => {
    const filters = new Filters();
    const [id, quiet] = [filters.create(), filters.create()];
    let open = () => {};
    const gate = new Promise<void>(resolve => {
      open = resolve;
    });
    for (const reader of filters.feed.readers) reader.gate = gate;
    const answers = filters.send('eth_getFilterChanges', `["${id}"]`);
    filters.send('eth_getFilterChanges', `["${quiet}"]`);
    await settle();
    filters.cancel();
    filters.feed.readers[0]!.events.push(log(1));
    filters.fake.clock.advance(30_000);
    assert.equal(json(answers).error?.data.code, 'deadline_exceeded');
    open();
    await settle();
    assert.equal((await filters.poll(id)).error?.message, 'filter not found');
    assert.deepEqual((await filters.poll(quiet)).result, []);
  });

  it('knows no filter of another chain, no foreign id, and none that is no text', () => {
    const filters = new Filters();
    const id = filters.create();
    const elsewhere = new FakeChain();
    for (const [params, chain] of [
      [JSON.stringify([id]), elsewhere],
      ['["0x1"]', filters.fake],
      ['[1]', filters.fake],
      ['{}', filters.fake],
      ['[]', filters.fake],
      [JSON.stringify(['x'.repeat(2_000)]), filters.fake],
    ] as const) {
      const answers = filters.send('eth_getFilterChanges', params, chain);
      assert.equal(json(answers).error?.code, -32000, params.slice(0, 40));
      assert.equal(json(answers).error?.message, 'filter not found');
      assert.equal(result(filters.send('eth_uninstallFilter', params, chain)), false);
    }
  });

  it('forgets an uninstalled filter, one that is being polled too', async () => {
    const filters = new Filters();
    const id = filters.create();
    const polled = filters.send('eth_getFilterChanges', `["${id}"]`);
    assert.equal(result(filters.send('eth_uninstallFilter', `["${id}"]`)), true);
    await settle();
    assert.equal(json(polled).error?.message, 'filter not found');
    assert.deepEqual([filters.stage.countOf('test'), filters.feed.lastReader.isEnded], [0, true]);
  });

  it('at its limit forgets the one unused for longest, and counts it', async () => {
    const filters = new Filters({ maxFilters: 2 });
    const [first, second] = [filters.create(), filters.create()];
    await filters.poll(first);
    filters.create();
    assert.equal(filters.stage.countOf('test'), 2);
    assert.ok((await filters.poll(second)).error);
    assert.deepEqual((await filters.poll(first)).result, []);
    assert.match(await filters.metrics.expose(), /filters_evicted_total\{chain="test",reason="limit"\} 1/);
  });

  it('at the limit of what filters ask for does the same', () => {
    const filters = new Filters({ maxCriteriaBytes: 120 });
    const params = `[{"address":"0x${'a'.repeat(40)}"}]`;
    for (let i = 0; i < 3; i++) filters.create('eth_newFilter', params);
    assert.equal(filters.stage.countOf('test'), 2);
    assert.deepEqual(
      filters.feed.readers.map(reader => reader.isEnded),
      [true, false, false],
    );
  });

  it('forgets filters that were idle for as long as nodes keep them, by itself', async () => {
    const filters = new Filters({ idleMs: 1_000 });
    const timers = filters.fake.clock.pendingCount;
    const id = filters.create();
    filters.create();
    filters.fake.clock.advance(900);
    await filters.poll(id);
    filters.fake.clock.advance(900);
    assert.equal(filters.stage.countOf('test'), 1);
    assert.deepEqual(
      filters.feed.readers.map(reader => reader.isEnded),
      [false, true],
    );
    assert.match(await filters.metrics.expose(), /filters_evicted_total\{chain="test",reason="idle"\} 1/);
    assert.match(await filters.metrics.expose(), /trunkline_filters\{chain="test"\} 1/);
    filters.fake.clock.advance(2_000);
    assert.equal(filters.fake.clock.pendingCount, timers, 'no timer is left');
  });

  it('lets go of the filters of a chain that is no more, and of all at the end', () => {
    const filters = new Filters();
    const elsewhere = new FakeChain();
    const timers = filters.fake.clock.pendingCount;
    filters.create();
    filters.send('eth_newBlockFilter', '[]', elsewhere);
    filters.stage.forget(elsewhere.chain);
    assert.deepEqual(
      filters.feed.readers.map(reader => reader.isEnded),
      [false, true],
    );
    filters.stage.close();
    assert.deepEqual([filters.feed.readers[0]!.isEnded, filters.fake.clock.pendingCount], [true, timers]);
  });
});
