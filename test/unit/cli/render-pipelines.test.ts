import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { renderPipelines } from '../../../src/cli/render-pipelines.ts';
import { paintFor } from '../../../src/cli/terminal.ts';
import type { PipelinesAnswer, ShownSource } from '../../../src/exchange/pipeline-actions.ts';
import type { PipelineStatus } from '../../../src/pipelines/runtime/pipeline-status.ts';
import { PipelineBench } from '../pipelines/support/pipeline-bench.ts';

const paint = paintFor({ isTTY: false });

const source: ShownSource = {
  chain: 'sol',
  source: 'geyser',
  commitment: 'confirmed',
  status: 'streaming',
  slot: 120,
  settled: 118,
  gaps: 1,
  endpoints: [
    { id: 'a', status: 'streaming', error: undefined, reconnects: 2, replayFrom: 19 },
    { id: 'b', status: 'waiting', error: 'it ended:\nlagged', reconnects: 3, replayFrom: undefined },
  ],
};

const status = (fields: Partial<PipelineStatus> = {}): PipelineStatus => ({
  ...new PipelineBench().pipeline.status(),
  id: 'swaps',
  chain: 'sol',
  state: 'running',
  slot: 120,
  slotLag: 2,
  parsed: 10,
  handled: 9,
  latencyMs: 1.26,
  ...fields,
});

const rendered = (answer: Partial<PipelinesAnswer>, isAll = false) =>
  renderPipelines({ sources: [], pipelines: [], broken: [], ...answer }, { paint, isAll }).split('\n');

describe('the pipelines on a terminal', () => {
  it('are a table, and what they read from is another', () => {
    const pipelines = [status({ parseErrors: 1, handlerErrors: 2, deadLetters: 4, queueDepth: 5 })];
    assert.deepEqual(rendered({ sources: [source], pipelines }), [
      '  pipeline  chain  kind     state    slot  lag  parsed  handled  errors  dead letters  queue  latency',
      '  swaps     sol    account  running  120   2    10      9        3       4             5      1.3 ms',
      '',
      '  source                status     slot  lag  gaps  endpoint  doing      reconnects  replay margin',
      '  sol geyser confirmed  streaming  120   2    1     a         streaming  2           100 slots',
      '                                                    b         waiting    3           –',
      '',
      'last errors:',
      '  sol geyser confirmed, b: it ended: lagged',
    ]);
  });

  it('have those that could not be made among them, and say why', () => {
    const broken = [{ id: 'trades', chain: 'sol', message: 'no IDL' }];
    const lines = rendered({ sources: [source], pipelines: [status({ error: 'last \u001b[2J' })], broken });
    assert.match(lines[2]!, /^ {2}trades +sol +– +broken +– /);
    assert.deepEqual(lines.slice(-4, -1), ['last errors:', '  trades: no IDL', '  swaps: last  [2J']);
  });

  it('leave the built-in ones out while they are well', () => {
    const builtIn = ['feed.sol.slots', 'feed.sol.program.x'].map(id => status({ id }));
    const paused = status({ id: 'feed.sol.program.y', state: 'paused' });
    const pipelines = [...builtIn, paused, status()];
    const shown = (isAll: boolean) =>
      rendered({ sources: [source], pipelines }, isAll)
        .map(line => /^ {2}(feed\.\S+|swaps)/.exec(line)?.[1])
        .filter(id => id !== undefined);
    assert.deepEqual(shown(false), ['feed.sol.program.y', 'swaps']);
    assert.deepEqual(
      shown(true),
      pipelines.map(({ id }) => id),
    );
    assert.match(rendered({ sources: [source], pipelines })[3]!, /2 built-in of the feed, all well; --all/);
  });

  it('are none without a chain that has any', () => {
    assert.deepEqual(rendered({}), ['There are no pipelines: no chain of the family solana runs.']);
  });
});
