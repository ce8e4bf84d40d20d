import { createHash } from 'node:crypto';
import { TrunklineError } from '../../errors/trunkline-error.ts';
import type { FeedSubscription } from '../../feed/delivery/feed-request.ts';
import type { FeedSink } from '../../feed/delivery/feed-sink.ts';
import { parseCursor } from '../../feed/events/cursor.ts';
import type { EventSelector } from '../../feed/topics/event-selector.ts';
import type { ResolveChain } from '../../feed/topics/parse-topics.ts';
import { gatewayErrors } from '../errors.ts';
import { FeedFrames } from './feed-frames.ts';
import type { FeedService } from './feed-service.ts';
import { readFeedRequest } from './read-feed-request.ts';

/** Characters of an id, without the number behind it. */
const idLength = 16;

/** A subscription that was made; its first event waits for `begin`. */
export interface MadeSubscription {
  readonly result: {
    readonly subscription: string;
    readonly cursor: string;
    readonly latest: string;
    /** As they were understood: in small letters, chains by name. */
    readonly topics: readonly string[];
  };
  begin(): void;
}

/** The feed's subscriptions on one connection. */
export class FeedSubscriptions {
  readonly #sink: FeedSink;
  readonly #limit: number;
  readonly #resolveChain: ResolveChain;
  /** Those that are still being made are undefined. */
  readonly #held = new Map<string, FeedSubscription | undefined>();
  /** By what subscriptions select, how many are held and the number of the next one. */
  readonly #equals = new Map<string, { held: number; next: number }>();
  #isClosed = false;

  constructor(
    sink: FeedSink,
    options: { /** `server.ws.max_subscriptions` */ readonly limit: number },
    resolveChain: ResolveChain,
  ) {
    this.#sink = sink;
    this.#limit = options.limit;
    this.#resolveChain = resolveChain;
  }

  get size(): number {
    return this.#held.size;
  }

  /**
   * @param params those of `feed_subscribe`
   * @throws TrunklineError `subscription_limit`, `feed_request_invalid`, `shutting_down` and the codes of `feedErrors`
   */
  async subscribe(params: unknown, { feed, keepMs }: FeedService): Promise<MadeSubscription> {
    if (this.#held.size >= this.#limit) {
      const message = `a connection holds at most ${this.#limit} subscriptions`;
      throw new TrunklineError(gatewayErrors, 'subscription_limit', message);
    }
    const asked = readFeedRequest(params, this.#resolveChain);
    const id = this.#freeId(asked.selector);
    this.#held.set(id, undefined);
    let subscription: FeedSubscription;
    try {
      subscription = await feed.subscribe({ ...asked, format: new FeedFrames(id), keepMs }, this.#sink);
    } catch (error) {
      this.#forget(id);
      throw error;
    }
    if (this.#isClosed) {
      subscription.end();
      throw new TrunklineError(gatewayErrors, 'shutting_down', 'the connection is being closed');
    }
    this.#held.set(id, subscription);
    const { start: cursor, latest } = subscription;
    return {
      result: { subscription: id, cursor, latest, topics: asked.selector.patterns },
      begin: () => subscription.begin(),
    };
  }

  /** False: there is none of that id. */
  unsubscribe(id: string): boolean {
    const subscription = this.#held.get(id);
    if (subscription === undefined) return false;
    this.#forget(id);
    subscription.end();
    return true;
  }

  /** Ends all of them; returns where each can go on. */
  close(): ReadonlyMap<string, string> {
    this.#isClosed = true;
    const cursors = new Map<string, string>();
    for (const [id, subscription] of this.#held) {
      if (subscription === undefined) continue;
      subscription.end();
      cursors.set(id, subscription.cursor);
    }
    this.#held.clear();
    this.#equals.clear();
    return cursors;
  }

  #forget(id: string): void {
    if (!this.#held.delete(id)) return;
    const base = id.slice(0, idLength);
    const equal = this.#equals.get(base)!;
    if (--equal.held === 0) this.#equals.delete(base);
  }

  /**
   * An id that is the same on all connections, so that they share the frames that bear it; one connection that selects
   * the same twice has a number behind the second. Numbers are not used again while one of them is held: to look for
   * one that is free takes the longer the more there are.
   */
  #freeId({ key }: EventSelector): string {
    const base = createHash('sha256').update(key).digest('hex').slice(0, idLength);
    const equal = this.#equals.get(base) ?? { held: 0, next: 2 };
    this.#equals.set(base, equal);
    equal.held++;
    return this.#held.has(base) ? `${base}-${equal.next++}` : base;
  }
}

/** The cursor from which none of several subscriptions misses anything. */
export function lowestCursor(cursors: Iterable<string>): string | undefined {
  let lowest: string | undefined;
  for (const cursor of cursors) {
    if (lowest === undefined || parseCursor(cursor)!.offset < parseCursor(lowest)!.offset) lowest = cursor;
  }
  return lowest;
}
