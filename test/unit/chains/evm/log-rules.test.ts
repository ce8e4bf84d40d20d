import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { logRules } from '../../../../src/chains/evm/log-rules.ts';

const address = `0x${'Ab'.repeat(20)}`;
const topic = `0x${'0C'.repeat(32)}`;
const blockHash = `0x${'0D'.repeat(32)}`;
const log = {
  address,
  topics: [topic, topic],
  data: '0x"',
  blockNumber: '0x1',
  logIndex: '0x1f',
  blockHash,
  transactionIndex: '0x0',
};
const read = (value: unknown) => logRules.read(Buffer.from(JSON.stringify(value)));

describe('logRules', () => {
  it('reads what filters see of a log, in small letters', () => {
    const fields = {
      address: address.toLowerCase(),
      topics: [topic.toLowerCase(), topic.toLowerCase()],
      index: 31,
      blockHash: blockHash.toLowerCase(),
    };
    assert.deepEqual(read(log), { ...fields, removed: false });
    assert.deepEqual(read({ ...log, removed: true }), { ...fields, removed: true });
    assert.deepEqual(read({ ...log, topics: [] }), { ...fields, topics: [], removed: false });
    const spaced = Buffer.from(` ${JSON.stringify(log, null, 2)}\n`);
    assert.deepEqual(logRules.read(spaced), { ...fields, removed: false });
  });

  it('reads no log out of anything else', () => {
    for (const value of [null, [], {}, 1, '0x', [log]]) assert.equal(read(value), undefined);
    for (const member of ['address', 'topics', 'logIndex', 'blockHash'] as const)
      assert.equal(read({ ...log, [member]: null }), undefined);
    for (const topics of [[1], ['0x'], [topic, null], Array(5).fill(topic), {}])
      assert.equal(read({ ...log, topics }), undefined);
    assert.equal(logRules.read(Buffer.from(JSON.stringify(log).slice(0, -1))), undefined);
  });

  it('survives any bytes', () => {
    const text = JSON.stringify(log);
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.uint8Array({ maxLength: 4 }), (at, junk) => {
        const bytes = Buffer.concat([Buffer.from(text.slice(0, at)), junk, Buffer.from(text.slice(at + 1))]);
        logRules.read(bytes);
        logRules.bloomIn(bytes);
      }),
    );
  });

  it('finds the bloom of a header', () => {
    const bloom = `0x${'0A'.repeat(256)}`;
    assert.equal(
      logRules.bloomIn(Buffer.from(JSON.stringify({ number: '0x1', logsBloom: bloom }))),
      bloom.toLowerCase(),
    );
    for (const header of [{}, { logsBloom: null }, { logsBloom: '0x' }, []])
      assert.equal(logRules.bloomIn(Buffer.from(JSON.stringify(header))), undefined);
  });
});
