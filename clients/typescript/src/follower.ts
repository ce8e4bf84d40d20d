import { Backoff } from './backoff.ts';
import { type Environment, environmentWith } from './environment.ts';
import { FeedConnection } from './feed-connection.ts';
import type { FeedError } from './feed-error.ts';
import type { FeedItem } from './feed-item.ts';
import type { FollowOptions, FollowState } from './follow-options.ts';
import { ItemBuffer } from './item-buffer.ts';

type Result = IteratorResult<FeedItem, undefined>;

interface Waiter {
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/** JSON-RPC's codes for requests that are wrong in themselves. */
const requestRefusals: readonly number[] = [-32600, -32601, -32602];

const done: Result = { done: true, value: undefined };

/** A feed that is being followed. Connects when it is first asked for an item. */
export class Follower implements AsyncIterableIterator<FeedItem, undefined> {
  readonly #options: FollowOptions;
  readonly #environment: Environment;
  readonly #backoff: Backoff;
  readonly #buffer: ItemBuffer<FeedItem>;
  readonly #waiters: Waiter[] = [];
  readonly #onAbort = () => this.#finish();
  #connection: FeedConnection | undefined;
  #retryTimer: unknown;
  /** Where the next connection goes on: behind everything that is yielded or buffered. */
  #position: string | undefined;
  #yielded: string | undefined;
  /** Since when the connection has a subscription. */
  #liveSince: number | undefined;
  #isStarted = false;
  #wasLive = false;
  #isPaused = false;
  #isFinished = false;
  #failure: FeedError | undefined;

  constructor(options: FollowOptions) {
    this.#options = options;
    this.#environment = environmentWith(options.environment);
    this.#backoff = new Backoff(options.reconnect ?? {}, this.#environment.random);
    this.#buffer = new ItemBuffer(options.maxBufferedItems ?? 4_096, options.maxBufferedLength ?? 2 ** 23);
    this.#position = options.cursor;
    this.#yielded = options.cursor;
  }

  /** Hand it to the next `follow` to go on: the cursor of the last item that was yielded, before that where it began. */
  get cursor(): string | undefined {
    return this.#yielded;
  }

  /** @throws FeedError when the server refuses for good what was asked for */
  next(): Promise<Result> {
    if (!this.#isStarted) this.#start();
    const item = this.#buffer.shift();
    if (item !== undefined) {
      if (this.#isPaused && this.#buffer.isLow) this.#connect();
      return Promise.resolve(this.#yield(item));
    }
    if (this.#failure !== undefined) {
      const failure = this.#failure;
      this.#failure = undefined;
      return Promise.reject(failure);
    }
    if (this.#isFinished) return Promise.resolve(done);
    return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
  }

  /** Ends it: what `break` does. */
  return(): Promise<Result> {
    this.#finish();
    return Promise.resolve(done);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #start(): void {
    this.#isStarted = true;
    const { signal } = this.#options;
    if (signal?.aborted) {
      this.#finish();
      return;
    }
    signal?.addEventListener('abort', this.#onAbort);
    this.#connect();
  }

  #connect(): void {
    this.#isPaused = false;
    if (this.#isFinished) return;
    this.#tell({ state: 'connecting' });
    this.#liveSince = undefined;
    const { url, heartbeat = {} } = this.#options;
    try {
      this.#connection = new FeedConnection(
        url,
        this.#request(),
        {
          onLive: cursor => this.#onLive(cursor),
          onItem: (item, size) => this.#onItem(item, size),
          onPosition: cursor => this.#onPosition(cursor),
          onEnd: (reason, wasOpen, failure) => this.#onEnd(reason, wasOpen, failure),
        },
        heartbeat,
        this.#environment,
      );
    } catch (error) {
      this.#finish(error as FeedError);
    }
  }

  #request(): Record<string, unknown> {
    const { topics, from, strategy } = this.#options;
    const start = this.#position ?? from;
    return {
      topics,
      ...(start === undefined ? {} : { from: start }),
      ...(strategy === undefined ? {} : { strategy }),
      ...(this.#position === undefined ? {} : { gaps: 'announce' }),
    };
  }

  #onLive(cursor: string): void {
    // A resumed subscription keeps its position: behind this cursor is what is left of a gap that is yet to be told.
    // `earliest`, a block and a time stay where they are, so that they can be asked for again.
    if ((this.#options.from ?? 'latest') === 'latest') this.#position ??= cursor;
    this.#yielded ??= cursor;
    this.#wasLive = true;
    this.#liveSince = this.#environment.now();
    this.#tell({ state: 'live', cursor });
  }

  #onItem(item: FeedItem, size: number): void {
    this.#position = item.cursor;
    this.#backoff.reset();
    const waiter = this.#waiters.shift();
    if (waiter !== undefined) {
      waiter.resolve(this.#yield(item));
      return;
    }
    this.#buffer.push(item, size);
    if (!this.#buffer.isFull) return;
    // The platform's WebSocket cannot be told to read more slowly; the server keeps the rest.
    this.#connection?.close();
    this.#connection = undefined;
    this.#isPaused = true;
    this.#tell({ state: 'paused' });
  }

  #onPosition(cursor: string): void {
    const [epoch, offset] = cursor.split(':');
    const [ownEpoch, ownOffset] = (this.#position ?? '').split(':');
    if (epoch === ownEpoch && Number(offset) > Number(ownOffset)) this.#position = cursor;
  }

  #onEnd(reason: string, wasOpen: boolean, failure: FeedError | undefined): void {
    this.#connection = undefined;
    // What was taken before is refused by a server that starts or that lost a chain: that may pass.
    if (failure !== undefined && !(this.#wasLive && requestRefusals.includes(failure.rpcCode ?? 0))) {
      this.#finish(failure);
      return;
    }
    // A connection that did not come about may have taken as long as one that served: it counts as a failure.
    const liveMs = this.#liveSince === undefined ? 0 : this.#environment.now() - this.#liveSince;
    if (liveMs >= (this.#options.reconnect?.maxDelayMs ?? 15_000)) this.#backoff.reset();
    const delayMs = this.#backoff.next();
    this.#retryTimer = this.#environment.setTimeout(() => this.#connect(), delayMs);
    this.#tell({ state: 'waiting', delayMs, reason, wasOpen, attempt: this.#backoff.attempts });
  }

  #yield(item: FeedItem): Result {
    this.#yielded = item.cursor;
    return { done: false, value: item };
  }

  /** Without a failure what is buffered is dropped: nobody wants it any more. */
  #finish(failure?: FeedError): void {
    if (this.#isFinished) return;
    this.#isStarted = true;
    this.#isFinished = true;
    this.#connection?.close();
    this.#connection = undefined;
    this.#environment.clearTimeout(this.#retryTimer);
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
    if (failure === undefined) this.#buffer.clear();
    else if (this.#waiters.length > 0) this.#waiters.shift()!.reject(failure);
    else this.#failure = failure;
    for (const waiter of this.#waiters.splice(0)) waiter.resolve(done);
    this.#tell({ state: 'ended' });
  }

  #tell(state: FollowState): void {
    this.#options.onState?.(state);
  }
}
