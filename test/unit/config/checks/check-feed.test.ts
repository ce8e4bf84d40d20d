import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { accept, onlyError, smallest, withChain } from '../sample-config.ts';

describe('the feed section', () => {
  it('has every default when it is not there', () => {
    const { feed } = accept(smallest).config;
    assert.deepEqual(
      [feed.retention.age, feed.retention.bytes, feed.memory, feed.keep_gathering, feed.max_buffered_bytes],
      [86_400_000, 2 ** 30, 32 * 2 ** 20, 3_600_000, 2 ** 20],
    );
  });

  it('refuses a history that does not fit in its store', () => {
    const error = onlyError(
      `storage: { stores: { log: { max_bytes: 1GiB } } }\nfeed: { retention: { bytes: 800MiB } }\n${smallest}`,
    );
    assert.equal(error.path, 'feed.retention.bytes');
    assert.match(error.message, /800MiB.*1GiB/);
    accept(
      `storage: { stores: { log: { max_bytes: 1GiB } } }\nfeed: { retention: { bytes: 700MiB } }\n${smallest}`,
    );
  });

  it('does not mind the bytes of the history where there is no storage', () => {
    accept(`feed: { retention: { bytes: 1000GiB } }\n${smallest}`);
  });
});

describe('the aggregation section', () => {
  it('asks for finality every 12 s, or once a block where blocks are slower', () => {
    const at = (blockTime: string) =>
      accept(withChain(`block_time: ${blockTime}\n`)).config.chains.main!.aggregation.finality_interval;
    assert.equal(at('2s'), 12_000);
    assert.equal(at('60s'), 60_000);
  });
});
