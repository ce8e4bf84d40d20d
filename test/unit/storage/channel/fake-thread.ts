import type { Clock } from '../../../../src/clock/clock.ts';
import {
  type RequestEntry,
  readRequestFrame,
  writeReplyHeader,
} from '../../../../src/storage/channel/frames.ts';
import type { FromStorageThread, ToStorageThread } from '../../../../src/storage/channel/messages.ts';
import {
  type ChannelPort,
  StorageChannel,
  type StorageChannelOptions,
} from '../../../../src/storage/channel/storage-channel.ts';
import { silentLog } from '../../../../src/telemetry/log.ts';
import { silentMetrics } from '../../../../src/telemetry/metrics.ts';

export const channelOptions: StorageChannelOptions = {
  thread: 'writer',
  capacity: 10,
  window: 8,
  maxPendingBytes: 1 << 20,
  batch: { flush: 'tick', maxCommands: 1000, maxDelayMs: 0 },
};

/** A port whose other end is the test: it keeps what was sent until the test answers it. */
export class FakeThread implements ChannelPort {
  readonly channel: StorageChannel;
  readonly controls: Exclude<ToStorageThread, ArrayBuffer>[] = [];
  /** Entries of each frame that was sent. */
  readonly frames: RequestEntry[][] = [];
  /** Entries that are not answered. */
  open: RequestEntry[] = [];
  /** Thrown by the next `postMessage`. */
  refusal: Error | undefined;
  #listener: ((message: FromStorageThread) => void) | undefined;

  constructor(clock: Clock, options: Partial<StorageChannelOptions> = {}) {
    this.channel = new StorageChannel(
      this,
      { ...channelOptions, ...options },
      { clock, metrics: silentMetrics, log: silentLog },
    );
  }

  postMessage(message: ToStorageThread): void {
    if (this.refusal !== undefined) {
      const { refusal } = this;
      this.refusal = undefined;
      throw refusal;
    }
    if (!(message instanceof ArrayBuffer)) {
      this.controls.push(message);
      return;
    }
    const entries = readRequestFrame(Buffer.from(message));
    this.frames.push(entries);
    this.open.push(...entries);
  }

  on(_event: 'message', listener: (message: FromStorageThread) => void): void {
    this.#listener = listener;
  }

  off(): void {
    this.#listener = undefined;
  }

  /** Lets the thread say something. */
  say(message: FromStorageThread): void {
    this.#listener?.(message);
  }

  /** Sends what the channel collected and answers the first `count` open entries in one frame, `+<id>` per command. */
  answer(count = Number.POSITIVE_INFINITY): void {
    this.channel.flush();
    const entries = this.open.splice(0, count);
    if (entries.length > 0) this.say(replyFrame(entries));
  }
}

/** A frame that answers each command of the entries with `+OK`. */
export function replyFrame(entries: readonly Pick<RequestEntry, 'id' | 'count'>[]): ArrayBuffer {
  const parts = entries.map(({ id, count }) => {
    const reply = Buffer.alloc(8 + 5 * count);
    writeReplyHeader(reply, 0, id, 5 * count);
    reply.write('+OK\r\n'.repeat(count), 8);
    return reply;
  });
  const frame = Buffer.concat(parts);
  return frame.buffer.slice(frame.byteOffset, frame.byteOffset + frame.length) as ArrayBuffer;
}
