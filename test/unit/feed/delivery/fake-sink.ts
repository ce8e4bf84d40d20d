import type { FeedSink } from '../../../../src/feed/delivery/feed-sink.ts';

/** A client: reads at once, or nothing at all while it is stalled. */
export class FakeSink implements FeedSink {
  readonly writes: (readonly Buffer[])[] = [];
  isStalled = false;
  bufferedBytes = 0;
  mostBuffered = 0;
  closedAt: string | undefined;
  /** Thrown by the next write. */
  failure: Error | undefined;
  #listener: (() => void) | undefined;

  write(frames: readonly Buffer[]): void {
    if (this.failure !== undefined) throw this.failure;
    this.writes.push(frames);
    if (!this.isStalled) return;
    for (const frame of frames) this.bufferedBytes += frame.length;
    this.mostBuffered = Math.max(this.mostBuffered, this.bufferedBytes);
  }

  onDrained(listener: () => void): void {
    this.#listener = listener;
  }

  closeSlow(cursor: string): void {
    this.closedAt = cursor;
  }

  /** The client reads what waits, and goes on reading. */
  drain(): void {
    this.isStalled = false;
    this.bufferedBytes = 0;
    const listener = this.#listener;
    this.#listener = undefined;
    listener?.();
  }

  /** What was written, a frame a line. */
  get lines(): readonly string[] {
    return this.writes
      .flat()
      .map(frame => frame.toString())
      .join('')
      .split('\n')
      .slice(0, -1);
  }
}
