import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogRequest } from '../../../src/aggregation/log-backfill.ts';
import { headOf, logBytes } from './fake-chain.ts';
import type { FakeSource } from './fake-source.ts';
import { settle, setUpHub } from './hub-setup.ts';

const params = '["logs",{"address":"0xaa"}]';

/** A chain with one log in each block, as `eth_getLogs` answers for it. */
function setUp(answer: (request: LogRequest) => Promise<Buffer> = async request => logsOf(request)) {
  const requests: LogRequest[] = [];
  const hub = setUpHub(2, {
    width: 1,
    maxLogBackfillBlocks: 50,
    fetchLogs: request => {
      requests.push(request);
      return answer(request);
    },
  });
  const [a, b] = hub.sources as [FakeSource, FakeSource];
  const head = (number: number) => {
    for (const { providerId } of hub.sources) hub.heads.observe(providerId, headOf(number));
  };
  return { ...hub, a, b, head, requests };
}

function logsOf({ fromBlock, toBlock }: Pick<LogRequest, 'fromBlock' | 'toBlock'>): Buffer {
  const logs = Array.from({ length: toBlock - fromBlock + 1 }, (_, i) =>
    logBytes(fromBlock + i, 0).toString(),
  );
  return Buffer.from(`[ ${logs.join(' , ')} ]`);
}

const blocksIn = (events: readonly Buffer[]) =>
  events.map(event => (JSON.parse(event.toString()) as { blockNumber: number }).blockNumber);

test('what matched while no provider was subscribed is delivered, once and before what comes after', async () => {
  let release: () => void = () => {};
  const { a, b, head, requests, subscribe } = setUp(
    request => new Promise(resolve => (release = () => resolve(logsOf(request)))),
  );
  head(100);
  const { recorder } = await subscribe(params);
  a.emit(logBytes(101, 0));
  head(101);
  b.close();
  a.close();
  head(104);
  b.open();
  await settle();
  b.emit(logBytes(105, 0));
  assert.deepEqual(blocksIn(recorder.events), [101]);
  release();
  await settle();
  assert.deepEqual(blocksIn(recorder.events), [101, 102, 103, 104, 105]);
  const { fromBlock, toBlock, filter, providerId } = requests[0]!;
  assert.deepEqual([fromBlock, toBlock, filter, providerId], [101, 104, '{"address":"0xaa"}', 'b']);
});

test('a quiet filter is backfilled too: the mark moves with the heads', async () => {
  const { a, b, head, requests, subscribe } = setUp();
  head(100);
  const { recorder } = await subscribe(params);
  head(180);
  b.close();
  a.close();
  head(181);
  a.open();
  await settle();
  assert.deepEqual([requests[0]!.fromBlock, requests[0]!.toBlock], [176, 181]);
  assert.equal(recorder.events.length, 6);
});

test('a takeover by a provider that is live already fetches nothing', async () => {
  const { requests, sources, subscribe, head, hub } = setUpWide();
  head(100);
  await subscribe(params);
  await settle();
  head(110);
  sources[0]!.close();
  await settle();
  assert.deepEqual([requests.length, hub.stats().upstreamSubscriptions], [0, 1]);
});

test('a takeover by a provider that has only just become live fetches the seam', async () => {
  const { requests, sources, subscribe, head } = setUpWide();
  head(100);
  await subscribe(params);
  await settle();
  sources[0]!.close();
  head(101);
  await settle();
  assert.deepEqual(
    requests.map(({ fromBlock, toBlock }) => [fromBlock, toBlock]),
    [[101, 101]],
  );
});

test('an event that overtakes the answer of the next provider waits for what was missed', async () => {
  const { a, b, head, subscribe } = setUp();
  head(100);
  const { recorder } = await subscribe(params);
  b.close();
  a.close();
  head(103);
  b.subscribe = (_params, listener) => {
    listener.onEvent(logBytes(104, 0));
    return Promise.resolve({ cancel: () => {} });
  };
  b.open();
  await settle();
  assert.deepEqual(blocksIn(recorder.events), [101, 102, 103, 104]);
});

function setUpWide() {
  const requests: LogRequest[] = [];
  const hub = setUpHub(2, {
    width: 2,
    fetchLogs: async request => {
      requests.push(request);
      return Buffer.from('[]');
    },
  });
  const head = (number: number) => {
    for (const { providerId } of hub.sources) hub.heads.observe(providerId, headOf(number));
  };
  return { ...hub, requests, head };
}

test('the next heads settle where the new subscription began', async () => {
  const { a, b, head, requests, subscribe } = setUp();
  head(100);
  const { recorder } = await subscribe(params);
  b.close();
  a.close();
  a.open();
  await settle();
  // Block 101 was made before the subscription, its head is only heard of now.
  head(100);
  head(101);
  await settle();
  head(102);
  await settle();
  head(103);
  await settle();
  const ranges = requests.map(({ fromBlock, toBlock }) => [fromBlock, toBlock]);
  assert.deepEqual(ranges, [
    [101, 101],
    [102, 102],
  ]);
  assert.deepEqual(blocksIn(recorder.events), [101, 102]);
});

test('a failing fetch is tried again, and what arrives meanwhile comes behind it', async () => {
  let tries = 0;
  const { clock, a, b, head, subscribe, metric } = setUp(async request => {
    if (++tries < 3) throw new Error('no');
    return logsOf(request);
  });
  head(100);
  const { recorder } = await subscribe(params);
  b.close();
  a.close();
  head(103);
  a.open();
  a.emit(logBytes(104, 0));
  await settle();
  await clock.advanceAndSettle(100);
  assert.deepEqual(blocksIn(recorder.events), []);
  await clock.advanceAndSettle(400);
  assert.deepEqual(blocksIn(recorder.events), [101, 102, 103, 104]);
  assert.equal(await metric('trunkline_stream_log_backfills_total', 'outcome="done"'), 1);
});

test('live events wait for a slow fetch for a bounded time only', async () => {
  let release: () => void = () => {};
  const { clock, a, b, head, subscribe } = setUp(
    request => new Promise(resolve => (release = () => resolve(logsOf(request)))),
  );
  head(100);
  const { recorder } = await subscribe(params);
  b.close();
  a.close();
  head(103);
  a.open();
  a.emit(logBytes(104, 0));
  await settle();
  await clock.advanceAndSettle(4999);
  assert.deepEqual(blocksIn(recorder.events), []);
  await clock.advanceAndSettle(1);
  assert.deepEqual(blocksIn(recorder.events), [104]);
  await clock.advanceAndSettle(100);
  release();
  await settle();
  assert.deepEqual(blocksIn(recorder.events), [104, 101, 102, 103]);
});

test('a fetch that fails for good is counted and the stream goes on', async () => {
  const { clock, a, b, head, subscribe, metric } = setUp(() => Promise.reject(new Error('no')));
  head(100);
  const { recorder } = await subscribe(params);
  b.close();
  a.close();
  head(103);
  a.open();
  a.emit(logBytes(104, 0));
  await settle();
  for (const waitMs of [100, 400, 1500]) await clock.advanceAndSettle(waitMs);
  assert.deepEqual(blocksIn(recorder.events), []);
  await clock.advanceAndSettle(4000);
  a.emit(logBytes(105, 0));
  assert.deepEqual(blocksIn(recorder.events), [104, 105]);
  assert.equal(await metric('trunkline_stream_log_backfills_total', 'outcome="failed"'), 1);
});

test('after a long outage the newest blocks are fetched, and the loss is counted', async () => {
  const { clock, a, b, head, requests, subscribe, metric } = setUp();
  head(100);
  const { recorder } = await subscribe(params);
  b.close();
  a.close();
  clock.advance(3_600_000);
  head(300);
  a.open();
  await settle();
  assert.deepEqual([requests[0]!.fromBlock, requests[0]!.toBlock, recorder.events.length], [251, 300, 50]);
  assert.equal(await metric('trunkline_stream_log_backfills_total', 'outcome="too_wide"'), 1);
});

test('the fetch that a head asks for begins when everybody has heard of that head', async () => {
  let isHeard = true;
  const { a, b, heads, subscribe } = setUp(async request => {
    assert.ok(isHeard);
    return logsOf(request);
  });
  heads.observe('a', headOf(100));
  const { recorder } = await subscribe(params);
  b.close();
  a.close();
  a.open();
  await settle();
  isHeard = false;
  heads.observe('a', headOf(101));
  isHeard = true;
  await settle();
  assert.deepEqual(blocksIn(recorder.events), [101]);
});

test('an answer that is no array counts as a failed fetch', async () => {
  const { clock, a, b, head, subscribe, metric } = setUp(async () => Buffer.from('{"logs":[]}'));
  head(100);
  await subscribe(params);
  b.close();
  a.close();
  head(103);
  a.open();
  await settle();
  for (const waitMs of [100, 400, 1500, 4000]) await clock.advanceAndSettle(waitMs);
  assert.equal(await metric('trunkline_stream_log_backfills_total', 'outcome="failed"'), 1);
});

test('the stream ends in the middle of a fetch without a trace', async () => {
  const { clock, hub, a, b, head, subscribe } = setUp(() => new Promise(() => {}));
  head(100);
  await subscribe(params);
  b.close();
  a.close();
  head(103);
  a.open();
  await settle();
  hub.close('over');
  assert.equal(clock.pendingCount, 0);
});
