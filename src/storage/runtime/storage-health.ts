import type { BreakerState } from '../../circuit-breaker/circuit-breaker.ts';
import type { HealthCheck } from '../../telemetry/health-registry.ts';
import type { StoreReport } from '../channel/messages.ts';
import type { RecoveryState } from '../client/storage-client.ts';
import type { RuntimeSnapshot } from './storage-runtime.ts';
import { silentAfterMs } from './storage-thread-handle.ts';

/** What the check looks at. */
export interface StorageHealthSources {
  readonly runtime: () => RuntimeSnapshot;
  readonly breaker: () => BreakerState;
  readonly client: () => {
    readonly recovery: RecoveryState;
    readonly queued: number;
    readonly active: number;
  };
  /** Pending commands of a channel from which on calls wait. */
  readonly window: number;
}

/**
 * Whether what is durable works. Never `failed`: calls to the chains go on without it, so traffic should not go
 * elsewhere, and a restart of the process cures nothing that the supervisor does not.
 */
export function storageCheck(sources: StorageHealthSources): HealthCheck {
  return () => {
    const snapshot = sources.runtime();
    const breaker = sources.breaker();
    const details = storageDetails(sources);
    const reason = reasonOf(snapshot, breaker);
    return reason === undefined ? { status: 'ok', details } : { status: 'degraded', reason, details };
  };
}

/** The figures behind the check, also shown by `/stats`. */
export function storageDetails(sources: StorageHealthSources) {
  const { writer, threads, readers } = sources.runtime();
  const { recovery, queued, active } = sources.client();
  return {
    writer: writer.state,
    restarts: writer.restarts,
    recovery: recovery.state,
    breaker: sources.breaker(),
    activeCalls: active,
    queuedCalls: queued,
    mainLoopLateMs: rounded(Math.max(0, ...threads.map(({ mainLateMs }) => mainLateMs))),
    readers,
    threads: threads.map(thread => ({
      name: thread.name,
      roundTripMs: rounded(thread.roundTripMs),
      silentMs: rounded(thread.silentMs),
      loopDelayP99Ms: rounded(thread.report?.loopDelayP99Ms ?? 0),
      pending: thread.pending,
      isPushingBack: thread.pending >= sources.window,
    })),
    stores: storesOf(sources.runtime()).map(({ name, keys, usedBytes, maxBytes, failing }) => ({
      name,
      keys,
      usedBytes,
      maxBytes,
      failing: failing ?? null,
    })),
  };
}

/** The stores as the writer reported them last; none before its first report. */
export function storesOf({ threads }: RuntimeSnapshot): readonly StoreReport[] {
  return threads.find(({ name }) => name === 'writer')?.report?.stores ?? [];
}

function reasonOf(snapshot: RuntimeSnapshot, breaker: BreakerState): string | undefined {
  const { state } = snapshot.writer;
  if (state === 'waiting') return 'the storage runtime keeps ending or does not start; the log says why';
  if (state !== 'running') return 'the storage runtime is starting';
  const silent = snapshot.threads.find(thread => thread.silentMs >= silentAfterMs);
  if (silent !== undefined) return `the storage thread ${silent.name} does not answer`;
  const failing = storesOf(snapshot).find(store => store.failing !== undefined);
  if (failing !== undefined) return `the store ${failing.name} takes no writes: ${failing.failing}`;
  if (breaker !== 'closed') return `the circuit breaker of the storage runtime is ${breaker}`;
  return undefined;
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
