import type { SelectorMatcher } from '../topics/selector-matcher.ts';
import type { FrameFormat } from './frame-format.ts';
import type { Member } from './member.ts';

/** Subscriptions that get the same frames: each frame is built once, each tick's frames are put together once. */
export class Group {
  readonly key: string;
  readonly format: FrameFormat;
  readonly matcher: SelectorMatcher;
  /** Those that get events as they come. In no order: a member knows its place. */
  readonly live: Member[] = [];
  /** All members, live or not. */
  size = 0;
  #frames: Buffer[] = [];

  constructor(key: string, format: FrameFormat, matcher: SelectorMatcher) {
    this.key = key;
    this.format = format;
    this.matcher = matcher;
  }

  /** Adds a frame to this tick's; true: it is the first. */
  push(frame: Buffer): boolean {
    return this.#frames.push(frame) === 1;
  }

  /** This tick's frames, as one buffer, and how many they are. */
  take(): { readonly frames: number; readonly buffer: Buffer } {
    const frames = this.#frames;
    this.#frames = [];
    return { frames: frames.length, buffer: frames.length === 1 ? frames[0]! : Buffer.concat(frames) };
  }

  addLive(member: Member): void {
    member.state = 'live';
    member.place = this.live.push(member) - 1;
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
