import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { renderFeedStats } from '../../../src/cli/render-feed-stats.ts';

describe('the statistics of the feed', () => {
  it('are facts and a table of the chains', () => {
    const text = renderFeedStats({
      epoch: 'k3',
      earliest: 'k3:0',
      latest: 'k3:500',
      bytes: 3 * 2 ** 20,
      events: { appended: 500, perSecond: 2.25 },
      subscriptions: { live: 3, catchingUp: 1 },
      groups: 2,
      chains: {
        devnet: {
          tip: { number: 40, hash: '0x1' },
          finalized: 8,
          safe: null,
          reorgs: 1,
          gaps: 0,
          logPatterns: 2,
          callsPerBlock: 1.3333,
        },
      },
    });
    assert.deepEqual(text.split('\n'), [
      '  epoch          k3',
      '  earliest       k3:0',
      '  latest         k3:500',
      '  size           3.0 MiB',
      '  events         500',
      '  events/s       2.3',
      '  subscriptions  3 live, 1 catching up',
      '  groups         2',
      '',
      '  chain   tip  safe  finalized  reorgs  gaps  log patterns  calls/block',
      '  devnet  40   –     8          1       0     2             1.33',
    ]);
  });

  it('are what there is', () => {
    assert.equal(renderFeedStats({ epoch: 'k3' }), '  epoch          k3');
    for (const feed of [null, 5, [], { chains: 7, events: 'x', subscriptions: 4 }, { chains: { a: null } }])
      assert.equal(typeof renderFeedStats(feed), 'string');
  });
});
