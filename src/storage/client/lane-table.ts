import type { CommandChannel } from '../channel/command-channel.ts';
import { clientDefaults, type StorageClientOptions } from './client-options.ts';
import type { Lane } from './lane.ts';
import { PriorityQueue } from './priority-queue.ts';
import type { StoragePriority, StorageRequest } from './storage-request.ts';

/** The lanes to the storage threads, and which of them a request takes. */
export class LaneTable {
  /** The writer's lane; it stays while its threads come and go. */
  readonly writer: Lane;
  readonly #options: StorageClientOptions;
  #readers: readonly Lane[] = [];

  constructor(options: StorageClientOptions) {
    this.#options = options;
    this.writer = { role: 'writer', channel: undefined, queue: this.#newQueue() };
  }

  /** Calls that wait in all lanes. */
  get queued(): number {
    return this.#readers.reduce((sum, lane) => sum + lane.queue.size, this.writer.queue.size);
  }

  /** Calls of one priority that wait in all lanes. */
  queuedOf(priority: StoragePriority): number {
    return this.#readers.reduce(
      (sum, lane) => sum + lane.queue.sizeOf(priority),
      this.writer.queue.sizeOf(priority),
    );
  }

  /** A lane for one more reader. */
  addReader(): Lane {
    const lane: Lane = { role: 'reader', channel: undefined, queue: this.#newQueue() };
    this.#readers = [...this.#readers, lane];
    return lane;
  }

  /** Takes out the lane of a reader; undefined when there is none. */
  removeReader(channel: CommandChannel): Lane | undefined {
    const lane = this.#readers.find(reader => reader.channel === channel);
    this.#readers = this.#readers.filter(reader => reader !== lane);
    return lane;
  }

  /** Whether only the writer can run a request: a store in memory shows its newest writes to the writer alone. */
  mustWrite(request: StorageRequest): boolean {
    return request.access === 'write' || this.#options.stores[request.store]!.durability === 'memory';
  }

  /** The lane that a request takes: that of its session's calls in flight, else the reader with the least to do. */
  route(request: StorageRequest): Lane {
    if (this.#readers.length === 0 || this.mustWrite(request)) return this.writer;
    const { session } = request;
    if (session !== undefined && session.inFlight > 0 && session.lane !== undefined)
      return session.lane as Lane;
    let best = this.#readers[0]!;
    let least = Number.POSITIVE_INFINITY;
    for (const lane of this.#readers) {
      const load = lane.channel!.pending + lane.queue.size;
      if (load < least) {
        best = lane;
        least = load;
      }
    }
    return best;
  }

  #newQueue(): PriorityQueue {
    const { priorities, maxQueuedBytes = clientDefaults.maxQueuedBytes } = this.#options;
    return new PriorityQueue(priorities, maxQueuedBytes);
  }
}
