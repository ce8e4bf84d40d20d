import { CircuitBreaker } from '../../../../src/circuit-breaker/circuit-breaker.ts';
import type { StorageChannelOptions } from '../../../../src/storage/channel/storage-channel.ts';
import { clientDefaults, type StorageClientOptions } from '../../../../src/storage/client/client-options.ts';
import { StorageClient } from '../../../../src/storage/client/storage-client.ts';
import type { StorageRequest, StorageSession } from '../../../../src/storage/client/storage-request.ts';
import type { StorageError } from '../../../../src/storage/errors.ts';
import { silentLog } from '../../../../src/telemetry/log.ts';
import { silentMetrics } from '../../../../src/telemetry/metrics.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { FakeThread } from '../channel/fake-thread.ts';

/** A request that writes its outcome down. */
export class TestRequest implements StorageRequest {
  store = 0;
  commands = Buffer.alloc(16);
  count = 1;
  access: 'read' | 'write' = 'write';
  isRepeatable = false;
  isAtomic = false;
  protocol = 3 as const;
  priority: StorageRequest['priority'] = 'normal';
  timeoutMs?: number;
  session?: StorageSession;
  /** `reply`, or the code of the error; one entry per outcome. */
  readonly outcomes: string[] = [];
  error: StorageError | undefined;
  onOutcome: (() => void) | undefined;

  constructor(fields: Partial<TestRequest> = {}) {
    Object.assign(this, fields);
  }

  get outcome(): string | undefined {
    return this.outcomes[0];
  }

  onReply(): void {
    this.outcomes.push('reply');
    this.onOutcome?.();
  }

  onError(error: StorageError): void {
    this.error = error;
    this.outcomes.push(error.code);
    this.onOutcome?.();
  }
}

/** A client whose writer is attached, on a clock that stands still. Retries have no jitter. */
export function clientSetup(
  options: Partial<StorageClientOptions> = {},
  channel: Partial<StorageChannelOptions> = {},
) {
  const clock = new ManualClock();
  const breaker = new CircuitBreaker({ failureThreshold: 3, successThreshold: 1 });
  const openings: string[] = [];
  breaker.own({ onOpened: (_again, why) => openings.push(why), onRecovered: () => breaker.close() });
  const client = new StorageClient(
    {
      ...clientDefaults,
      stores: [
        { name: 'kv', durability: 'commit' },
        { name: 'cache', durability: 'memory' },
      ],
      ...options,
    },
    { clock, breaker, metrics: silentMetrics, log: silentLog, random: () => 0.5 },
  );
  const newThread = (thread = 'writer') => new FakeThread(clock, { thread, ...channel });
  const writer = newThread();
  client.attachWriter(writer.channel);
  const submit = (fields: Partial<TestRequest> = {}) => {
    const request = new TestRequest(fields);
    client.submit(request);
    return request;
  };
  return { client, clock, breaker, openings, writer, newThread, submit };
}

/** How many of each outcome there are; `undefined`: none yet. */
export function outcomesOf(requests: readonly TestRequest[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { outcome } of requests) counts[String(outcome)] = (counts[String(outcome)] ?? 0) + 1;
  return counts;
}
