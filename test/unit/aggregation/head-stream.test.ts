import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hashOf, headBytes, headOf } from './fake-chain.ts';
import type { FakeSource } from './fake-source.ts';
import { settle, setUpHub } from './hub-setup.ts';

const head = (number: number) => headBytes(headOf(number));
const block = (number: number) =>
  Buffer.from(
    JSON.stringify({ ...headOf(number), transactions: [`0x${'ab'.repeat(32)}`], uncles: [], size: '0x220' }),
  );

test('blocks that all providers skipped are fetched and come in their place, as headers', async () => {
  const fetched: number[] = [];
  const { sources, subscribe, metric } = setUpHub(2, {
    fetchBlock: async number => {
      fetched.push(number);
      return block(number);
    },
  });
  const { recorder } = await subscribe();
  sources[0]!.emit(head(100));
  for (const source of sources) source.close();
  sources[1]!.open();
  await settle();
  sources[1]!.emit(head(105));
  sources[1]!.emit(head(106));
  assert.deepEqual(recorder.numbers, [100]);
  await settle();
  assert.deepEqual(recorder.numbers, [100, 101, 102, 103, 104, 105, 106]);
  assert.deepEqual(fetched, [104, 103, 102, 101]);
  assert.deepEqual(JSON.parse(recorder.texts[1]!), headOf(101));
  assert.equal(await metric('trunkline_stream_heads_filled_total'), 4);
  assert.equal(await metric('trunkline_stream_head_gap_blocks_total'), 0);
});

test('a gap without a way to fill it is forwarded and counted', async () => {
  const { sources, subscribe, metric } = setUpHub(1);
  const { recorder } = await subscribe();
  sources[0]!.emit(head(100));
  sources[0]!.emit(head(105));
  assert.deepEqual(recorder.numbers, [100, 105]);
  assert.equal(await metric('trunkline_stream_head_gap_blocks_total'), 4);
});

test('of a wide gap the newest blocks are fetched and the others counted', async () => {
  const { sources, subscribe, metric } = setUpHub(1, {
    maxHeadFill: 3,
    fetchBlock: async number => block(number),
  });
  const { recorder } = await subscribe();
  sources[0]!.emit(head(100));
  sources[0]!.emit(head(110));
  await settle();
  assert.deepEqual(recorder.numbers, [100, 107, 108, 109, 110]);
  assert.equal(await metric('trunkline_stream_head_gap_blocks_total'), 6);
});

test('a fetched block of another fork is not used', async () => {
  const { sources, subscribe } = setUpHub(1, {
    fetchBlock: async number => headBytes(headOf(number, number < 104 ? 'f' : 'a', 0)),
  });
  const { recorder } = await subscribe();
  sources[0]!.emit(head(100));
  sources[0]!.emit(head(105));
  await settle();
  assert.deepEqual(recorder.numbers, [100, 104, 105]);
});

test('a fill that hangs or fails holds the heads up for a bounded time', async () => {
  const { clock, sources, subscribe } = setUpHub(1, {
    fetchTimeoutMs: 2000,
    fetchBlock: number => (number === 104 ? Promise.reject(new Error('no')) : new Promise(() => {})),
  });
  const { recorder } = await subscribe();
  sources[0]!.emit(head(100));
  sources[0]!.emit(head(103));
  sources[0]!.emit(head(105));
  await clock.advanceAndSettle(1999);
  assert.deepEqual(recorder.numbers, [100]);
  await clock.advanceAndSettle(1);
  assert.deepEqual(recorder.numbers, [100, 103]);
  await clock.advanceAndSettle(500, 5);
  assert.deepEqual(recorder.numbers, [100, 103, 105]);
});

test('a block that nobody has yet is asked for again', async () => {
  let tries = 0;
  const { clock, sources, subscribe } = setUpHub(1, {
    fetchBlock: async number => (++tries < 3 ? undefined : block(number)),
  });
  const { recorder } = await subscribe();
  sources[0]!.emit(head(100));
  sources[0]!.emit(head(102));
  await settle();
  await clock.advanceAndSettle(500, 5);
  assert.deepEqual(recorder.numbers, [100, 101, 102]);
});

test('a reorg whose lower blocks no provider announced is filled down to the fork', async () => {
  const { sources, subscribe } = setUpHub(1, {
    fetchBlock: async number => headBytes(headOf(number, 'f', 101)),
  });
  const { recorder } = await subscribe();
  for (let number = 100; number <= 103; number++) sources[0]!.emit(head(number));
  sources[0]!.emit(headBytes(headOf(104, 'f', 101)));
  await settle();
  assert.deepEqual(recorder.numbers, [100, 101, 102, 103, 102, 103, 104]);
});

test('the head of a lagging replacement does not rewind the stream', async () => {
  const { sources, subscribe } = setUpHub(2);
  const [a, b] = sources as [FakeSource, FakeSource];
  b.close();
  const { recorder } = await subscribe();
  for (const number of [100, 101]) a.emit(head(number));
  a.close();
  b.open();
  await settle();
  for (const number of [96, 97, 98, 99, 100, 101, 102]) b.emit(head(number));
  assert.deepEqual(recorder.numbers, [100, 101, 102]);
});

test('a new stream does not begin below what clients have been answered', async () => {
  const { heads, sources, subscribe } = setUpHub(1);
  heads.observe('http', { number: 100 });
  const { recorder } = await subscribe();
  for (const number of [98, 99, 100]) sources[0]!.emit(head(number));
  assert.deepEqual(recorder.numbers, [100]);
});

test('an absurd head is not forwarded, and comes when others confirm it', async () => {
  const { sources, subscribe } = setUpHub(3);
  const [a, b, c] = sources as [FakeSource, FakeSource, FakeSource];
  const { recorder } = await subscribe();
  for (const source of sources) source.emit(head(100));
  a.emit(head(0));
  a.emit(head(50_000));
  assert.deepEqual(recorder.numbers, [100]);
  b.emit(head(101));
  b.emit(head(50_000));
  c.emit(head(50_001));
  assert.deepEqual(recorder.numbers, [100, 101, 50_000, 50_001]);
});

test('after a reset of the chain the stream goes on with the new one', async () => {
  const { clock, sources, subscribe } = setUpHub(2);
  const { recorder } = await subscribe();
  for (const source of sources) source.emit(head(500));
  const restarted = (number: number) => headBytes(headOf(number, 'n', -1));
  for (let number = 1; number <= 12; number++) {
    for (const source of sources) source.emit(restarted(number));
    clock.advance(12_000);
  }
  const numbers = recorder.numbers;
  assert.equal(numbers[0], 500);
  assert.deepEqual(numbers.slice(1), [11, 12]);
});

test('heads that arrive during a long fill are bounded: the fill gives way', async () => {
  const { sources, subscribe } = setUpHub(1, { fetchBlock: () => new Promise(() => {}) });
  const { recorder } = await subscribe();
  sources[0]!.emit(head(100));
  sources[0]!.emit(head(102));
  for (let number = 103; number <= 620; number++) sources[0]!.emit(head(number));
  await settle();
  assert.deepEqual([recorder.numbers.length, recorder.numbers.at(-1)], [520, 620]);
  assert.equal(recorder.events.length, new Set(recorder.texts).size);
  assert.ok(recorder.texts[1]!.includes(hashOf(102)));
});
