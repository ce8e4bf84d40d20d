import { type CallOwner, StorageCall } from './storage-call.ts';
import type { StorageRequest } from './storage-request.ts';

/**
 * The calls of a client, used again and again. It holds as many as were ever active at once, which the limits of
 * channels and queues bound.
 */
export class CallPool {
  readonly #owner: CallOwner;
  readonly #all: StorageCall[] = [];
  readonly #free: StorageCall[] = [];

  constructor(owner: CallOwner) {
    this.#owner = owner;
  }

  /** Calls that are taken. */
  get inUse(): number {
    return this.#all.length - this.#free.length;
  }

  take(request: StorageRequest): StorageCall {
    let call = this.#free.pop();
    if (call === undefined) {
      call = new StorageCall(this.#owner);
      this.#all.push(call);
    }
    call.request = request;
    call.attempts = 0;
    call.isCounted = false;
    return call;
  }

  give(call: StorageCall): void {
    call.request = undefined;
    call.lane = undefined;
    call.phase = 'idle';
    this.#free.push(call);
  }

  /** The calls that are taken, in order of submission. */
  inUseSnapshot(): StorageCall[] {
    return this.#all.filter(call => call.request !== undefined).sort((a, b) => a.order - b.order);
  }
}
