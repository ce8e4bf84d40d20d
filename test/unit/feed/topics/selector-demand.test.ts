import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { selectorDemand } from '../../../../src/feed/topics/selector-demand.ts';

const nothing = { logs: [], pending: false };

describe('what a selector needs of a chain', () => {
  it('is everything for `>`, and what the patterns say otherwise', () => {
    for (const pattern of ['>', 'a.>', '*.>']) {
      assert.deepEqual(selectorDemand([pattern], 'a'), { logs: [{}], pending: true }, pattern);
    }
    for (const pattern of ['a.logs.>', '*.logs.>', 'a.*.>', 'a.logs.*.*', '*.*.*.>']) {
      assert.deepEqual(selectorDemand([pattern], 'a'), { logs: [{}], pending: false }, pattern);
    }
    for (const pattern of ['a.pending', '*.pending', 'a.*', '*.*']) {
      assert.deepEqual(selectorDemand([pattern], 'a'), { logs: [], pending: true }, pattern);
    }
    for (const pattern of [
      'a.heads',
      '*.heads',
      'b.>',
      'b.logs.>',
      'system.*',
      'a.logs.0x1',
      'a.heads.>',
      'a.logs.*.*.>',
    ]) {
      assert.deepEqual(selectorDemand([pattern], 'a'), nothing, pattern);
    }
  });

  it('names address and first topic where the pattern does', () => {
    const needs = selectorDemand(
      ['a.logs.0x1.*', 'a.logs.0x1.>', '*.logs.*.0x2', 'a.*.0x3.0x4', 'a.logs.0x5.none'],
      'a',
    );
    assert.deepEqual(needs.logs, [
      { address: '0x1' },
      { topic0: '0x2' },
      { address: '0x3', topic0: '0x4' },
      { address: '0x5' },
    ]);
  });

  it('is all logs once, when one pattern needs them all', () => {
    assert.deepEqual(selectorDemand(['a.logs.0x1.*', 'a.logs.*.none'], 'a').logs, [{}]);
  });
});
