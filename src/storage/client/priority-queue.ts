import type { StorageCall } from './storage-call.ts';
import type { StoragePriority, StorageRequest } from './storage-request.ts';

/** The priorities, most urgent first. */
export const storagePriorities = ['high', 'normal', 'low'] as const satisfies readonly StoragePriority[];

/** How waiting calls share a lane. */
export interface PriorityOptions {
  /** Share of the commands that this priority gets while others wait too. */
  readonly weight: number;
  /** Commands that may wait at once; a call beyond is refused. @default 10000 */
  readonly cap: number;
}

interface PriorityClass extends PriorityOptions {
  first: StorageCall | undefined;
  last: StorageCall | undefined;
  calls: number;
  commands: number;
  /** What one command adds to `served`: the other priorities' weights multiplied, so that whole weights count exactly. */
  readonly stride: number;
  /** What it was served so far, by strides; the class with the least goes next. */
  served: number;
}

/**
 * Calls that wait for a lane: first in, first out inside a priority; between priorities by stride scheduling, so that
 * waiting ones get exactly their weights' share of the commands and none starves.
 */
export class PriorityQueue {
  readonly #classes: Readonly<Record<StoragePriority, PriorityClass>>;
  readonly #ordered: readonly PriorityClass[];
  readonly #maxBytes: number;
  #size = 0;
  #bytes = 0;
  #served = 0;

  /** @param maxBytes Bytes of commands that may wait at once; a larger call waits alone. */
  constructor(options: Readonly<Record<StoragePriority, PriorityOptions>>, maxBytes: number) {
    this.#maxBytes = maxBytes;
    const empty = { first: undefined, last: undefined, calls: 0, commands: 0, served: 0 };
    const { high, normal, low } = options;
    this.#classes = {
      high: { ...high, ...empty, stride: normal.weight * low.weight },
      normal: { ...normal, ...empty, stride: high.weight * low.weight },
      low: { ...low, ...empty, stride: high.weight * normal.weight },
    };
    this.#ordered = storagePriorities.map(priority => this.#classes[priority]);
  }

  /** Calls that wait. */
  get size(): number {
    return this.#size;
  }

  /** Calls of one priority that wait. */
  sizeOf(priority: StoragePriority): number {
    return this.#classes[priority].calls;
  }

  /** Whether `request` may wait by the cap of its priority. */
  isWithinCap({ priority, count }: StorageRequest): boolean {
    const { cap, commands } = this.#classes[priority];
    return commands + count <= cap;
  }

  /** Whether `request` may wait by its bytes. */
  isWithinBytes({ commands }: StorageRequest): boolean {
    return this.#bytes === 0 || this.#bytes + commands.length <= this.#maxBytes;
  }

  /** Lets a call wait behind the others of its priority. */
  push(call: StorageCall): void {
    const own = this.#enter(call);
    call.ahead = own.last;
    if (own.last === undefined) own.first = call;
    else own.last.behind = call;
    own.last = call;
  }

  /** Lets a call wait that was sent before the ones that wait: among those that were submitted later, it is the first. */
  pushBack(call: StorageCall): void {
    const own = this.#enter(call);
    let behind = own.first;
    while (behind !== undefined && behind.order < call.order) behind = behind.behind;
    const ahead = behind === undefined ? own.last : behind.ahead;
    call.ahead = ahead;
    call.behind = behind;
    if (ahead === undefined) own.first = call;
    else ahead.behind = call;
    if (behind === undefined) own.last = call;
    else behind.ahead = call;
  }

  /** The call that goes next; it stays. */
  peek(): StorageCall | undefined {
    let next: PriorityClass | undefined;
    for (const own of this.#ordered) {
      if (own.first !== undefined && (next === undefined || own.served < next.served)) next = own;
    }
    return next?.first;
  }

  /** Takes out the call that `peek` returned, which is sent now: its priority has had its turn. */
  shift(call: StorageCall): void {
    const own = this.#classes[call.request!.priority];
    this.#served = own.served;
    own.served += call.request!.count * own.stride;
    this.remove(call);
  }

  /** Takes out a call that is given up. */
  remove(call: StorageCall): void {
    const request = call.request!;
    const own = this.#classes[request.priority];
    if (call.ahead === undefined) own.first = call.behind;
    else call.ahead.behind = call.behind;
    if (call.behind === undefined) own.last = call.ahead;
    else call.behind.ahead = call.ahead;
    call.ahead = undefined;
    call.behind = undefined;
    own.calls--;
    own.commands -= request.count;
    this.#bytes -= request.commands.length;
    this.#size--;
  }

  /** The calls that wait, priority by priority, as they are now. */
  snapshot(): StorageCall[] {
    const calls: StorageCall[] = [];
    for (const own of this.#ordered) {
      for (let call = own.first; call !== undefined; call = call.behind) calls.push(call);
    }
    return calls;
  }

  #enter(call: StorageCall): PriorityClass {
    const { priority, count, commands } = call.request!;
    const own = this.#classes[priority];
    // A priority that was idle has saved nothing up.
    if (own.first === undefined) own.served = Math.max(own.served, this.#served);
    own.calls++;
    own.commands += count;
    this.#bytes += commands.length;
    this.#size++;
    return own;
  }
}
