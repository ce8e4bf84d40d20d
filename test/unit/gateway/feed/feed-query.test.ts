import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ResolveChain } from '../../../../src/feed/topics/parse-topics.ts';
import { feedQuery } from '../../../../src/gateway/feed/feed-query.ts';
import { readFeedRequest } from '../../../../src/gateway/feed/read-feed-request.ts';

const resolveChain: ResolveChain = token =>
  ['devnet', '31337'].includes(token) ? { name: 'devnet', family: 'evm' } : undefined;

/** The start that a query comes to. */
function startOf(query: string, lastEventId?: string) {
  const asked = feedQuery(`topics=devnet.heads&${query}`, lastEventId);
  const { from, gaps } = readFeedRequest(asked?.params, resolveChain);
  return { ...from, gaps };
}

describe('feedQuery', () => {
  it('takes topics from lists and repetitions', () => {
    assert.deepEqual(feedQuery('topics=a,b&topics=c,%20d', undefined)?.params, {
      topics: ['a', 'b', 'c', 'd'],
    });
    assert.equal(feedQuery('from=latest', undefined), undefined);
    assert.equal(feedQuery('', 'e1:1'), undefined);
  });

  it('reads each way to say where to start', () => {
    assert.deepEqual(startOf(''), { kind: 'latest', gaps: 'refuse' });
    assert.deepEqual(startOf('from=earliest&gaps=announce'), { kind: 'earliest', gaps: 'announce' });
    assert.deepEqual(startOf('from=e1:7'), { kind: 'cursor', cursor: 'e1:7', gaps: 'refuse' });
    assert.deepEqual(startOf('block=7'), { kind: 'block', number: 7, chain: 'devnet', gaps: 'refuse' });
    assert.deepEqual(startOf('block=7&chain=31337'), {
      kind: 'block',
      number: 7,
      chain: 'devnet',
      gaps: 'refuse',
    });
    const time = Date.UTC(2026, 0, 31, 12);
    for (const text of [String(time), '2026-01-31T12:00Z', '2026-01-31T13:00:00.000%2B01:00']) {
      assert.deepEqual(startOf(`time=${text}`), { kind: 'time', time, gaps: 'refuse' }, text);
    }
  });

  it('lets Last-Event-ID go before the start, and has gaps announced then', () => {
    const wanted = { kind: 'cursor', cursor: 'e1:9', gaps: 'announce' };
    assert.deepEqual(startOf('from=earliest&gaps=refuse', 'e1:9'), wanted);
    assert.deepEqual(startOf('block=4&lastEventId=e1:9'), wanted);
    assert.deepEqual(startOf('lastEventId=e1:1', 'e1:9'), wanted, 'the header before the query');
    assert.deepEqual(startOf('from=earliest', ''), { kind: 'earliest', gaps: 'refuse' });
    assert.equal(feedQuery('topics=a', 'e1:9')?.isResuming, true);
    assert.equal(feedQuery('topics=a&from=e1:9', undefined)?.isResuming, false);
  });

  it('names the parameter that it does not know, and the one that was probably meant', () => {
    const known = 'there are topics, from, block, chain, time, strategy, gaps, lastEventId';
    for (const [query, says] of [
      ['form=earliest', `"form"; did you mean "from"? ${known}`],
      ['Last-Event-ID=e:1', `"Last-Event-ID"; did you mean "lastEventId"? ${known}`],
      ['gap=announce', `"gap"; did you mean "gaps"? ${known}`],
      ['limit=5', `"limit"; ${known}`],
      [`${'x'.repeat(100)}=5`, `"${'x'.repeat(40)}"; ${known}`],
    ] as const) {
      assert.throws(() => startOf(query), {
        code: 'feed_request_invalid',
        message: `the query has no parameter ${says}`,
      });
    }
    assert.throws(() => readFeedRequest({ topics: ['>'], form: 'earliest' }, resolveChain), {
      code: 'feed_request_invalid',
      message: /no member "form"; did you mean "from"\? there are topics/,
    });
  });

  it('refuses what it does not understand', () => {
    for (const query of [
      'form=1',
      'from=a&from=b',
      'from=a&block=1',
      'time=1&block=1',
      'chain=x',
      'block=1.5',
    ]) {
      assert.throws(() => startOf(query), { code: 'feed_request_invalid' }, query);
    }
  });
});
