import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { utils } from 'web3';
import { bloomBits, bloomMayContain, bloomOf, parseBloom } from '../../../../src/chains/evm/logs-bloom.ts';

const hexOf = (length: number) =>
  fc
    .uint8Array({ minLength: length, maxLength: length })
    .map(bytes => `0x${Buffer.from(bytes).toString('hex')}`);
const log = fc.record({ address: hexOf(20), topics: fc.array(hexOf(32), { maxLength: 4 }) });
const textOf = (bloom: Uint8Array) => `0x${Buffer.from(bloom).toString('hex')}`;

describe('logs bloom', () => {
  it('sets the bits that another implementation asks for', () => {
    fc.assert(
      fc.property(fc.array(log, { maxLength: 8 }), hexOf(20), (logs, stranger) => {
        const bloom = bloomOf(logs);
        for (const { address, topics } of logs) {
          assert.ok(utils.isContractAddressInBloom(textOf(bloom), address));
          for (const topic of topics) assert.ok(utils.isTopicInBloom(textOf(bloom), topic));
        }
        assert.equal(
          bloomMayContain(bloom, bloomBits(stranger)),
          utils.isInBloom(textOf(bloom), stranger),
          'and no others',
        );
      }),
      { numRuns: 50 },
    );
  });

  it('sets no bits but those of its logs', () => {
    fc.assert(
      fc.property(fc.array(log, { maxLength: 8 }), logs => {
        const bits = new Set(logs.flatMap(({ address, topics }) => [address, ...topics].flatMap(bloomBits)));
        const set = [...bloomOf(logs)].reduce(
          (sum, byte) => sum + byte.toString(2).replace(/0/g, '').length,
          0,
        );
        assert.equal(set, bits.size);
      }),
      { numRuns: 50 },
    );
  });

  it('is what the bloom of a header reads as', () => {
    const bloom = bloomOf([{ address: `0x${'1f'.repeat(20)}`, topics: [`0x${'2e'.repeat(32)}`] }]);
    assert.deepEqual(new Uint8Array(parseBloom(textOf(bloom))!), bloom);
    assert.deepEqual(new Uint8Array(parseBloom(textOf(bloom).toUpperCase().replace('0X', '0x'))!), bloom);
  });

  it('is none when it tells nothing', () => {
    for (const text of [
      '',
      '0x',
      '0x00',
      `0x${'zz'.repeat(256)}`,
      `0x${'ff'.repeat(256)}`,
      `0x${'00'.repeat(257)}`,
    ])
      assert.equal(parseBloom(text), undefined);
    assert.ok(parseBloom(`0x${'00'.repeat(256)}`));
  });
});
