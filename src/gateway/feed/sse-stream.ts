import type { ServerResponse } from 'node:http';
import type { Clock } from '../../clock/clock.ts';
import type { FeedSubscription } from '../../feed/delivery/feed-request.ts';
import type { FeedSink } from '../../feed/delivery/feed-sink.ts';
import { cutWhenStuck } from '../socket/cut-when-stuck.ts';
import { DrainWatch } from '../socket/drain-watch.ts';
import { ProgressWatch } from '../socket/progress-watch.ts';
import { sseClosing, sseKeepAlive, sseOpening } from './sse-frames.ts';

/** Looks without progress until a client is cut off: that of one write counts only when all of it is taken. */
const maxStuckLooks = 8;

/** One client's stream of server-sent events. */
export class SseStream implements FeedSink {
  readonly #response: ServerResponse;
  readonly #clock: Clock;
  readonly #onSlow: () => void;
  readonly #drain: DrainWatch;
  #subscription: FeedSubscription | undefined;
  #isEnded = false;
  #stopCutting = () => {};
  /** While bytes wait. */
  #progress: ProgressWatch | undefined;
  #stuckLooks = 0;

  constructor(
    response: ServerResponse,
    clock: Clock,
    events: { onSlow(): void; onClosed(stream: SseStream): void },
  ) {
    this.#response = response;
    this.#clock = clock;
    this.#onSlow = events.onSlow;
    this.#drain = new DrainWatch(response, () => response.socket);
    response.on('error', () => response.destroy());
    response.on('close', () => {
      this.#isEnded = true;
      this.#stopCutting();
      this.#subscription?.end();
      events.onClosed(this);
    });
  }

  get bufferedBytes(): number {
    return this.#response.writableLength;
  }

  /** @param headers raw header pairs that the response carries beside its own */
  open(subscription: FeedSubscription, headers: readonly string[]): void {
    if (this.#isEnded) {
      subscription.end();
      return;
    }
    this.#subscription = subscription;
    // What it misses goes out with where it begins: cut off between them it would begin there, and never hear of it.
    this.#response.cork();
    this.#response.writeHead(200, [...streamHeaders, ...headers]);
    this.#response.write(sseOpening(subscription.start));
    subscription.begin();
    this.#response.uncork();
  }

  write(frames: readonly Buffer[]): void {
    if (this.#isEnded) return;
    this.#response.cork();
    for (const frame of frames) this.#response.write(frame);
    this.#response.uncork();
  }

  onDrained(listener: () => void): void {
    this.#drain.onDrained(listener);
  }

  closeSlow(cursor: string): void {
    if (this.#isEnded) return;
    this.#onSlow();
    this.#end(cursor, 'too slow');
    const { socket } = this.#response;
    this.#stopCutting = cutWhenStuck(socket ?? undefined, this.#clock, () => this.#response.destroy());
  }

  /** To be called now and then: shows a quiet connection's life, and cuts off a client that took nothing for long. */
  keepAlive(): void {
    if (this.#isEnded || this.#subscription === undefined) return;
    const { socket } = this.#response;
    if (this.bufferedBytes === 0) {
      this.#progress = undefined;
      this.#stuckLooks = 0;
      this.#response.write(sseKeepAlive(this.#subscription.cursor));
    } else if (socket !== null && this.#progress === undefined) {
      this.#progress = new ProgressWatch(socket);
      this.#progress.hasMoved();
    } else if (this.#progress?.hasMoved() === true) this.#stuckLooks = 0;
    else if (++this.#stuckLooks >= maxStuckLooks) {
      this.#onSlow();
      this.destroy();
    }
  }

  /** Ends the stream behind its last complete event. */
  end(reason: string): void {
    if (this.#isEnded || this.#subscription === undefined) return;
    this.#subscription.end();
    this.#end(this.#subscription.cursor, reason);
  }

  destroy(): void {
    this.#response.destroy();
  }

  #end(cursor: string, reason: string): void {
    this.#isEnded = true;
    this.#subscription?.end();
    this.#response.end(sseClosing(cursor, reason));
  }
}

/** The last one is for nginx, which would keep events back. */
export const streamHeaders: readonly string[] = [
  'Content-Type',
  'text/event-stream',
  'Cache-Control',
  'no-store',
  'X-Accel-Buffering',
  'no',
];
