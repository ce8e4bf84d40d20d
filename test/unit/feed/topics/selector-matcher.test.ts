import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type EventKind, eventKinds, type FeedEvent } from '../../../../src/feed/events/feed-event.ts';
import { routeOf } from '../../../../src/feed/topics/route.ts';
import { SelectorMatcher } from '../../../../src/feed/topics/selector-matcher.ts';
import { TopicTrie } from '../../../../src/feed/topics/topic-trie.ts';

const event = (kind: EventKind, topic: string, data = '{}'): FeedEvent => ({
  kind,
  topic,
  chain: topic.split('.')[0]!,
  data: Buffer.from(data),
  offset: 1,
  time: 0,
});
const outage = event(eventKinds.gap, 'a.gaps', '{"reason":"outage"}');
const shed = event(eventKinds.gap, 'a.gaps', '{"reason":"shed"}');
const reorg = event(eventKinds.reorg, 'a.reorgs');
const told = (...patterns: readonly string[]) => {
  const matcher = new SelectorMatcher({ key: '', patterns });
  return [outage, shed, reorg].map(one => matcher.matches(one));
};

describe('which events a selector selects', () => {
  it('includes outages and reorgs for heads and logs, and what was shed for transactions', () => {
    for (const pattern of ['a.heads', 'a.logs.>', 'a.logs.0x1.*', '*.heads', '*.*.0x1.0x2']) {
      assert.deepEqual(told(pattern), [true, false, true], pattern);
    }
    assert.deepEqual(told('a.pending'), [false, true, false]);
    assert.deepEqual(told('a.gaps'), [true, true, false]);
    assert.deepEqual(told('*.reorgs'), [false, false, true]);
    for (const pattern of ['>', '*.>', 'a.>', 'a.*', '*.*'])
      assert.deepEqual(told(pattern), [true, true, true], pattern);
    for (const pattern of ['b.heads', 'b.>', 'a.finality', 'a.providers', 'system.started']) {
      assert.deepEqual(told(pattern), [false, false, false], pattern);
    }
  });

  it('takes a gap for what it says, and for an outage when that cannot be read', () => {
    const matcher = new SelectorMatcher({ key: '', patterns: ['a.heads'] });
    for (const data of ['', '{', 'null', '[]', '"shed"', '{"reason":1}']) {
      assert.equal(matcher.matches(event(eventKinds.gap, 'a.gaps', data)), true);
    }
  });

  it('is what the trie finds, for each event and selector', () => {
    const tokens = fc.constantFrom('a', 'b', '*');
    const pattern = fc.oneof(
      fc.constant('>'),
      fc
        .tuple(tokens, fc.constantFrom('heads', 'logs', 'pending', 'reorgs', 'gaps', 'finality', '*', '>'))
        .map(parts => parts.join('.')),
      fc
        .tuple(tokens, fc.constantFrom('logs.>', 'logs.0x1.*', 'logs.0x1.0x2', 'logs.*.0x2', '*.>'))
        .map(parts => parts.join('.')),
    );
    const events = [
      outage,
      shed,
      reorg,
      event(eventKinds.head, 'a.heads'),
      event(eventKinds.head, 'b.heads'),
      event(eventKinds.log, 'a.logs.0x1.0x2'),
      event(eventKinds.log, 'b.logs.0x3.none'),
      event(eventKinds.pending, 'a.pending'),
      event(eventKinds.finality, 'b.finality'),
      event(eventKinds.system, 'system.started'),
    ];
    fc.assert(
      fc.property(fc.array(pattern, { minLength: 1, maxLength: 5 }), patterns => {
        const matcher = new SelectorMatcher({ key: '', patterns });
        const trie = new TopicTrie<SelectorMatcher>();
        for (const route of matcher.routes) trie.add(route, matcher);
        for (const one of events) assert.equal(trie.match(routeOf(one)).length === 1, matcher.matches(one));
      }),
    );
  });
});
