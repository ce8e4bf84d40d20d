import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { FeedSink } from '../../feed/delivery/feed-sink.ts';
import { DrainWatch } from './drain-watch.ts';

/**
 * A client's WebSocket as the feed writes to it: complete frames go straight to the socket below, so that one frame
 * serves all clients and a tick is one write.
 *
 * Whoever holds the WebSocket may `send`, `ping` and `close` as ever. The `Sender` of `ws` writes a whole frame within
 * one synchronous call (head and payload between `cork` and `uncork`) as long as it neither deflates nor reads a
 * `Blob`, and it keeps no state from one frame to the next but for fragmented messages. Our servers negotiate no
 * deflate and send neither fragments nor Blobs, so a frame of ours never lands inside one of its own.
 */
export class SocketSink implements FeedSink {
  readonly #client: Pick<WebSocket, 'readyState' | 'OPEN'>;
  readonly #socket: Duplex;
  readonly #onTooSlow: (cursor: string) => void;
  readonly #drain: DrainWatch;

  /**
   * @param socket the socket that `client` was upgraded from
   * @param onTooSlow closes the connection, and says why; called by `closeSlow`
   */
  constructor(
    client: Pick<WebSocket, 'readyState' | 'OPEN'>,
    socket: Duplex,
    onTooSlow: (cursor: string) => void,
  ) {
    this.#client = client;
    this.#socket = socket;
    this.#onTooSlow = onTooSlow;
    this.#drain = new DrainWatch(socket, () => socket);
  }

  get bufferedBytes(): number {
    return this.#socket.writableLength;
  }

  write(frames: readonly Buffer[]): void {
    // Nothing may follow a close frame.
    if (this.#client.readyState !== this.#client.OPEN || !this.#socket.writable) return;
    if (frames.length === 1) {
      this.#socket.write(frames[0]);
      return;
    }
    this.#socket.cork();
    for (const frame of frames) this.#socket.write(frame);
    this.#socket.uncork();
  }

  onDrained(listener: () => void): void {
    this.#drain.onDrained(listener);
  }

  closeSlow(cursor: string): void {
    this.#onTooSlow(cursor);
  }
}
