import type { Clock } from '../../clock/clock.ts';
import type { Log } from '../../telemetry/log.ts';
import { eventKinds, type FeedEvent } from '../events/feed-event.ts';
import type { EventSource } from '../log/event-source.ts';
import { routeOf } from '../topics/route.ts';
import type { SelectorMatcher } from '../topics/selector-matcher.ts';
import { TopicTrie } from '../topics/topic-trie.ts';
import type { Connection } from './connection.ts';
import type { DeliveryCounts } from './delivery-counts.ts';
import type { FrameFormat } from './frame-format.ts';
import { Group } from './group.ts';
import type { Member } from './member.ts';
import { readGap } from './unsaid-gap.ts';

/** What `LiveDelivery` needs. */
export interface LiveDeliveryDeps {
  readonly source: EventSource;
  readonly counts: DeliveryCounts;
  readonly clock: Clock;
  readonly log: Log;
  /** A connection's client has not read more than is held for it. */
  readonly onSlow: (connection: Connection) => void;
}

/** A turn that took at least this long is followed by a pause as long. */
const longMs = 2;
const maxPauseMs = 20;

/**
 * Hands events to the subscriptions that are live: a frame is built once a group, a tick's frames are put together once a
 * group, and each connection gets one write a tick. With very many clients, whose writes take long, ticks are made longer:
 * writes have half of the event loop's time at most, and more events share one. Whoever joins has seen exactly what was
 * published before.
 */
export class LiveDelivery {
  readonly #deps: LiveDeliveryDeps;
  readonly #maxBufferedBytes: number;
  readonly #trie = new TopicTrie<Group>();
  readonly #groups = new Map<string, Group>();
  #dirty: Group[] = [];
  #isScheduled = false;
  /** No earlier than then the next tick ends, on the clock. */
  #restsUntil = 0;
  #live = 0;
  /** The last event whose frames were built. */
  #published: number;
  /** The last event whose frames were given to the connections, and the one before the flush that goes on. */
  #flushed: number;
  #flushedBefore: number;

  constructor(options: { readonly maxBufferedBytes: number }, deps: LiveDeliveryDeps) {
    this.#maxBufferedBytes = options.maxBufferedBytes;
    this.#deps = deps;
    this.#published = this.#flushed = this.#flushedBefore = deps.source.head;
  }

  /** Subscriptions that are live. */
  get live(): number {
    return this.#live;
  }

  get groups(): number {
    return this.#groups.size;
  }

  /** The group of a format and selector, made when it is not there; the member is counted. */
  enter(key: string, format: FrameFormat, matcher: () => SelectorMatcher): Group {
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = new Group(key, format, matcher(), this.#deps.log);
      this.#groups.set(key, group);
      for (const pattern of group.matcher.routes) this.#trie.add(pattern, group);
    }
    group.size++;
    return group;
  }

  /** Takes a member out of its group; the last one takes the group along. */
  leave(member: Member): void {
    this.pause(member);
    const { group } = member;
    group.size--;
    if (group.size > 0) return;
    this.#groups.delete(group.key);
    for (const pattern of group.matcher.routes) this.#trie.remove(pattern, group);
  }

  /** Makes a member live that has seen everything up to the head; false: it has not, or what is committed is yet to be published. */
  join(member: Member): boolean {
    const { head } = this.#deps.source;
    if (this.#live === 0 && this.#dirty.length === 0) this.#published = this.#flushed = head;
    if (member.position !== head) return false;
    // What waits for the end of the tick is of the time before: it is for the others only.
    this.flush();
    if (member.state === 'ended' || member.position !== this.#published) return false;
    member.group.addLive(member);
    member.isSlow = false;
    this.#live++;
    return true;
  }

  /** Takes a member out of the live ones, if it is; its position is then where it has to go on. */
  pause(member: Member): void {
    if (member.state !== 'live') return;
    member.position = this.writtenOffset(member);
    member.group.removeLive(member);
    member.state = 'blocked';
    this.#live--;
  }

  /** The offset up to which a live member's sink has everything. */
  writtenOffset(member: Member): number {
    if (member.state !== 'live') return member.position;
    return member.connection.hasFrames ? this.#flushedBefore : this.#flushed;
  }

  /** Builds the frames of committed events; they go out at the end of the tick. */
  publish(events: readonly FeedEvent[]): void {
    const { epoch } = this.#deps.source;
    let count = 0;
    for (const event of events) {
      if (event.offset <= this.#published) continue;
      this.#published = event.offset;
      count++;
      const groups = this.#trie.match(routeOf(event));
      if (groups.length === 0) continue;
      const cursor = `${epoch}:${event.offset}`;
      for (const group of groups) this.#build(group, event, cursor);
    }
    this.#deps.counts.published(count);
    if (this.#dirty.length === 0) this.#flushed = this.#published;
    else if (!this.#isScheduled) {
      this.#isScheduled = true;
      const { clock } = this.#deps;
      const restMs = this.#restsUntil - clock.now();
      if (restMs > 0) clock.setTimeout(this.#endTick, restMs);
      else setImmediate(this.#endTick);
    }
  }

  /** Writes what was built: all frames of the events up to `through`. */
  flush(through = this.#published): void {
    const before = this.#flushed;
    this.#flushed = through;
    if (this.#dirty.length === 0) return;
    this.#flushedBefore = before;
    const groups = this.#dirty;
    this.#dirty = [];
    const connections: Connection[] = [];
    for (const group of groups) {
      const { frames, buffer } = group.take();
      const tick: readonly Buffer[] = [buffer];
      const { live } = group;
      for (let i = 0; i < live.length; i++) {
        const { connection } = live[i]!;
        if (connection.give(tick)) connections.push(connection);
      }
      this.#deps.counts.delivered(frames * live.length, buffer.length * live.length);
    }
    for (const connection of connections) this.#write(connection);
  }

  readonly #endTick = (): void => {
    const { clock } = this.#deps;
    const startedAt = clock.now();
    this.#isScheduled = false;
    this.flush();
    const endedAt = clock.now();
    const tookMs = endedAt - startedAt;
    if (tookMs >= longMs) this.#restsUntil = endedAt + Math.min(tookMs, maxPauseMs);
  };

  #build(group: Group, event: FeedEvent, cursor: string): void {
    if (group.live.length === 0) return;
    const frame = group.build(event, cursor);
    if (frame !== undefined) {
      if (group.push(frame)) this.#dirty.push(group);
    } else if (event.kind === eventKinds.gap) {
      // What came before the gap is written first: whoever is told may end the connection.
      this.flush(event.offset - 1);
      const gap = readGap(event);
      for (const member of [...group.live]) member.tellUnsaid(gap);
    }
  }

  #write(connection: Connection): void {
    connection.write();
    if (connection.sink.bufferedBytes > this.#maxBufferedBytes) this.#deps.onSlow(connection);
  }
}
