import assert from 'node:assert/strict';
import { join } from 'node:path';
import { afterEach, describe, it } from 'node:test';
import { interference } from '../../fixtures/pipelines/recording-handler.ts';
import { eventually } from '../../support/eventually.ts';
import { startTrunkline } from '../../support/trunkline.ts';

const handler = join(import.meta.dirname, '../../fixtures/pipelines/recording-handler.ts');

describe('the end of a Trunkline', () => {
  afterEach(() => {
    interference.before = () => {};
  });

  it('comes once the slowest pipeline has drained, however many do not', async t => {
    const stuck = new Set<string>();
    interference.before = ({ pipeline }) => {
      stuck.add(pipeline);
      return new Promise(() => {});
    };
    const ids = Array.from({ length: 10 }, (_, n) => `stuck${n}`);
    const trunkline = await startTrunkline(
      [
        'chains:',
        '  sol: { family: solana, block_time: 100ms, devnet: { providers: 1 } }',
        'pipelines:',
        ...ids.map(
          (id, n) =>
            `  ${id}: { chain: sol, kind: slot, handlers: [{ type: module, path: "${handler}" }], drain_timeout: ${n + 1}00ms }`,
        ),
      ].join('\n'),
      t,
    );
    await eventually(() => stuck.size === ids.length, 'all of them stuck', 20_000);
    const pipelines = trunkline.chain('sol').pipelines!;
    const running = pipelines.running;
    const startedAt = performance.now();
    const stopping = trunkline.stop();
    assert.ok(
      running.every(({ isOpen }) => !isOpen),
      'none of them takes any more, from the first moment',
    );
    await stopping;
    const took = performance.now() - startedAt;
    // One after another they would take 5.5 s.
    assert.ok(took >= 1_000 && took < 4_000, `it took ${took} ms`);
  });
});
