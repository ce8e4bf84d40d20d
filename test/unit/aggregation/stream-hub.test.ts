import assert from 'node:assert/strict';
import { test } from 'node:test';
import { headBytes, headOf, logBytes, pendingBytes } from './fake-chain.ts';
import { FakeSource } from './fake-source.ts';
import { Recorder, settle, setUpHub } from './hub-setup.ts';

const anyLogs = '["logs",{}]';
const pending = '["newPendingTransactions"]';
const head = (number: number) => headBytes(headOf(number));

test('5,000 subscribers that arrive at once lead to one upstream subscription per provider', async () => {
  const { hub, sources, aggregator } = setUpHub(3, { width: 3 });
  const recorders = Array.from({ length: 5000 }, () => new Recorder());
  await Promise.all(recorders.map(recorder => hub.subscribe('["newHeads"]', recorder)));
  assert.deepEqual(
    sources.map(({ calls }) => calls.length),
    [1, 1, 1],
  );
  for (const source of sources) source.emit(head(100));
  assert.ok(recorders.every(({ events }) => events.length === 1));
  assert.deepEqual([aggregator.stats().misses, aggregator.stats().hits], [1, 2]);
});

test('streams are raced on `width` providers only', async () => {
  const { sources, subscribe } = setUpHub(4, { width: 2 });
  await subscribe(anyLogs);
  await subscribe(pending);
  await settle();
  assert.deepEqual(
    sources.map(({ calls }) => calls),
    [[anyLogs, pending], [anyLogs, pending], [], []],
  );
});

test('equal params are one stream however they are written', async () => {
  const { hub, sources, subscribe } = setUpHub(1);
  await subscribe('["logs",{"address":"0xABCD","topics":[null]}]');
  await subscribe('[ "logs", { "topics": [null], "address": "0xabcd" } ]');
  assert.equal(hub.stats().streams.length, 1);
  assert.deepEqual(sources[0]!.calls, ['["logs",{"address":"0xabcd","topics":[null]}]']);
});

test('the first arrival of an event is forwarded as it came, later ones are not', async () => {
  const { sources, subscribe } = setUpHub(2);
  const logs = await subscribe(anyLogs);
  const transactions = await subscribe(pending);
  await settle();
  for (const source of sources) {
    source.emit(logBytes(100, 0), anyLogs);
    source.emit(logBytes(100, 0, true), anyLogs);
    source.emit(pendingBytes('0x1'), pending);
  }
  assert.deepEqual(logs.recorder.texts, [`${logBytes(100, 0)}`, `${logBytes(100, 0, true)}`]);
  assert.deepEqual(transactions.recorder.texts, ['"0x1"']);
});

test('a lagging provider repeats no log even minutes later', async () => {
  const { clock, sources, subscribe } = setUpHub(2);
  const { recorder } = await subscribe(anyLogs);
  await settle();
  sources[0]!.emit(logBytes(100, 0));
  clock.advance(300_000);
  sources[1]!.emit(logBytes(100, 0));
  assert.equal(recorder.events.length, 1);
});

test('events that cannot be read are told apart by their bytes', async () => {
  const { sources, subscribe, metric } = setUpHub(2);
  const { recorder } = await subscribe(anyLogs);
  await settle();
  for (const source of sources) source.emit(Buffer.from('{"odd":1}'), anyLogs);
  assert.equal(recorder.events.length, 1);
  assert.equal(await metric('trunkline_stream_malformed_events_total', 'provider="a",stream="logs"'), 1);
});

test('what providers report beside the streams counts in the statistics of who is first, over a restart too', async () => {
  const { clock, hub, aggregator, makeAggregator } = setUpHub(2);
  hub.arrived('heads', '0x1', 'a');
  clock.advance(20);
  hub.arrived('heads', '0x1', 'b');
  const wins = (of: typeof aggregator) =>
    of.stats().providers.map(one => [one.providerId, one.wins, one.losses]);
  assert.deepEqual(wins(aggregator), [
    ['a', 1, 0],
    ['b', 0, 1],
  ]);
  hub.abandon(aggregator);
  hub.arrived('heads', '0x2', 'b');
  const next = makeAggregator();
  hub.adopt(next);
  hub.arrived('heads', '0x1', 'b');
  assert.deepEqual([next.stats().misses, next.stats().hits], [0, 1]);
});

test('a stream of unknown kind comes from one provider at a time, as it is', async () => {
  const { sources, subscribe } = setUpHub(2);
  const { recorder } = await subscribe('["syncing"]');
  for (const source of sources) source.emit(Buffer.from('false'));
  sources[0]!.emit(Buffer.from('false'));
  assert.deepEqual([recorder.texts, sources[1]!.calls], [['false', 'false'], []]);
});

test('when a provider is lost another one takes over at once', async () => {
  const { sources, subscribe, metric } = setUpHub(3, { width: 1 });
  const { recorder } = await subscribe(anyLogs);
  sources[0]!.emit(logBytes(100, 0));
  sources[0]!.close();
  await settle();
  sources[1]!.emit(logBytes(100, 1));
  assert.equal(recorder.events.length, 2);
  assert.deepEqual(
    sources.map(({ calls }) => calls.length),
    [1, 1, 0],
  );
  assert.equal(await metric('trunkline_stream_takeovers_total', 'provider="a",stream="logs"'), 1);
});

test('a source that only says that it is closed counts as lost', async () => {
  const { hub, sources, subscribe } = setUpHub(2, { width: 1 });
  await subscribe(anyLogs);
  hub.removeSource('a');
  await settle();
  assert.deepEqual(hub.stats().streams[0]!.providers, [{ providerId: 'b', isLive: true }]);
  assert.equal(sources[0]!.upstreams.size, 0);
});

test('a stream joins every source that opens or reopens, up to its width', async () => {
  const { hub, sources, subscribe } = setUpHub(2, { width: 3 });
  await subscribe();
  sources[0]!.close();
  sources[0]!.open();
  const late = new FakeSource('late', false);
  hub.addSource(late);
  late.open();
  await settle();
  assert.deepEqual([sources[0]!.calls.length, late.calls.length], [2, 1]);
  assert.equal(hub.stats().upstreamSubscriptions, 3);
});

test('a subscription that an upstream ends is renewed there after a second, doubling', async () => {
  const { clock, sources, subscribe } = setUpHub(1);
  await subscribe();
  const calls = () => sources[0]!.calls.length;
  sources[0]!.endSubscriptions('gone');
  await settle();
  assert.equal(calls(), 1);
  await clock.advanceAndSettle(1000);
  assert.equal(calls(), 2);
  sources[0]!.endSubscriptions('gone again');
  await clock.advanceAndSettle(1999);
  assert.equal(calls(), 2);
  await clock.advanceAndSettle(1);
  assert.equal(calls(), 3);
});

test('subscribers stay while no source is open, and the stream goes on with the first that opens', async () => {
  const { clock, sources, subscribe } = setUpHub(2);
  const { recorder } = await subscribe();
  for (const source of sources) source.emit(head(100));
  for (const source of sources) source.close();
  await clock.advanceAndSettle(600_000);
  assert.deepEqual(recorder.ends, []);
  sources[1]!.open();
  await settle();
  sources[1]!.emit(head(101));
  assert.deepEqual(recorder.numbers, [100, 101]);
});

test('a new subscription waits for a source, for a bounded time', async () => {
  const { clock, hub, sources, subscribe } = setUpHub(1, { establishTimeoutMs: 5000 });
  sources[0]!.close();
  const inTime = subscribe();
  await clock.advanceAndSettle(4999);
  sources[0]!.open();
  await inTime;
  hub.removeSource('a');
  const tooLate = assert.rejects(subscribe(pending), { code: 'stream_unavailable' });
  await clock.advanceAndSettle(5000);
  await tooLate;
  assert.equal(hub.stats().streams.length, 1);
});

test('a provider that refuses or does not answer is passed over', async () => {
  const { clock, sources, subscribe } = setUpHub(3, { width: 1, upstreamTimeoutMs: 1000 });
  sources[0]!.answer = 'refuse';
  sources[1]!.answer = 'hang';
  const subscribed = subscribe(anyLogs);
  await settle();
  await clock.advanceAndSettle(1000);
  await subscribed;
  assert.equal(sources[2]!.upstreams.size, 1);
});

test('a subscription that every open source refuses is refused at once, with the reason', async () => {
  const { hub, sources, subscribe } = setUpHub(2);
  for (const source of sources) source.answer = 'refuse';
  await assert.rejects(subscribe(anyLogs), {
    code: 'stream_refused',
    message: 'the providers refused the subscription: b says no',
  });
  assert.equal(hub.stats().streams.length, 0);
});

test('a subscription that is answered too late is cancelled', async () => {
  const { clock, hub, subscribe } = setUpHub(0, { upstreamTimeoutMs: 1000 });
  let cancelled = 0;
  const slow = new FakeSource('slow');
  let answer: () => void = () => {};
  slow.subscribe = () =>
    new Promise(resolve => {
      answer = () => resolve({ cancel: () => cancelled++ });
    });
  hub.addSource(slow);
  const refused = assert.rejects(subscribe(anyLogs), {
    code: 'stream_refused',
    message: 'no provider confirmed the subscription in time',
  });
  await clock.advanceAndSettle(1000);
  await refused;
  answer();
  await settle();
  assert.equal(cancelled, 1);
});

test('the upstream subscription lingers after the last subscriber, then is released', async () => {
  const { clock, hub, sources, subscribe } = setUpHub(2, { lingerMs: 5000 });
  const first = await subscribe();
  first.subscription.cancel();
  await clock.advanceAndSettle(4999);
  const second = await subscribe();
  await clock.advanceAndSettle(60_000);
  assert.deepEqual(
    sources.map(({ calls, upstreams }) => [calls.length, upstreams.size]),
    [
      [1, 1],
      [1, 1],
    ],
  );
  second.subscription.cancel();
  second.subscription.cancel();
  await clock.advanceAndSettle(5000);
  assert.deepEqual([sources.map(({ upstreams }) => upstreams.size), hub.stats().streams.length], [[0, 0], 0]);
  assert.equal(clock.pendingCount, 0);
});

test('one of many subscribers leaves alone and gets nothing more', async () => {
  const { sources, subscribe } = setUpHub(1);
  const stays = await subscribe();
  const leaves = await subscribe();
  leaves.subscription.cancel();
  sources[0]!.emit(head(100));
  assert.deepEqual([stays.recorder.numbers, leaves.recorder.numbers], [[100], []]);
});

test('a subscriber that throws keeps no event from the others', async () => {
  const { hub, sources, subscribe } = setUpHub(1);
  await hub.subscribe('["newHeads"]', {
    onEvent: () => {
      throw new Error('subscriber');
    },
    onEnd: () => {},
  });
  const { recorder } = await subscribe();
  sources[0]!.emit(head(100));
  assert.deepEqual(recorder.numbers, [100]);
});

test('an event that overtakes the answer to the subscription is not lost', async () => {
  const { hub } = setUpHub(0);
  const eager = new FakeSource('eager');
  eager.subscribe = (_params, listener) => {
    listener.onEvent(head(100));
    return Promise.resolve({ cancel: () => {} });
  };
  hub.addSource(eager);
  const recorder = new Recorder();
  await hub.subscribe('["newHeads"]', recorder);
  assert.deepEqual(recorder.numbers, [100]);
});

test('distinct streams are limited', async () => {
  const { subscribe } = setUpHub(1, { maxStreams: 2 });
  await subscribe(anyLogs);
  await subscribe(pending);
  await assert.rejects(subscribe(), { code: 'too_many_streams' });
  await subscribe(pending);
});

test('params that name no stream are refused', async () => {
  const { subscribe } = setUpHub(1);
  for (const params of [
    '',
    '{}',
    '[]',
    '[1]',
    'newHeads',
    '["logs",{]',
    `["logs","${'x'.repeat(70_000)}"]`,
  ]) {
    await assert.rejects(subscribe(params), { code: 'invalid_stream' }, params.slice(0, 20));
  }
});

test('closing the hub ends every subscriber, those who wait included, and admits no new one', async () => {
  const { clock, hub, sources, subscribe } = setUpHub(1);
  const { recorder } = await subscribe();
  sources[0]!.answer = 'hang';
  const waiting = assert.rejects(subscribe(anyLogs), { code: 'hub_closed' });
  hub.close('the chain is gone');
  await waiting;
  assert.deepEqual(recorder.ends, ['the chain is gone']);
  assert.equal(sources[0]!.upstreams.size, 0);
  await assert.rejects(subscribe(), { code: 'hub_closed' });
  assert.equal(clock.pendingCount, 0);
});

test('while the aggregator has no owner events wait; the next one neither loses nor repeats', async () => {
  const { hub, sources, subscribe, aggregator, makeAggregator } = setUpHub(2);
  const logs = await subscribe(anyLogs);
  const heads = await subscribe();
  await settle();
  const [a, b] = sources as [FakeSource, FakeSource];
  a.emit(logBytes(100, 0), anyLogs);
  a.emit(head(100), '["newHeads"]');
  hub.abandon(aggregator);
  b.emit(logBytes(100, 0), anyLogs);
  b.emit(head(100), '["newHeads"]');
  for (const source of sources) {
    source.emit(logBytes(101, 0), anyLogs);
    source.emit(head(101), '["newHeads"]');
  }
  assert.deepEqual([logs.recorder.events.length, heads.recorder.numbers], [1, [100]]);
  hub.adopt(makeAggregator());
  assert.deepEqual(logs.recorder.texts, [`${logBytes(100, 0)}`, `${logBytes(101, 0)}`]);
  assert.deepEqual(heads.recorder.numbers, [100, 101]);
  b.emit(logBytes(101, 0), anyLogs);
  assert.equal(logs.recorder.events.length, 2);
});

test('a late word of an earlier owner does not take the present one away', async () => {
  const { hub, sources, subscribe, aggregator, makeAggregator } = setUpHub(1);
  const { recorder } = await subscribe();
  hub.adopt(makeAggregator());
  hub.abandon(aggregator);
  sources[0]!.emit(head(100));
  assert.deepEqual(recorder.numbers, [100]);
});

test('what waits for an owner is bounded, and what does not fit is counted', async () => {
  const { hub, sources, subscribe, aggregator, makeAggregator, metric } = setUpHub(1);
  const { recorder } = await subscribe(pending);
  hub.abandon(aggregator);
  for (let i = 0; i < 2000; i++) sources[0]!.emit(pendingBytes(`0x${i}`));
  const next = makeAggregator();
  hub.adopt(next);
  assert.equal(recorder.events.length, 1024);
  hub.abandon(next);
  sources[0]!.emit(pendingBytes('0xlast'));
  hub.adopt(makeAggregator());
  assert.equal(recorder.events.length, 1025);
  assert.equal(await metric('trunkline_stream_parked_dropped_total', 'stream="pending"'), 976);
});

test('a subscription can be made while the aggregator has no owner', async () => {
  const { hub, sources, subscribe, aggregator, makeAggregator } = setUpHub(1);
  hub.abandon(aggregator);
  const { recorder } = await subscribe();
  sources[0]!.emit(head(100));
  assert.deepEqual(recorder.numbers, []);
  hub.adopt(makeAggregator());
  assert.deepEqual(recorder.numbers, [100]);
});
