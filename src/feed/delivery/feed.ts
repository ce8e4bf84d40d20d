import type { Demand } from '../../aggregation/demand/demand.ts';
import type { Clock } from '../../clock/clock.ts';
import type { Log } from '../../telemetry/log.ts';
import type { MetricRegistry } from '../../telemetry/metrics.ts';
import { formatCursor } from '../events/cursor.ts';
import type { FeedEvent } from '../events/feed-event.ts';
import type { EventSource } from '../log/event-source.ts';
import { feedMetrics } from '../metrics.ts';
import type { EventSelector } from '../topics/event-selector.ts';
import { SelectorMatcher } from '../topics/selector-matcher.ts';
import { CatchUp } from './catch-up.ts';
import { Connection } from './connection.ts';
import { DeliveryCounts, type DeliveryTotals } from './delivery-counts.ts';
import type { FeedReader, FeedRequest, FeedSubscription } from './feed-request.ts';
import type { FeedSink } from './feed-sink.ts';
import type { SubscriptionGap } from './frame-format.ts';
import { LiveDelivery } from './live-delivery.ts';
import { LogReader } from './log-reader.ts';
import { Member, type MemberHost } from './member.ts';
import { PageReader } from './page-reader.ts';
import { feedError, type ResolvedStart, resolveStart } from './resolve-start.ts';
import { SelectorClaims } from './selector-claims.ts';

/** Options of a `Feed`. */
export interface FeedOptions {
  /** Subscriptions at once; more are refused with `feed_full`. @default 100000 */
  readonly maxSubscriptions?: number;
  /** Bytes that may wait at a connection before its subscriptions read the log instead. @default 1048576 */
  readonly maxBufferedBytes?: number;
  /** Events of one page of the log. @default 2000 */
  readonly pageEvents?: number;
  /** Bytes of one page of the log. @default 262144 */
  readonly pageBytes?: number;
  /** Pages that are read from the store at once. @default 32 */
  readonly maxReads?: number;
  /** How far behind the head a slow subscription with `drop_oldest` goes on, in events. @default 1000 */
  readonly keepEvents?: number;
}

/** What a `Feed` needs. */
export interface FeedDeps {
  readonly source: EventSource;
  /** What is gathered of a chain; undefined: the chain is not followed. */
  readonly demand: (chain: string) => Demand | undefined;
  /** The chains that are followed. */
  readonly chains: () => readonly string[];
  /** The offset of the last event that has its place in the log, committed or not. @default the source's head */
  readonly tail?: () => number;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: MetricRegistry;
}

/** A feed at a glance. */
export interface FeedStats extends DeliveryTotals {
  /** Subscriptions that get events as they come. */
  readonly live: number;
  /** Subscriptions that read the log at their own pace, or were not begun yet. */
  readonly catchingUp: number;
  readonly readers: number;
  readonly groups: number;
  /** Reads of the store in flight. */
  readonly reading: number;
  /** Events between the subscription that is farthest behind and the last event. */
  readonly maxLag: number;
}

/**
 * Delivers the log's events to subscriptions: live ones as they are committed, the others from the log at their own pace,
 * joining without a seam. Everything of the log arrives in its order, once, or a gap says what does not.
 */
export class Feed {
  readonly #source: EventSource;
  readonly #log: Log;
  readonly #maxSubscriptions: number;
  readonly #counts: DeliveryCounts;
  readonly #claims: SelectorClaims;
  readonly #live: LiveDelivery;
  readonly #pages: PageReader;
  readonly #catchUp: CatchUp;
  readonly #host: MemberHost;
  readonly #connections = new Map<FeedSink, Connection>();
  readonly #unsubscribe: () => void;
  readonly #knownChains = new Set<string>();
  #size = 0;
  #readers = 0;
  #isStopped = false;

  constructor(options: FeedOptions, deps: FeedDeps) {
    const { source, clock, log, metrics } = deps;
    const maxBufferedBytes = options.maxBufferedBytes ?? 1024 * 1024;
    const pageBytes = options.pageBytes ?? 256 * 1024;
    this.#source = source;
    this.#log = log;
    this.#maxSubscriptions = options.maxSubscriptions ?? 100_000;
    this.#counts = new DeliveryCounts(metrics);
    this.#claims = new SelectorClaims({
      demand: deps.demand,
      chains: deps.chains,
      tail: deps.tail ?? (() => source.head),
    });
    this.#live = new LiveDelivery(
      { maxBufferedBytes },
      { source, counts: this.#counts, clock, log, onSlow: connection => this.#fallBack(connection) },
    );
    this.#pages = new PageReader(
      {
        limits: { maxEvents: options.pageEvents ?? 2_000, maxBytes: pageBytes },
        maxReads: options.maxReads ?? 32,
        maxKept: 16,
      },
      { source, counts: this.#counts },
    );
    this.#catchUp = new CatchUp(
      {
        resumeBytes: Math.min(pageBytes, Math.floor(maxBufferedBytes / 2)),
        keepEvents: options.keepEvents ?? 1_000,
        pagesPerTurn: 32,
        turnMs: 5,
      },
      {
        source,
        pages: this.#pages,
        counts: this.#counts,
        clock,
        log,
        join: member => this.#live.join(member),
      },
    );
    this.#host = {
      log,
      begin: member => this.#catchUp.begin(member),
      end: member => this.#end(member),
      writtenOffset: member => this.#live.writtenOffset(member),
      cursorAt: offset => formatCursor(source.epoch, offset),
    };
    metrics.gauge(feedMetrics.subscriptions, { state: 'live' }, () => this.#live.live);
    metrics.gauge(feedMetrics.subscriptions, { state: 'catching_up' }, () => this.#size - this.#live.live);
    metrics.gauge(feedMetrics.groups, undefined, () => this.#live.groups);
    metrics.gauge(feedMetrics.reading, undefined, () => this.#pages.reading);
    metrics.gauge(feedMetrics.lag, undefined, () => this.#maxLag());
    this.#unsubscribe = source.onCommitted(events => this.#committed(events));
  }

  /** The cursor of the last committed event. */
  get cursor(): string {
    return formatCursor(this.#source.epoch, this.#source.head);
  }

  /**
   * Makes a subscription; its first event comes after `begin`, and nothing is lost until then.
   *
   * @throws TrunklineError `cursor_malformed`, `cursor_epoch`, `cursor_expired`, `cursor_future`, `block_unknown`, `topic_unavailable`, `feed_full`, `feed_unavailable`
   */
  async subscribe(request: FeedRequest, sink: FeedSink): Promise<FeedSubscription> {
    this.#admit();
    const resolved = resolveStart(request.from, request.gaps, this.#source);
    if (!(resolved instanceof Promise)) return this.#enter(request, resolved, sink);
    const start = await resolved;
    this.#admit();
    return this.#enter(request, start, sink);
  }

  /**
   * Reads what is selected from now on, when asked; `keepMs` as in a `FeedRequest`.
   *
   * @throws TrunklineError `feed_unavailable`
   */
  reader(selector: EventSelector, keepMs: number): FeedReader {
    this.#checkRunning();
    const claim = this.#claims.hold(selector, keepMs);
    this.#readers++;
    return new LogReader(selector, {
      source: this.#source,
      pages: this.#pages,
      onEnd: () => {
        this.#readers--;
        this.#claims.release(claim);
      },
    });
  }

  /** To be called when chains were added, taken out or started anew: what subscriptions need of them is claimed. */
  chainsChanged(): void {
    this.#claims.refresh();
  }

  stats(): FeedStats {
    return {
      ...this.#counts.totals,
      live: this.#live.live,
      catchingUp: this.#size - this.#live.live,
      readers: this.#readers,
      groups: this.#live.groups,
      reading: this.#pages.reading,
      maxLag: this.#maxLag(),
    };
  }

  /** Writes what is due and ends all subscriptions; their cursors can still be read. */
  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#unsubscribe();
    this.#live.flush();
    this.#catchUp.stop();
    for (const connection of [...this.#connections.values()]) {
      for (const member of [...connection.members]) member.end();
    }
  }

  /** @throws TrunklineError `feed_unavailable`, of the log too when it is not open */
  #checkRunning(): void {
    if (this.#isStopped || this.#source.epoch === '') {
      throw feedError('feed_unavailable', 'the feed is starting or stopping', this.#source);
    }
  }

  #admit(): void {
    this.#checkRunning();
    if (this.#size >= this.#maxSubscriptions) {
      throw feedError('feed_full', `${this.#size} subscriptions are held already`, this.#source);
    }
  }

  #enter(request: FeedRequest, start: ResolvedStart, sink: FeedSink): Member {
    const { selector, format, keepMs, from } = request;
    const claim = this.#claims.hold(selector, keepMs);
    const refused = this.#claims.refused(claim);
    if (refused !== undefined) {
      this.#claims.release(claim);
      throw feedError('topic_unavailable', refused, this.#source);
    }
    // `latest` asks for what comes: there is nothing behind it that could be missing.
    const isLatest = from.kind === 'latest';
    const late = isLatest ? [] : this.#notGathered(claim, start.offset);
    const offset = isLatest
      ? Math.max(this.#claims.presentSince(claim, start.offset), this.#source.earliest - 1)
      : start.offset;
    let connection = this.#connections.get(sink);
    if (connection === undefined) {
      connection = new Connection(sink, this.#log);
      this.#connections.set(sink, connection);
    }
    const group = this.#live.enter(
      `${format.key}\n${selector.key}`,
      format,
      () => new SelectorMatcher(selector),
    );
    const member = new Member(
      request,
      { offset, head: this.#source.head, gaps: [...start.gaps, ...late] },
      { group, connection, claim, host: this.#host },
    );
    connection.add(member);
    this.#size++;
    return member;
  }

  #notGathered(claim: ReturnType<SelectorClaims['hold']>, offset: number): readonly SubscriptionGap[] {
    const { epoch } = this.#source;
    return this.#claims.gatheredLater(claim, offset).map(({ chain, since, what }) => {
      const from = formatCursor(epoch, offset);
      const to = formatCursor(epoch, since);
      const message = `${what} of ${chain} after ${from} up to ${to} may be missing: nobody asked for them at the time, so they were not gathered`;
      return { reason: 'not_gathered', from, to, chain, message };
    });
  }

  #committed(events: readonly FeedEvent[]): void {
    for (const { chain } of events) {
      if (this.#knownChains.has(chain)) continue;
      this.#knownChains.add(chain);
      this.#claims.refresh();
    }
    this.#live.publish(events);
  }

  /** The client does not read: its subscriptions go on from the log, or as they asked. */
  #fallBack(connection: Connection): void {
    let disconnect: Member | undefined;
    for (const member of connection.members) {
      if (member.state !== 'live') continue;
      this.#live.pause(member);
      this.#counts.slow(member.strategy);
      member.isSlow = true;
      if (member.strategy === 'disconnect') disconnect = member;
      this.#catchUp.block(member);
    }
    if (disconnect === undefined) return;
    this.#counts.disconnected();
    const { cursor } = disconnect;
    disconnect.end();
    connection.sink.closeSlow(cursor);
  }

  #end(member: Member): void {
    this.#live.leave(member);
    member.state = 'ended';
    this.#claims.release(member.claim);
    this.#size--;
    const { connection } = member;
    connection.remove(member);
    if (connection.members.length === 0) this.#connections.delete(connection.sink);
  }

  #maxLag(): number {
    let lowest = this.#source.head;
    for (const { members } of this.#connections.values()) {
      for (const member of members) {
        if (member.state !== 'live' && member.position < lowest) lowest = member.position;
      }
    }
    return this.#source.head - lowest;
  }
}
