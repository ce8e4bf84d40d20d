import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { BreakerState } from '../../../../src/circuit-breaker/circuit-breaker.ts';
import type { StorageThreadReport, StoreReport } from '../../../../src/storage/channel/messages.ts';
import { storageCheck } from '../../../../src/storage/runtime/storage-health.ts';
import type { ThreadSnapshot } from '../../../../src/storage/runtime/storage-runtime.ts';
import type { WriterStatus } from '../../../../src/storage/runtime/writer-state.ts';
import type { HealthResult } from '../../../../src/telemetry/health-registry.ts';

const store: StoreReport = {
  name: 'kv',
  keys: 3,
  keysWithExpiry: 0,
  usedBytes: 4_096,
  fileBytes: 8_192,
  maxBytes: 65_536,
};
const report: StorageThreadReport = {
  commands: 0,
  commits: 0,
  commitFailures: 0,
  checkpoints: 0,
  expiredKeys: 0,
  corruptRecords: 0,
  loopDelayP99Ms: 0.5,
  stores: [store],
};
const thread: ThreadSnapshot = {
  name: 'writer',
  pending: 0,
  report,
  roundTripMs: 1,
  silentMs: 0,
  mainLateMs: 0.26,
};

function check(
  given: { writer?: Partial<WriterStatus>; thread?: Partial<ThreadSnapshot>; breaker?: BreakerState } = {},
): HealthResult {
  return storageCheck({
    runtime: () => ({
      writer: { state: 'running', lastFailure: undefined, restarts: 0, ...given.writer },
      threads: [{ ...thread, ...given.thread }],
      readers: 0,
    }),
    breaker: () => given.breaker ?? 'closed',
    client: () => ({ recovery: { state: 'running', since: 0 }, queued: 2, active: 5 }),
    window: 8_000,
  })() as HealthResult;
}

describe('the health of the storage', () => {
  it('is ok while all answers, with the figures of both runtimes', () => {
    assert.deepEqual(check(), {
      status: 'ok',
      details: {
        writer: 'running',
        restarts: 0,
        recovery: 'running',
        breaker: 'closed',
        activeCalls: 5,
        queuedCalls: 2,
        mainLoopLateMs: 0.3,
        readers: 0,
        threads: [
          {
            name: 'writer',
            roundTripMs: 1,
            silentMs: 0,
            loopDelayP99Ms: 0.5,
            pending: 0,
            isPushingBack: false,
          },
        ],
        stores: [{ name: 'kv', keys: 3, usedBytes: 4_096, maxBytes: 65_536, failing: null }],
      },
    });
  });

  for (const [what, given, reason] of [
    ['starts', { writer: { state: 'starting' } }, /is starting/],
    [
      'waits for its next start',
      { writer: { state: 'waiting', lastFailure: '/secret/path' } },
      /keeps ending/,
    ],
    ['is silent', { thread: { silentMs: 5_000 } }, /writer does not answer/],
    [
      'takes no writes',
      { thread: { report: { ...report, stores: [{ ...store, failing: 'disk_full' }] } } },
      /kv takes no writes: disk_full/,
    ],
    ['is left alone by the breaker', { breaker: 'open' }, /breaker .* is open/],
  ] as const)
    it(`is degraded, never failed, while it ${what}`, () => {
      const result = check(given);
      assert.equal(result.status, 'degraded');
      assert.match(result.reason!, reason);
      // The report is public: paths stay in the log.
      assert.doesNotMatch(JSON.stringify(result), /secret/);
    });

  it('says which thread pushes back', () => {
    const { details } = check({ thread: { pending: 8_000 } });
    assert.equal((details as { threads: { isPushingBack: boolean }[] }).threads[0]!.isPushingBack, true);
  });
});
