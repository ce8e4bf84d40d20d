import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { asRemoved, readLogSubject } from '../../../../src/feed/log/evm-log.ts';

const subjectOf = (text: string) => readLogSubject(Buffer.from(text));
const removedOf = (text: string) => asRemoved(Buffer.from(text))?.toString();

describe('readLogSubject', () => {
  it('reads address and first topic in small letters, wherever they are', () => {
    assert.deepEqual(subjectOf('{"address":"0xAB","topics":["0xCD","0xEF"]}'), {
      address: '0xab',
      topic0: '0xcd',
    });
    assert.deepEqual(
      subjectOf(' { "data" : {"address":"0x1"}, "topics" : [ "0xCD" ] , "address" : "0xAB" } '),
      { address: '0xab', topic0: '0xcd' },
    );
    assert.deepEqual(subjectOf('{"address":"0xab","topics":[]}'), { address: '0xab', topic0: undefined });
    assert.deepEqual(subjectOf('{"address":"0xab"}'), { address: '0xab', topic0: undefined });
  });

  it('takes nothing from what is not a log', () => {
    for (const text of [
      '',
      '[]',
      '{',
      '{"topics":["0x1"]}',
      '{"address":1}',
      '{"address":"0x1","topics":"0x1"}',
    ]) {
      assert.equal(subjectOf(text), undefined, text);
    }
  });
});

describe('asRemoved', () => {
  it('replaces the mark or puts it in, and leaves every other byte', () => {
    assert.equal(removedOf('{"a":1,"removed":false}'), '{"a":1,"removed":true}');
    assert.equal(removedOf('{ "removed" : false , "a":1.0e5 }'), '{ "removed" : true , "a":1.0e5 }');
    assert.equal(removedOf('{"a":1}'), '{"a":1,"removed":true}');
    assert.equal(removedOf('{}'), '{"removed":true}');
    assert.equal(removedOf('{"a":{"removed":false}}'), '{"a":{"removed":false},"removed":true}');
    assert.equal(removedOf('{"removed":true}'), '{"removed":true}');
    assert.equal(removedOf('{"a":'), undefined);
  });

  it('says of any log the same, but that it is removed', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.option(fc.boolean()), (log, removed) => {
        const whole = removed === null ? log : { ...log, removed };
        assert.deepEqual(
          JSON.parse(removedOf(JSON.stringify(whole))!),
          JSON.parse(JSON.stringify({ ...log, removed: true })),
        );
      }),
    );
  });
});
