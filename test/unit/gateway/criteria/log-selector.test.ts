import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { logRules } from '../../../../src/chains/evm/log-rules.ts';
import { eventKinds, type FeedEvent } from '../../../../src/feed/events/feed-event.ts';
import { SelectorMatcher } from '../../../../src/feed/topics/selector-matcher.ts';
import { readLogCriteria } from '../../../../src/gateway/criteria/log-criteria.ts';
import { logSelector } from '../../../../src/gateway/criteria/log-selector.ts';

const chain = { name: 'test', rules: logRules };
const address = (n: number) => `0x${n.toString(16).padStart(40, '0')}`;
const topic = (n: number) => `0x${n.toString(16).padStart(64, '0')}`;
const selectorOf = (filter: object) => logSelector(chain, readLogCriteria(filter, 0));

interface Log {
  readonly address: string;
  readonly topics: readonly string[];
  readonly block: number;
}

function eventOf({ address, topics, block }: Log): FeedEvent {
  const data = {
    address,
    blockHash: topic(block),
    blockNumber: `0x${block.toString(16)}`,
    data: '0x',
    logIndex: '0x0',
    removed: false,
    topics,
  };
  return {
    offset: 1,
    time: 0,
    kind: eventKinds.log,
    chain: 'test',
    topic: `test.logs.${address}.${topics[0] ?? 'none'}`,
    data: Buffer.from(JSON.stringify(data, null, block % 2)),
  };
}

interface Filter {
  readonly address?: string | readonly string[];
  readonly topics?: readonly (string | null | readonly (string | null)[])[];
  readonly fromBlock?: string;
  readonly toBlock?: string;
}

/** go-ethereum's `filterLogs`, word for word. */
function naive(filter: Filter, log: Log): boolean {
  if (filter.fromBlock !== undefined && Number(filter.fromBlock) > log.block) return false;
  if (filter.toBlock !== undefined && Number(filter.toBlock) < log.block) return false;
  const addresses = filter.address === undefined ? [] : [filter.address].flat();
  if (addresses.length > 0 && !addresses.includes(log.address)) return false;
  const topics = filter.topics ?? [];
  if (topics.length > log.topics.length) return false;
  return topics.every((position, index) => {
    const list = position === null ? [] : [position].flat();
    return list.length === 0 || list.includes(null) || list.includes(log.topics[index]!);
  });
}

const few = fc.integer({ min: 0, max: 3 });
const many = fc.constant(Array.from({ length: 70 }, (_, n) => n));
const list = (of: (n: number) => string) =>
  fc.oneof(
    { weight: 8, arbitrary: fc.array(few.map(of), { maxLength: 4 }) },
    { weight: 1, arbitrary: many.map(numbers => numbers.map(of)) },
  );
const position = fc.oneof(
  fc.constant(null),
  few.map(topic),
  list(topic),
  list(topic).map(items => [...items, null]),
);
const filters: fc.Arbitrary<Filter> = fc.record(
  {
    address: fc.oneof(few.map(address), list(address)),
    topics: fc.array(position, { maxLength: 4 }),
    fromBlock: fc.constantFrom('0x0', '0x5'),
  },
  { requiredKeys: [] },
);
const logs: fc.Arbitrary<Log> = fc.record({
  address: few.map(address),
  topics: fc.array(few.map(topic), { maxLength: 4 }),
  block: fc.integer({ min: 0, max: 10 }),
});

describe('logSelector', () => {
  it('selects the logs that a node would, whatever the filter', () => {
    fc.assert(
      fc.property(filters, fc.array(logs, { minLength: 5, maxLength: 20 }), (filter, all) => {
        const matcher = new SelectorMatcher(selectorOf(filter));
        for (const log of all) assert.equal(matcher.matches(eventOf(log)), naive(filter, log));
      }),
      { numRuns: 500 },
    );
  });

  it('asks for addresses and first topics by pattern, without a look at each event', () => {
    const selector = selectorOf({ address: [address(1), address(2)], topics: [[topic(3), topic(4)]] });
    assert.deepEqual(selector.patterns, [
      `test.logs.${address(1)}.${topic(3)}`,
      `test.logs.${address(1)}.${topic(4)}`,
      `test.logs.${address(2)}.${topic(3)}`,
      `test.logs.${address(2)}.${topic(4)}`,
    ]);
    assert.equal(selector.accepts, undefined);
    assert.deepEqual([selectorOf({}).patterns, selectorOf({}).accepts], [['test.logs.*.*'], undefined]);
  });

  it('widens its patterns beyond 64 of them, addresses last', () => {
    const numbers = Array.from({ length: 65 }, (_, n) => n);
    const addresses = numbers.map(address);
    const topics = [numbers.map(topic)];
    const patterns = (filter: object) => selectorOf(filter).patterns;
    assert.equal(patterns({ address: addresses.slice(1) }).length, 64);
    assert.deepEqual(patterns({ address: addresses }), ['test.logs.*.*']);
    assert.deepEqual(patterns({ address: addresses.slice(0, 2), topics }), [
      `test.logs.${address(0)}.*`,
      `test.logs.${address(1)}.*`,
    ]);
    assert.deepEqual(patterns({ address: addresses, topics: [topic(1)] }), [`test.logs.*.${topic(1)}`]);
    assert.deepEqual(patterns({ address: addresses, topics }), ['test.logs.*.*']);
  });

  it('has one key for filters that mean the same, another for any other', () => {
    const key = (filter: object) => selectorOf(filter).key;
    assert.equal(
      key({ address: [address(2), address(1)], topics: [] }),
      key({ address: [address(1), address(2), address(2)], fromBlock: 'latest' }),
    );
    const keys = [
      {},
      { address: address(1) },
      { topics: [topic(1)] },
      { topics: [null, topic(1)] },
      { topics: [null] },
      { fromBlock: '0x1' },
    ].map(key);
    assert.equal(new Set(keys).size, keys.length);
    assert.notEqual(key({}), logSelector({ ...chain, name: 'other' }, readLogCriteria({}, 0)).key);
  });

  it('takes back a log that it has told of', () => {
    const matcher = new SelectorMatcher(selectorOf({ topics: [null, topic(2)] }));
    const event = eventOf({ address: address(1), topics: [topic(1), topic(2)], block: 1 });
    const removed = {
      ...event,
      data: Buffer.from(event.data.toString().replace(/"removed": ?false/, '"removed":true')),
    };
    assert.equal(matcher.matches(removed), true);
  });
});
