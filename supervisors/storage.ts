import type { PlainChildSpec } from '../src/otp/child-spec.ts';
import { supervisorChild } from '../src/otp/supervisor.ts';
import { type SupervisorSpec, supervisorSpec } from '../src/otp/supervisor-spec.ts';
import { patient } from './patient.ts';
import { successor } from './successor.ts';

/** What the storage is made of. */
export interface StorageParts {
  /** Decides when an open breaker lets calls through again. */
  readonly breaker: PlainChildSpec;
  /** The writer, then the readers. */
  readonly threads: readonly PlainChildSpec[];
  /** The listener for Redis clients, when it is configured. */
  readonly resp: PlainChildSpec | undefined;
}

/**
 * Restarts that the supervisors here allow in a minute. Their children pause between starts, so that none of them comes
 * near it, and storage that cannot run never ends what is above.
 */
const bound = { intensity: 30, periodMs: 60_000 };

/**
 * What is durable. The clients of the RESP port stay connected while threads are started again.
 *
 *     storage                one_for_one
 *     ├─ circuit_breaker     of all calls to the storage threads
 *     ├─ storage_threads     rest_for_one
 *     │  ├─ writer           the thread that writes; reads too
 *     │  └─ readers          threads that only read; end with the writer, whose files they have open
 *     └─ storage_resp        one_for_one; only when the port is configured
 *        └─ resp_listener    listener for Redis clients
 */
export function storageSupervisor(parts: StorageParts): SupervisorSpec {
  return supervisorSpec({
    id: 'storage',
    strategy: 'one_for_one',
    ...bound,
    about: 'What outlives a restart: the storage threads and the ways to them.',
    children: [
      parts.breaker,
      successor(supervisorChild(threadsSupervisor(parts.threads))),
      ...(parts.resp === undefined ? [] : [successor(supervisorChild(respSupervisor(parts.resp)))]),
    ],
  });
}

function threadsSupervisor(threads: readonly PlainChildSpec[]): SupervisorSpec {
  return supervisorSpec({
    id: 'storage_threads',
    strategy: 'rest_for_one',
    ...bound,
    about: 'The storage threads; the readers end with the writer.',
    children: threads,
  });
}

function respSupervisor(listener: PlainChildSpec): SupervisorSpec {
  return supervisorSpec({
    id: 'storage_resp',
    strategy: 'one_for_one',
    ...bound,
    about: 'The way in for Redis clients; pauses between starts.',
    children: [patient(listener)],
  });
}
