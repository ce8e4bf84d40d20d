import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { asRemoved } from '../../../../src/feed/log/removed-log.ts';

const removedOf = (text: string) => asRemoved(Buffer.from(text))?.toString();

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
