import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { logBytes, pendingBytes } from './fake-chain.ts';
import { settle, setUpHub } from './hub-setup.ts';

const provider = fc.nat({ max: 2 });

test('any interleaving of logs, with crashes of the owner of the window between, gives each one once', async () => {
  const step = fc.oneof(
    { weight: 9, arbitrary: fc.record({ provider, log: fc.nat({ max: 40 }) }) },
    { weight: 1, arbitrary: fc.constantFrom('crash' as const, 'start' as const) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 200 }), async steps => {
      const { hub, sources, subscribe, makeAggregator, ...set } = setUpHub(3, { width: 3 });
      const { recorder } = await subscribe('["logs",{}]');
      await settle();
      let { aggregator } = set;
      const distinct = new Set<string>();
      for (const what of steps) {
        if (what === 'crash') hub.abandon(aggregator);
        else if (what === 'start') {
          aggregator = makeAggregator();
          hub.adopt(aggregator);
        } else {
          const log = logBytes(what.log, 0);
          sources[what.provider]!.emit(log);
          distinct.add(log.toString());
        }
      }
      hub.adopt(makeAggregator());
      assert.deepEqual(recorder.texts, [...distinct]);
    }),
    { numRuns: 100 },
  );
});

test('any interleaving of pending transactions within the window gives each one once', async () => {
  const announcement = fc.record({ provider, transaction: fc.nat({ max: 40 }) });
  await fc.assert(
    fc.asyncProperty(fc.array(announcement, { maxLength: 200 }), async announcements => {
      const { sources, subscribe } = setUpHub(3, { width: 3 });
      const { recorder } = await subscribe('["newPendingTransactions"]');
      await settle();
      for (const { provider, transaction } of announcements) {
        sources[provider]!.emit(pendingBytes(`0x${transaction}`));
      }
      const distinct = [...new Set(announcements.map(({ transaction }) => `"0x${transaction}"`))];
      assert.deepEqual(recorder.texts, distinct);
    }),
    { numRuns: 50 },
  );
});
