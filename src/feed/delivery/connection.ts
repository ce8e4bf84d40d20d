import type { Log } from '../../telemetry/log.ts';
import type { FeedSink } from './feed-sink.ts';
import type { Member } from './member.ts';

const nothing: readonly Buffer[] = Object.freeze([]);

/** A client's connection with its subscriptions, and the frames that it gets at the end of this tick. */
export class Connection {
  readonly sink: FeedSink;
  members: Member[] = [];
  /** Given to the sink while a subscription waits for it; made once. */
  drained: (() => void) | undefined;
  /** The sink was asked to call `drained`. */
  isWaiting = false;
  readonly #log: Log;
  #frames: readonly Buffer[] = nothing;
  #own: Buffer[] | undefined;

  constructor(sink: FeedSink, log: Log) {
    this.sink = sink;
    this.#log = log;
  }

  add(member: Member): void {
    // A list that begins with a push has room for 17: most connections have one subscription.
    if (this.members.length === 0) this.members = [member];
    else this.members.push(member);
  }

  remove(member: Member): void {
    const last = this.members.pop()!;
    if (last !== member) this.members[this.members.indexOf(member)] = last;
  }

  /** Frames wait for `write`. */
  get hasFrames(): boolean {
    return this.#frames !== nothing;
  }

  /** Adds frames to this tick's; true: they are the first. A list of one group is kept as it is: most connections have one. */
  give(frames: readonly Buffer[]): boolean {
    if (this.#frames === nothing) {
      this.#frames = frames;
      return true;
    }
    if (this.#own === undefined) {
      this.#own = [...this.#frames];
      this.#frames = this.#own;
    }
    for (const frame of frames) this.#own.push(frame);
    return false;
  }

  /** Writes this tick's frames in one go. */
  write(): void {
    const frames = this.#frames;
    this.#frames = nothing;
    this.#own = undefined;
    this.send(frames);
  }

  /** Writes frames now. A sink that fails is its own affair: its subscriptions end, and the others get their frames. */
  send(frames: readonly Buffer[]): void {
    try {
      this.sink.write(frames);
    } catch (error) {
      this.#log.error('a connection did not take its frames; its subscriptions end', { error });
      for (const member of [...this.members]) member.end();
    }
  }
}
