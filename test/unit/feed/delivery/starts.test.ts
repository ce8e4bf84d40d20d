import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { FeedRequest, FeedStart } from '../../../../src/feed/delivery/feed-request.ts';
import { resolveStart } from '../../../../src/feed/delivery/resolve-start.ts';
import { FakeSink } from './fake-sink.ts';
import { feedSetup, settle } from './feed-setup.ts';

/** A log of ten events of which the first four are gone; block 7 of `a` is event 7. */
function tenEvents() {
  const setup = feedSetup();
  setup.source.commit(...Array.from({ length: 10 }, () => 'a.heads'));
  setup.source.expire(5);
  setup.source.blocks.set('a:7', 7);
  const open = async (from: FeedStart, gaps: FeedRequest['gaps'] = 'refuse') => {
    const sink = new FakeSink();
    const subscription = await setup.feed.subscribe(setup.request(['a.heads'], { from, gaps }), sink);
    subscription.begin();
    await settle();
    return { start: subscription.start, lines: sink.lines };
  };
  return { ...setup, open };
}

const cursor = (text: string) => ({ kind: 'cursor', cursor: text }) as const;
const events = (from: number) =>
  Array.from({ length: 11 - from }, (_, index) => `e1:${from + index} a.heads`);

describe('where a subscription begins', () => {
  it('is where it was asked to', async () => {
    const { open } = tenEvents();
    assert.deepEqual(await open({ kind: 'latest' }), { start: 'e1:10', lines: [] });
    assert.deepEqual(await open({ kind: 'earliest' }), { start: 'e1:4', lines: events(5) });
    assert.deepEqual(await open(cursor('e1:4')), { start: 'e1:4', lines: events(5) });
    assert.deepEqual(await open(cursor('e1:8')), { start: 'e1:8', lines: events(9) });
    assert.deepEqual(await open(cursor('e1:10')), { start: 'e1:10', lines: [] });
    assert.deepEqual(await open({ kind: 'block', chain: 'a', number: 7 }), {
      start: 'e1:6',
      lines: events(7),
    });
    assert.deepEqual(await open({ kind: 'time', time: 8_500 }), { start: 'e1:8', lines: events(9) });
    assert.deepEqual(await open({ kind: 'time', time: 99_000 }), { start: 'e1:10', lines: [] });
  });

  it('is refused with an error of its own for each cursor that cannot be had, with the cursors that can', async () => {
    const { open } = tenEvents();
    const details = { epoch: 'e1', earliest: 'e1:4', latest: 'e1:10' };
    for (const text of [
      '',
      'x',
      'e1',
      'e1:',
      'e1:-1',
      'e1:01',
      'E1:3',
      'e1:1e3',
      'e1:9999999999999999',
      'x'.repeat(1_000),
    ]) {
      await assert.rejects(open(cursor(text)), { code: 'cursor_malformed', details });
      await assert.rejects(open(cursor(text), 'announce'), { code: 'cursor_malformed' });
    }
    await assert.rejects(open(cursor('e0:8')), { code: 'cursor_epoch', details });
    await assert.rejects(open(cursor('e1:3')), { code: 'cursor_expired', details });
    await assert.rejects(open(cursor('e1:11')), { code: 'cursor_future', details });
    await assert.rejects(open({ kind: 'block', chain: 'a', number: 8 }), { code: 'block_unknown', details });
    await assert.rejects(open({ kind: 'time', time: 1_000 }), { code: 'cursor_expired', details });
  });

  it('says what to do about it where it is refused, and what is done where it is announced', async () => {
    const { source } = tenEvents();
    const wayOut = (from: string) => `begin with from: "${from}", or have the gap told with gaps: "announce"`;
    const wrong: readonly (readonly [FeedStart, what: string, refused: string, announced: string])[] = [
      [
        cursor('e0:8'),
        'the history of epoch e0 is lost; this one is e1',
        `: ${wayOut('earliest')}`,
        '; going on with the earliest that is kept of it',
      ],
      [
        cursor('e1:3'),
        'events after e1:3 up to e1:4 are older than what is kept',
        `: ${wayOut('earliest')}`,
        '; going on with the earliest',
      ],
      [
        { kind: 'time', time: 1_000 },
        'events up to e1:4 are older than what is kept',
        `: ${wayOut('earliest')}`,
        '; going on with the earliest',
      ],
      [
        cursor('e1:12'),
        'the cursor e1:12 is ahead of the last event, e1:10: what lay between is not in this history',
        `; ${wayOut('latest')}`,
        '',
      ],
    ];
    for (const [from, what, refused, announced] of wrong) {
      const resolve = async (gaps: FeedRequest['gaps']) => resolveStart(from, gaps, source);
      await assert.rejects(resolve('refuse'), { message: `${what}${refused}` });
      const { gaps } = await resolve('announce');
      assert.deepEqual(
        gaps.map(({ message }) => message),
        [`${what}${announced}`],
      );
    }
  });

  it('is announced as a gap where that was asked for', async () => {
    const { open } = tenEvents();
    assert.deepEqual(await open(cursor('e0:8'), 'announce'), {
      start: 'e1:4',
      lines: ['gap epoch e0:8 e1:4 at e1:4', ...events(5)],
    });
    assert.deepEqual(await open(cursor('e1:2'), 'announce'), {
      start: 'e1:4',
      lines: ['gap expired e1:2 e1:4 at e1:4', ...events(5)],
    });
    assert.deepEqual(await open(cursor('e1:12'), 'announce'), {
      start: 'e1:10',
      lines: ['gap future e1:12 e1:10 at e1:10'],
    });
    assert.deepEqual(await open({ kind: 'time', time: 1_000 }, 'announce'), {
      start: 'e1:4',
      lines: ['gap expired - e1:4 at e1:4', ...events(5)],
    });
  });

  it('is refused as unavailable when the store does not answer', async () => {
    const { source, open } = tenEvents();
    source.offsetOfBlock = async () => {
      throw new Error('the storage thread died');
    };
    await assert.rejects(open({ kind: 'block', chain: 'a', number: 7 }), { code: 'feed_unavailable' });
  });

  it('holds no claim and no place when it is refused', async () => {
    const { feed, demands, request } = tenEvents();
    const from = cursor('e1:99');
    await assert.rejects(feed.subscribe(request(['a.logs.>'], { from }), new FakeSink()));
    assert.deepEqual(demands.get('a')!.claims, []);
    const { groups, catchingUp } = feed.stats();
    assert.deepEqual([groups, catchingUp], [0, 0]);
  });
});
