import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type SessionStreamSources, sessionStream } from '../../../src/exchange/session-stream.ts';
import type { SourceState } from '../../../src/sources/source.ts';

const config = { source: 'geyser', commitment: 'confirmed' } as const;

function pipelines(state: string, status: SourceState['status']): SessionStreamSources {
  const source = (of: SourceState['status'], more: object = {}) => ({
    name: 'geyser' as const,
    commitment: 'confirmed' as const,
    state: () => ({ status: of }) as SourceState,
    ...more,
  });
  const of = (id: string) => ({ id, state, status: () => ({ slot: 7, parseErrors: 3 }) });
  return {
    running: [of('other'), of('sessions')],
    sources: [
      source('streaming', { purpose: 'followed' }),
      source('streaming', { commitment: 'finalized' }),
      source('streaming', { name: 'logs' }),
      source(status),
    ],
  } as unknown as SessionStreamSources;
}

describe('the stream of the session builder', () => {
  for (const status of ['failed', 'connecting'] as const)
    it(`is ${status} while its source is, whatever its pipeline says`, () => {
      assert.deepEqual(sessionStream(config, pipelines('running', status)), {
        state: status,
        slot: 7,
        parseErrors: 3,
      });
    });

  for (const status of ['streaming', 'backfilling', 'paused'] as const)
    it(`runs while its source is ${status}`, () => {
      assert.equal(sessionStream(config, pipelines('running', status))?.state, 'running');
    });

  it('is what its pipeline is where that does not run', () => {
    assert.equal(sessionStream(config, pipelines('error', 'failed'))?.state, 'error');
  });

  it('is not there without its pipeline', () => {
    assert.equal(sessionStream(config, undefined), undefined);
    assert.equal(sessionStream(config, { running: [], sources: [] }), undefined);
  });
});
