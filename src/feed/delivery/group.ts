import type { Log } from '../../telemetry/log.ts';
import type { FeedEvent } from '../events/feed-event.ts';
import type { SelectorMatcher } from '../topics/selector-matcher.ts';
import type { FrameFormat } from './frame-format.ts';
import type { Member } from './member.ts';

const none: Buffer[] = [];

/** Subscriptions that get the same frames: each frame is built once, each tick's frames are put together once. */
export class Group {
  readonly key: string;
  readonly format: FrameFormat;
  readonly matcher: SelectorMatcher;
  /** Those that get events as they come. In no order: a member knows its place. */
  live: Member[] = [];
  /** All members, live or not. */
  size = 0;
  readonly #log: Log;
  /** Shared while there are none: most groups are idle most of the time. */
  #frames: Buffer[] = none;

  constructor(key: string, format: FrameFormat, matcher: SelectorMatcher, log: Log) {
    this.key = key;
    this.format = format;
    this.matcher = matcher;
    this.#log = log;
  }

  /**
   * The frame of an event whose topic matches; undefined: there is none. An event that a format or selector fails at is
   * left out for this group, so that it cannot stop the feed for the others.
   */
  build(event: FeedEvent, cursor: string): Buffer | undefined {
    try {
      return this.matcher.accepts(event) ? this.format.event(event, cursor) : undefined;
    } catch (error) {
      this.#log.error('an event could not be put into a frame and is left out', {
        cursor,
        topic: event.topic,
        error,
      });
      return undefined;
    }
  }

  /** Adds a frame to this tick's; true: it is the first. */
  push(frame: Buffer): boolean {
    if (this.#frames === none) this.#frames = [frame];
    else this.#frames.push(frame);
    return this.#frames.length === 1;
  }

  /** This tick's frames, as one buffer, and how many they are. */
  take(): { readonly frames: number; readonly buffer: Buffer } {
    const frames = this.#frames;
    this.#frames = none;
    return { frames: frames.length, buffer: frames.length === 1 ? frames[0]! : Buffer.concat(frames) };
  }

  addLive(member: Member): void {
    member.state = 'live';
    member.place = this.live.length;
    if (this.live.length === 0) this.live = [member];
    else this.live.push(member);
  }

  removeLive(member: Member): void {
    const last = this.live.pop()!;
    if (last !== member) {
      this.live[member.place] = last;
      last.place = member.place;
    }
    member.place = -1;
  }
}
