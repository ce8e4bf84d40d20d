import type { Clock, TimerHandle } from '../../clock/clock.ts';
import type { Log } from '../../telemetry/log.ts';
import { formatCursor } from '../events/cursor.ts';
import { eventKinds } from '../events/feed-event.ts';
import type { EventSource } from '../log/event-source.ts';
import type { Connection } from './connection.ts';
import type { DeliveryCounts } from './delivery-counts.ts';
import type { SubscriptionGap } from './frame-format.ts';
import type { Member } from './member.ts';
import { isExpired, type Page, type PageReader } from './page-reader.ts';
import { expiredGap } from './resolve-start.ts';
import { readGap } from './unsaid-gap.ts';

/** Options of `CatchUp`. */
export interface CatchUpOptions {
  /** Bytes that may wait at a connection when it is given another page. */
  readonly resumeBytes: number;
  /** How far behind the head a subscription with `drop_oldest` goes on, in events. */
  readonly keepEvents: number;
  /** Pages given out in one turn of the event loop. */
  readonly pagesPerTurn: number;
  /** Milliseconds after which a turn ends although pages are left. */
  readonly turnMs: number;
}

/** What `CatchUp` needs. */
export interface CatchUpDeps {
  readonly source: EventSource;
  readonly pages: PageReader;
  readonly counts: DeliveryCounts;
  readonly clock: Clock;
  readonly log: Log;
  /** Makes a member live if it has seen everything. */
  readonly join: (member: Member) => boolean;
}

const firstPauseMs = 100;
const longestPauseMs = 5_000;
/** Events that a subscription is given before its turn when it begins: thousands may begin in one turn of the event loop. */
const atOnce = 16;

/**
 * Gives pages of the log to the subscriptions that are not live, one each in turn, each at the pace of its client, until
 * they have seen everything and join the live ones. Live deliveries go on meanwhile.
 */
export class CatchUp {
  readonly #options: CatchUpOptions;
  readonly #deps: CatchUpDeps;
  #queue: Member[] = [];
  #at = 0;
  #isScheduled = false;
  /** Wait for the end of the pause: they need the store. */
  #parked: Member[] = [];
  #pauseMs = 0;
  #pause: TimerHandle | undefined;

  constructor(options: CatchUpOptions, deps: CatchUpDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  /** Lets a member that waits see its gaps and go on: at once if little is missing. */
  begin(member: Member): void {
    const { gaps } = member;
    member.gaps = undefined;
    member.state = 'queued';
    for (const gap of gaps ?? []) this.#tell(member, gap, member.position);
    if (member.state !== 'queued') return;
    if (this.#deps.source.head - member.position <= atOnce) this.#step(member);
    else this.enqueue(member);
  }

  /** Lets a member read when it is its turn. */
  enqueue(member: Member): void {
    member.state = 'queued';
    this.#queue.push(member);
    this.#schedule();
  }

  /** Lets a member that fell behind go on when its client has read everything. */
  block(member: Member): void {
    member.state = 'blocked';
    const { connection } = member;
    if (connection.isWaiting) return;
    connection.isWaiting = true;
    connection.drained ??= () => this.#drained(connection);
    connection.sink.onDrained(connection.drained);
  }

  stop(): void {
    this.#queue = [];
    this.#at = 0;
    this.#parked = [];
    this.#deps.clock.clearTimeout(this.#pause);
    this.#pause = undefined;
  }

  #drained(connection: Connection): void {
    connection.isWaiting = false;
    for (const member of connection.members) if (member.state === 'blocked') this.enqueue(member);
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(this.#turn);
  }

  readonly #turn = (): void => {
    this.#isScheduled = false;
    const end = this.#deps.clock.now() + this.#options.turnMs;
    for (let pages = 0; pages < this.#options.pagesPerTurn && this.#at < this.#queue.length; pages++) {
      const member = this.#queue[this.#at++]!;
      if (member.state === 'queued') this.#step(member);
      if (this.#deps.clock.now() >= end) break;
    }
    if (this.#at === this.#queue.length) {
      this.#queue = [];
      this.#at = 0;
    } else {
      if (this.#at > 1_024) {
        this.#queue = this.#queue.slice(this.#at);
        this.#at = 0;
      }
      this.#schedule();
    }
  };

  /** One page for one member. */
  #step(member: Member): void {
    const { source, pages, join } = this.#deps;
    if (member.connection.sink.bufferedBytes > this.#options.resumeBytes) {
      this.block(member);
      return;
    }
    if (member.isSlow && member.strategy === 'drop_oldest') this.#skip(member);
    if (member.position + 1 < source.earliest) this.#expire(member);
    if (member.state !== 'queued' || join(member)) return;
    const page = pages.recent(member.position + 1);
    if (page === undefined) this.#read(member);
    else this.#give(member, page);
  }

  #read(member: Member): void {
    if (this.#pause !== undefined) {
      this.#parked.push(member);
      return;
    }
    const { pages } = this.#deps;
    const offset = member.position + 1;
    const isShared = pages.isReading(offset);
    member.state = 'reading';
    pages.read(offset).then(
      page => {
        this.#pauseMs = 0;
        if (member.state !== 'reading') return;
        // Those who share it get it in turn, so that one page for thousands does not hold up live deliveries.
        if (isShared) {
          this.enqueue(member);
          return;
        }
        member.state = 'queued';
        this.#give(member, page);
      },
      (error: unknown) => this.#readFailed(member, error),
    );
  }

  #readFailed(member: Member, error: unknown): void {
    if (member.state !== 'reading') return;
    const isGone = isExpired(error) && member.position + 1 < this.#deps.source.earliest;
    if (!isGone && this.#pause === undefined) {
      if (this.#pauseMs === 0)
        this.#deps.log.warn('events cannot be read; subscriptions that catch up wait', { error });
      this.#pauseMs = Math.min(longestPauseMs, Math.max(firstPauseMs, this.#pauseMs * 2));
      this.#pause = this.#deps.clock.setTimeout(() => {
        this.#pause = undefined;
        for (const parked of this.#parked.splice(0)) if (parked.state === 'queued') this.enqueue(parked);
      }, this.#pauseMs);
    }
    this.enqueue(member);
  }

  #give(member: Member, page: Page): void {
    const { group, connection } = member;
    if (page.encoded?.group === group) {
      this.#write(connection, page.encoded.frames, page.encoded.buffer);
      member.position = page.events.at(-1)?.offset ?? member.position;
    } else this.#encode(member, page);
    if (member.state === 'queued' && !this.#deps.join(member)) this.enqueue(member);
  }

  #encode(member: Member, page: Page): void {
    const { group, connection } = member;
    const { epoch } = this.#deps.source;
    let frames: Buffer[] = [];
    let isShared = true;
    for (const event of page.events) {
      if (!group.matcher.concerns(event)) continue;
      const frame = group.build(event, `${epoch}:${event.offset}`);
      if (frame !== undefined) frames.push(frame);
      else if (event.kind === eventKinds.gap) {
        this.#write(connection, frames.length, Buffer.concat(frames));
        frames = [];
        isShared = false;
        member.position = event.offset;
        member.tellUnsaid(readGap(event));
        if (member.state !== 'queued') return;
      }
    }
    const buffer = Buffer.concat(frames);
    if (isShared) page.encoded = { group, frames: frames.length, buffer };
    this.#write(connection, frames.length, buffer);
    const last = page.events.at(-1);
    if (last !== undefined) member.position = last.offset;
  }

  #write(connection: Connection, frames: number, buffer: Buffer): void {
    if (frames === 0) return;
    connection.send([buffer]);
    this.#deps.counts.delivered(frames, buffer.length);
  }

  #skip(member: Member): void {
    const { source, counts } = this.#deps;
    const to = source.head - this.#options.keepEvents;
    if (member.position >= to) return;
    const count = to - member.position;
    counts.dropped('slow', count);
    const from = formatCursor(source.epoch, member.position);
    const end = formatCursor(source.epoch, to);
    member.position = to;
    const message = `events after ${from} up to ${end} were dropped: the client did not keep up, and asked for \`drop_oldest\``;
    this.#tell(member, { reason: 'slow', from, to: end, message }, to);
  }

  #expire(member: Member): void {
    const { source, counts } = this.#deps;
    const to = source.earliest - 1;
    counts.dropped('expired', to - member.position);
    const gap = expiredGap(source, formatCursor(source.epoch, member.position));
    member.position = to;
    this.#tell(member, gap, to);
  }

  #tell(member: Member, gap: SubscriptionGap, offset: number): void {
    const frame = member.group.format.gap(gap, formatCursor(this.#deps.source.epoch, offset));
    if (frame === undefined) member.tellUnsaid(gap);
    else this.#write(member.connection, 1, frame);
  }
}
