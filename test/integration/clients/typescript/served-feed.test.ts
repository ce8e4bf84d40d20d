import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type FeedItem, follow } from '../../../../clients/typescript/src/follow.ts';
import { CuttableProxy } from '../../../support/cuttable-proxy.ts';
import { eventually } from '../../../support/eventually.ts';
import { chainName, startServedFeed } from '../../feed/served-feed.ts';

const topics = [`${chainName}.heads`];
const reconnect = { minDelayMs: 1, maxDelayMs: 5 };
const numbers = (items: readonly FeedItem[]) => items.map(item => (item.data as { n: number }).n);
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
const turn = () => new Promise(resolve => setImmediate(resolve));

describe('follow, before the real feed', () => {
  it('yields everything once and in order while its connection is cut again and again', async t => {
    const served = await startServedFeed(t);
    const proxy = await CuttableProxy.start(t, () => served.port);
    const feed = follow({ url: `ws://127.0.0.1:${proxy.port}/feed`, topics, reconnect });
    t.after(() => feed.return());
    const total = 20_000;
    const items: FeedItem[] = [];
    const reading = (async () => {
      for await (const item of feed) if (items.push(item) === total) break;
    })();
    await eventually(() => feed.cursor !== undefined, 'the subscription');
    let cuts = 0;
    for (let next = 1; next <= total; next += 40) {
      await served.heads(...range(next, next + 39));
      if (next % 1_000 === 1) cuts += proxy.cut();
      await turn();
    }
    await reading;
    assert.deepEqual(numbers(items), range(1, total));
    assert.ok(cuts >= 5, `${cuts} cuts`);
  });

  it('loses nothing with a slow loop, and holds little meanwhile', async t => {
    const served = await startServedFeed(t);
    const states: string[] = [];
    const feed = follow({
      url: `${served.wsUrl}/feed`,
      topics,
      reconnect,
      maxBufferedItems: 100,
      onState: ({ state }) => states.push(state),
    });
    t.after(() => feed.return());
    const total = 5_000;
    const first = feed.next();
    await eventually(() => states.includes('live'));
    await served.heads(...range(1, total));
    const items = [(await first).value!];
    while (items.length < total) {
      const { value } = await feed.next();
      items.push(value!);
      if (items.length % 50 === 0) await turn();
    }
    assert.deepEqual(numbers(items), range(1, total));
    assert.ok(states.filter(state => state === 'paused').length > 5, `${states.length}`);
  });

  it('goes on in another process with the cursor of the last event', async t => {
    const served = await startServedFeed(t);
    await served.heads(1, 2, 3, 4);
    const collect = async (cursor: string | undefined, count: number) => {
      const items: FeedItem[] = [];
      for await (const item of follow({ url: `${served.wsUrl}/feed`, topics, cursor, from: 'earliest' }))
        if (items.push(item) === count) break;
      return items;
    };
    const before = await collect(undefined, 2);
    assert.deepEqual(numbers(before), [1, 2]);
    assert.deepEqual(numbers(await collect(before[1]!.cursor, 2)), [3, 4]);
  });

  it('tells a gap for a cursor of another history, and goes on', async t => {
    const served = await startServedFeed(t);
    await served.heads(1, 2);
    const feed = follow({ url: `${served.wsUrl}/feed`, topics, cursor: 'other:7' });
    t.after(() => feed.return());
    const gap = (await feed.next()).value!;
    assert.ok(gap.type === 'gap' && gap.data.reason === 'epoch', JSON.stringify(gap));
    await served.heads(3);
    const rest: FeedItem[] = [];
    while (rest.at(-1)?.cursor !== served.cursor(3)) rest.push((await feed.next()).value!);
    assert.equal(numbers(rest).at(-1), 3);
  });

  it('throws what the feed says to wrong topics and cursors', async t => {
    const served = await startServedFeed(t);
    const url = `${served.wsUrl}/feed`;
    const refusal = (options: object) => follow({ url, topics, ...options }).next();
    await assert.rejects(refusal({ topics: ['nonsense.heads'] }), { code: 'topic_invalid', rpcCode: -32602 });
    await assert.rejects(refusal({ topics: Array(65).fill(topics[0]) }), { code: 'too_many_topics' });
    await assert.rejects(refusal({ cursor: 'no cursor' }), { code: 'cursor_malformed' });
    await assert.rejects(refusal({ from: { block: 99 } }), { code: 'block_unknown' });
  });
});
