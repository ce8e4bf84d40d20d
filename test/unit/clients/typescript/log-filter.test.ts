import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { logMatcher, logTopics } from '../../../../clients/typescript/src/log-filter.ts';

const many = (count: number, prefix: string) => Array.from({ length: count }, (_, i) => `0x${prefix}${i}`);

describe('the topics of a log filter', () => {
  it('are the addresses times the signatures, in small letters', () => {
    assert.deepEqual(logTopics('dev', {}), ['dev.logs.*.*']);
    assert.deepEqual(logTopics('dev', { address: [], topics: [] }), ['dev.logs.*.*']);
    assert.deepEqual(logTopics('dev', { address: '0xAA', topics: ['0xBB', '0xCC'] }), ['dev.logs.0xaa.0xbb']);
    assert.deepEqual(logTopics('dev', { address: ['0xA', '0xB', '0xa'], topics: [null, '0xCC'] }), [
      'dev.logs.0xa.*',
      'dev.logs.0xb.*',
    ]);
    assert.deepEqual(logTopics('dev', { topics: [['0x1', '0x2']] }), ['dev.logs.*.0x1', 'dev.logs.*.0x2']);
  });

  it('are wider where they would be too many', () => {
    const count = (addresses: number, signatures: number) => {
      const topics = logTopics('d', { address: many(addresses, 'a'), topics: [many(signatures, 'b')] });
      return [topics.length, topics[0]];
    };
    assert.deepEqual(count(8, 8), [64, 'd.logs.0xa0.0xb0']);
    assert.deepEqual(count(8, 9), [8, 'd.logs.0xa0.*']);
    assert.deepEqual(count(9, 8), [8, 'd.logs.*.0xb0']);
    assert.deepEqual(count(65, 2), [2, 'd.logs.*.0xb0']);
    assert.deepEqual(count(2, 65), [2, 'd.logs.0xa0.*']);
    assert.deepEqual(count(65, 1), [1, 'd.logs.*.0xb0']);
    assert.deepEqual(count(65, 65), [1, 'd.logs.*.*']);
  });
});

describe('logMatcher', () => {
  const log = { address: '0xaa', topics: ['0x1', '0x2', '0x3'] };

  it('compares the address and every position', () => {
    const matches = (filter: Parameters<typeof logMatcher>[0]) => logMatcher(filter)(log);
    assert.ok(matches({}));
    assert.ok(matches({ address: '0xAA' }));
    assert.ok(matches({ address: ['0xbb', '0xaa'], topics: [null, ['0x9', '0x2'], null] }));
    assert.ok(matches({ topics: [[], '0x2'] }));
    assert.ok(!matches({ address: '0xbb' }));
    assert.ok(!matches({ topics: ['0x2'] }));
    assert.ok(!matches({ topics: [null, null, '0x2'] }));
    assert.ok(!matches({ topics: [null, ['0x1', '0x3']] }));
  });

  it('wants a log to have as many topics as there are positions', () => {
    assert.ok(!logMatcher({ topics: [null, null, null, null] })(log));
    assert.ok(logMatcher({ topics: [] })({ address: '0xaa', topics: [] }));
  });
});
