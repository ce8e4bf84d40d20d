import { EventEmitter } from 'node:events';
import { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { payloadsOf } from '../fake-feed.ts';

/** Stands for a client's `ws` socket: keeps what was done to it, and says what the test says. */
export class FakeSocket extends EventEmitter {
  readonly OPEN = 1;
  readyState = 1;
  bufferedAmount = 0;
  isPaused = false;
  isTerminated = false;
  pings = 0;
  readonly sent: string[] = [];
  readonly closes: { readonly code: number; readonly reason: string }[] = [];

  /** The socket below: frames that are written to it are among what was sent. */
  readonly stream = new Duplex({
    read: () => {},
    write: (frames: Buffer, _encoding, done) => {
      this.sent.push(...payloadsOf(frames));
      done();
    },
  });

  /** The client sends a message. */
  receive(message: unknown): void {
    this.emit('message', Buffer.from(typeof message === 'string' ? message : JSON.stringify(message)), false);
  }

  get asWebSocket(): WebSocket {
    return this as unknown as WebSocket;
  }

  /** What was sent, parsed. */
  get messages(): {
    id?: unknown;
    result?: unknown;
    error?: { code: number; message: string; data?: { code: string } };
    params?: { subscription: string; result: unknown };
  }[] {
    return this.sent.map(text => JSON.parse(text));
  }

  send(frame: Buffer): void {
    this.sent.push(frame.toString());
  }

  ping(): void {
    this.pings++;
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }

  close(code: number, reason: string): void {
    if (Buffer.byteLength(reason) > 123) throw new RangeError('the reason is too long');
    this.readyState = 2;
    this.closes.push({ code, reason });
  }

  terminate(): void {
    this.isTerminated = true;
    this.readyState = 3;
    this.emit('close');
  }
}
