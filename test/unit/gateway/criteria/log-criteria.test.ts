import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readLogCriteria } from '../../../../src/gateway/criteria/log-criteria.ts';

const address = (digit: string) => `0x${digit.repeat(40)}`;
const topic = (digit: string) => `0x${digit.repeat(64)}`;
const everything = { addresses: [], topics: [], fromBlock: 0, toBlock: Number.POSITIVE_INFINITY };

describe('readLogCriteria', () => {
  it('asks for all logs when nothing is given', () => {
    for (const value of [undefined, null, {}, { address: null, topics: null, fromBlock: null }]) {
      assert.deepEqual(readLogCriteria(value, 0), everything);
    }
  });

  it('reads one address or many, topics by position, in small letters and without repeats', () => {
    const criteria = readLogCriteria(
      {
        address: [address('B'), address('a'), address('b')],
        topics: [topic('C'), null, [topic('D'), topic('d')], [topic('e'), null]],
      },
      0,
    );
    assert.deepEqual(criteria.addresses, [address('a'), address('b')]);
    assert.deepEqual(criteria.topics, [[topic('c')], [], [topic('d')], []]);
    assert.deepEqual(readLogCriteria({ address: address('A') }, 0).addresses, [address('a')]);
  });

  it('reads a range as far as it concerns logs to come', () => {
    for (const [range, fromBlock, toBlock] of [
      [{ fromBlock: '0x10' }, 16, Number.POSITIVE_INFINITY],
      [{ fromBlock: '0x10', toBlock: '0x20' }, 16, 32],
      [{ fromBlock: 'earliest', toBlock: 'latest' }, 0, Number.POSITIVE_INFINITY],
      [{ fromBlock: 'finalized' }, 0, Number.POSITIVE_INFINITY],
      [{ fromBlock: 'latest', toBlock: 'latest' }, 0, Number.POSITIVE_INFINITY],
    ] as const) {
      const criteria = readLogCriteria(range, 0);
      assert.deepEqual([criteria.fromBlock, criteria.toBlock], [fromBlock, toBlock], JSON.stringify(range));
    }
  });

  it('says what is wrong with the rest, and where', () => {
    const many = (count: number, item: string) => Array.from({ length: count }, () => item);
    for (const [value, message] of [
      [7, /a filter is an object/],
      [[], /a filter is an object/],
      [{ address: 7 }, /non-string address at index 0/],
      [{ address: [address('a'), '0x1'] }, /address at index 1 is not 0x and 40/],
      [{ address: many(1_001, address('a')) }, /exceed max addresses/],
      [{ topics: {} }, /topics are an array/],
      [{ topics: [null, '0x1'] }, /invalid topic in position 1/],
      [{ topics: [[topic('a'), 7]] }, /invalid topic in position 0/],
      [{ topics: [null, null, null, null, null] }, /exceed max topics/],
      [{ topics: [many(1_001, topic('a'))] }, /exceed max topics/],
      [{ blockHash: topic('a') }, /blockHash/],
      [{ fromBlock: 'pending' }, /pending logs are not supported/],
      [{ fromBlock: '16' }, /fromBlock is neither/],
      [{ toBlock: 16 }, /toBlock is neither/],
      [{ toBlock: '0xffffffffffffffff' }, /toBlock is neither/],
      [{ fromBlock: '0x20', toBlock: '0x10' }, /invalid block range/],
      [{ toBlock: '0x10' }, /invalid block range/],
      [{ toBlock: 'finalized' }, /invalid block range/],
    ] as const) {
      assert.throws(
        () => readLogCriteria(value, 1),
        (error: { code: string; message: string }) =>
          error.code === 'criteria_invalid' &&
          error.message.startsWith('invalid argument 1: ') &&
          message.test(error.message),
        JSON.stringify(value).slice(0, 60),
      );
    }
  });
});
