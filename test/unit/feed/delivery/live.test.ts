import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { eventKinds } from '../../../../src/feed/events/feed-event.ts';
import { FakeEventSource } from './fake-event-source.ts';
import { FakeSink } from './fake-sink.ts';
import { feedSetup, LineFormat, settle } from './feed-setup.ts';

describe('live deliveries', () => {
  it('builds a frame once for all subscriptions of a selector and gives all the same buffer, one write a tick', async () => {
    const { source, feed, format, request } = feedSetup();
    const sinks = Array.from({ length: 100 }, () => new FakeSink());
    for (const sink of sinks) (await feed.subscribe(request(['a.heads']), sink)).begin();
    source.commit('a.heads', 'b.heads', 'a.heads');
    source.commit('a.heads');
    await settle();
    assert.equal(format.built, 3);
    for (const { writes } of sinks) {
      assert.equal(writes.length, 1);
      assert.equal(writes[0], sinks[0]!.writes[0]);
    }
    assert.deepEqual(sinks[0]!.lines, ['e1:1 a.heads', 'e1:3 a.heads', 'e1:4 a.heads']);
    const { groups, live, published, delivered } = feed.stats();
    assert.deepEqual(
      { groups, live, published, delivered },
      { groups: 1, live: 100, published: 4, delivered: 300 },
    );
  });

  it('rests after writes that took long for as long as they took, 20 ms at most, and then writes all that came', async () => {
    for (const [tookMs, restMs] of [
      [5, 5],
      [300, 20],
    ] as const) {
      const { clock, source, feed, request } = feedSetup();
      const sink = new FakeSink();
      const write = sink.write.bind(sink);
      sink.write = frames => {
        write(frames);
        clock.advance(tookMs);
      };
      (await feed.subscribe(request(['a.heads']), sink)).begin();
      source.commit('a.heads');
      await settle();
      assert.equal(sink.writes.length, 1);
      for (let event = 0; event < 3; event++) {
        source.commit('a.heads');
        await settle();
      }
      clock.advance(restMs - 1);
      assert.equal(sink.writes.length, 1);
      clock.advance(1);
      assert.equal(sink.writes.length, 2);
      assert.equal(sink.lines.length, 4);
    }
  });

  it('puts the frames of several subscriptions of a connection into one write', async () => {
    const { source, feed, request } = feedSetup();
    const sink = new FakeSink();
    const other = new FakeSink();
    for (const pattern of ['a.heads', 'b.heads', '*.heads']) {
      (await feed.subscribe(request([pattern], { format: new LineFormat(pattern) }), sink)).begin();
    }
    (await feed.subscribe(request(['a.heads'], { format: new LineFormat('a.heads') }), other)).begin();
    source.commit('a.heads', 'b.heads');
    await settle();
    assert.equal(sink.writes.length, 1);
    assert.deepEqual([...sink.lines].sort(), [
      'e1:1 a.heads',
      'e1:1 a.heads',
      'e1:2 b.heads',
      'e1:2 b.heads',
    ]);
    assert.deepEqual(other.lines, ['e1:1 a.heads']);
  });

  it('sends an event once to a subscription of which several topics match it', async () => {
    const { source, feed, request } = feedSetup();
    const sink = new FakeSink();
    (await feed.subscribe(request(['a.heads', '*.heads', 'a.>', '>']), sink)).begin();
    source.commit('a.heads');
    await settle();
    assert.deepEqual(sink.lines, ['e1:1 a.heads']);
  });

  it('loses nothing between subscribe and begin, and lets nothing out before', async () => {
    const { source, feed, request } = feedSetup();
    const sink = new FakeSink();
    source.commit('a.heads');
    const subscription = await feed.subscribe(request(['a.heads']), sink);
    assert.equal(subscription.start, 'e1:1');
    source.commit('a.heads', 'a.heads');
    await settle();
    assert.deepEqual(sink.writes, []);
    source.commit('a.heads');
    subscription.begin();
    source.commit('a.heads');
    await settle();
    assert.deepEqual(sink.lines, ['e1:2 a.heads', 'e1:3 a.heads', 'e1:4 a.heads', 'e1:5 a.heads']);
    assert.equal(subscription.cursor, 'e1:5');
  });

  it('does not repeat what waits for the end of the tick to somebody who joins meanwhile', async () => {
    const { source, feed, request } = feedSetup();
    const first = new FakeSink();
    const second = new FakeSink();
    (await feed.subscribe(request(['a.heads']), first)).begin();
    const late = await feed.subscribe(request(['a.heads']), second);
    source.commit('a.heads');
    late.begin();
    source.commit('a.heads');
    await settle();
    const all = ['e1:1 a.heads', 'e1:2 a.heads'];
    assert.deepEqual([first.lines, second.lines], [all, all]);
  });

  it('gives as cursor what was written, not what waits', async () => {
    const { source, feed, request } = feedSetup();
    const subscription = await feed.subscribe(request(['a.heads']), new FakeSink());
    subscription.begin();
    source.commit('a.heads', 'a.heads');
    assert.equal(subscription.cursor, 'e1:0');
    subscription.end();
    assert.equal(subscription.cursor, 'e1:0');
    await settle();
    assert.equal(feed.cursor, 'e1:2');
  });

  it('does not repeat what somebody has read who was begun by another listener of the log', async () => {
    const log = new FakeEventSource();
    let begin = () => {};
    log.onCommitted(() => begin());
    const { source, feed, request } = feedSetup({}, log);
    const [alone, second] = [new FakeSink(), new FakeSink()];
    const first = await feed.subscribe(request(['a.heads']), alone);
    begin = () => first.begin();
    source.commit('a.heads', 'a.heads');
    const late = await feed.subscribe(request(['a.heads']), second);
    begin = () => late.begin();
    source.commit('a.heads', 'a.heads');
    await settle();
    assert.deepEqual(alone.lines, ['e1:1 a.heads', 'e1:2 a.heads', 'e1:3 a.heads', 'e1:4 a.heads']);
    assert.deepEqual(second.lines, ['e1:3 a.heads', 'e1:4 a.heads']);
  });

  it('does not count a gap as written for those to whom it is still to be sent', async () => {
    const { source, feed, request } = feedSetup();
    const cursors: string[] = [];
    const onUnsaidGap = () => cursors.push(told.cursor, saying.cursor);
    const format = new LineFormat('eth', false);
    const told = await feed.subscribe(request(['a.heads'], { format, onUnsaidGap }), new FakeSink());
    const saying = await feed.subscribe(request(['a.heads']), new FakeSink());
    told.begin();
    saying.begin();
    source.commit('a.heads', 'a.gaps', 'a.heads');
    assert.deepEqual([...cursors, saying.cursor], ['e1:1', 'e1:1', 'e1:1']);
    await settle();
    assert.equal(saying.cursor, 'e1:3');
  });

  it('writes what is due when it stops, and still tells the cursors', async () => {
    const { source, feed, request } = feedSetup();
    const sink = new FakeSink();
    const subscription = await feed.subscribe(request(['a.heads']), sink);
    subscription.begin();
    source.commit('a.heads');
    feed.stop();
    source.commit('a.heads');
    await settle();
    assert.deepEqual([sink.lines, subscription.cursor], [['e1:1 a.heads'], 'e1:1']);
  });

  it('asks `accepts` about logs only', async () => {
    const { source, feed, request } = feedSetup();
    const sink = new FakeSink();
    const selector = {
      key: 'k',
      patterns: ['a.logs.>', 'a.heads'],
      accepts: (event: { offset: number }) => event.offset > 2,
    };
    (await feed.subscribe(request([], { selector }), sink)).begin();
    source.commit('a.heads', 'a.logs.0x1.0x2', 'a.logs.0x1.0x2');
    await settle();
    assert.deepEqual(sink.lines, ['e1:1 a.heads', 'e1:3 a.logs.0x1.0x2']);
  });

  it('tells whoever may get heads or logs of a chain of its reorgs and gaps', async () => {
    const { source, feed, request } = feedSetup();
    const heads = new FakeSink();
    const pending = new FakeSink();
    (await feed.subscribe(request(['a.heads']), heads)).begin();
    (await feed.subscribe(request(['a.pending']), pending)).begin();
    source.commit('a.reorgs', 'b.reorgs', 'a.gaps');
    source.commitEvents([{ topic: 'a.gaps', kind: eventKinds.gap, data: '{"reason":"shed"}' }]);
    await settle();
    assert.deepEqual(heads.lines, ['e1:1 a.reorgs', 'e1:3 a.gaps']);
    assert.deepEqual(pending.lines, ['e1:4 a.gaps']);
  });

  it('says a gap that has no frame to the subscription itself, behind what came before it', async () => {
    const { source, feed, request } = feedSetup();
    const sink = new FakeSink();
    const told: string[] = [];
    const onUnsaidGap = ({ message }: { readonly message: string }) =>
      told.push(`${message} after ${sink.lines.length}`);
    const format = new LineFormat('eth', false);
    (await feed.subscribe(request(['a.heads'], { format, onUnsaidGap }), sink)).begin();
    source.commitEvents([
      { topic: 'a.heads', kind: eventKinds.head, data: '{}' },
      { topic: 'a.gaps', kind: eventKinds.gap, data: '{"reason":"outage","message":"blocks 3 to 9"}' },
      { topic: 'a.heads', kind: eventKinds.head, data: '{}' },
    ]);
    await settle();
    assert.deepEqual(told, ['blocks 3 to 9 after 1']);
    assert.deepEqual(sink.lines, ['e1:1 a.heads', 'e1:3 a.heads']);
  });

  it('goes on for the others when a sink or a format fails', async () => {
    const { source, feed, request } = feedSetup();
    const broken = new FakeSink();
    const well = new FakeSink();
    broken.failure = new Error('gone');
    const failing = { key: 'failing', event: () => assert.fail('a bug'), gap: () => undefined };
    (await feed.subscribe(request(['a.heads']), broken)).begin();
    (await feed.subscribe(request(['>'], { format: failing }), new FakeSink())).begin();
    (await feed.subscribe(request(['a.heads']), well)).begin();
    source.commit('a.heads', 'a.heads');
    await settle();
    assert.deepEqual(well.lines, ['e1:1 a.heads', 'e1:2 a.heads']);
    assert.equal(feed.stats().live, 2);
  });

  it('refuses more subscriptions than it may hold, and any once it stopped', async () => {
    const { feed, request } = feedSetup({ maxSubscriptions: 1 });
    const held = await feed.subscribe(request(['a.heads']), new FakeSink());
    await assert.rejects(feed.subscribe(request(['a.heads']), new FakeSink()), { code: 'feed_full' });
    held.end();
    held.end();
    (await feed.subscribe(request(['a.heads']), new FakeSink())).begin();
    feed.stop();
    await assert.rejects(feed.subscribe(request(['a.heads']), new FakeSink()), { code: 'feed_unavailable' });
    assert.throws(() => feed.reader({ key: 'k', patterns: ['a.heads'] }, 0), { code: 'feed_unavailable' });
    assert.equal(feed.stats().live, 0);
  });
});
