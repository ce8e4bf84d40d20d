import type { Clock } from '../../clock/clock.ts';
import type { Log } from '../../telemetry/log.ts';
import { StorageError, type StorageErrorCode } from '../errors.ts';
import type { CallPool } from './call-pool.ts';
import type { ClientCounters } from './client-counters.ts';
import type { SessionOrder } from './session-order.ts';
import type { StorageCall } from './storage-call.ts';
import type { StorageRequest } from './storage-request.ts';

/**
 * Ends calls: gives the call back to the pool first, so that the request may submit the next one in its callback, then
 * tells the request, then lets go what waited for this outcome.
 */
export class CallOutcomes {
  readonly #pool: CallPool;
  readonly #sessions: SessionOrder;
  readonly #counters: ClientCounters;
  readonly #log: Log;
  #onIdle: (() => void) | undefined;

  constructor(pool: CallPool, sessions: SessionOrder, counters: ClientCounters, log: Log) {
    this.#pool = pool;
    this.#sessions = sessions;
    this.#counters = counters;
    this.#log = log;
  }

  /** The call is answered. */
  reply(call: StorageCall, reply: Buffer): void {
    const request = call.request!;
    this.#giveBack(call, request);
    try {
      request.onReply(reply);
    } finally {
      this.#after(request);
    }
  }

  /** The call failed. */
  fail(call: StorageCall, error: StorageError): void {
    const request = call.request!;
    this.#giveBack(call, request);
    this.#tell(request, error);
    this.#after(request);
  }

  /** A request that never became a call. */
  refuse(request: StorageRequest, code: StorageErrorCode, message?: string): void {
    this.#tell(request, new StorageError(code, message));
  }

  /** Resolves when no call is left, at the latest after `withinMs` milliseconds. */
  async whenIdle(clock: Clock, withinMs: number): Promise<void> {
    if (this.#pool.inUse === 0) return;
    await new Promise<void>(resolve => {
      const timer = clock.setTimeout(resolve, withinMs);
      this.#onIdle = () => {
        clock.clearTimeout(timer);
        resolve();
      };
    });
    this.#onIdle = undefined;
  }

  #giveBack(call: StorageCall, { session }: StorageRequest): void {
    if (session !== undefined && call.isCounted) this.#sessions.leave(session);
    this.#pool.give(call);
  }

  #tell(request: StorageRequest, error: StorageError): void {
    this.#counters.failed(error.code);
    try {
      request.onError(error);
    } catch (cause) {
      this.#log.error('a storage error was not taken', { error: cause });
    }
  }

  #after({ session }: StorageRequest): void {
    if (session !== undefined) this.#sessions.resume(session);
    if (this.#onIdle !== undefined && this.#pool.inUse === 0) this.#onIdle();
  }
}
