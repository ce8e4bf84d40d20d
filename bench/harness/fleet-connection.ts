import { connect, type Socket } from 'node:net';
import { clientFrame, opcode } from '../../src/devnet/web-socket-frame.ts';
import { FrameCutter, natsMeasure, webSocketMeasure } from './frame-cutter.ts';

/** What the connections of one fleet have in common. */
export interface FleetConnectionOptions {
  readonly protocol: 'websocket' | 'nats';
  readonly port: number;
  /** Path of the WebSocket, or subject. */
  readonly path: string;
  /** Called for each event; the bytes are overwritten afterwards. */
  readonly onEvent: (connection: FleetConnection, bytes: Buffer, start: number, end: number) => void;
}

/** What is read goes here for all connections of the process, so that nothing is allocated for it. */
const readBuffer = Buffer.allocUnsafe(256 * 1024);
const [letterH, letterI, letterM] = ['H'.charCodeAt(0), 'i'.charCodeAt(0), 'M'.charCodeAt(0)];
/** Where the name of the second member of a JSON-RPC message begins: `id` in answers. */
const secondName = '{"jsonrpc":"2.0","'.length;

/** A subscriber on a bare socket that only counts: with a library, a thousand of them would need more than the server. */
export class FleetConnection {
  /** Events since the last reset. */
  events = 0;
  readonly #options: FleetConnectionOptions;
  readonly #socket: Socket;
  readonly #cutter: FrameCutter;
  readonly #opened = Promise.withResolvers<void>();
  #greeting: string | undefined = '';
  #answers = 0;
  #awaited = { count: 0, done: Promise.withResolvers<void>() };

  constructor(options: FleetConnectionOptions) {
    this.#options = options;
    const isNats = options.protocol === 'nats';
    this.#cutter = isNats
      ? new FrameCutter(natsMeasure, (bytes, start, end) => this.#onNats(bytes, start, end))
      : new FrameCutter(webSocketMeasure, (bytes, start, end) => this.#onFrame(bytes, start, end));
    this.#socket = connect({
      port: options.port,
      host: '127.0.0.1',
      noDelay: true,
      onread: {
        buffer: readBuffer,
        callback: length => {
          this.#read(readBuffer.subarray(0, length));
          return true;
        },
      },
    });
    this.#socket.on('error', error => this.#fail(error));
    this.#socket.on('close', () => this.#fail(new Error('the connection was closed')));
    if (isNats) {
      this.#greeting = undefined;
      this.#socket.write(
        `CONNECT {"verbose":false,"pedantic":false,"headers":true}\r\nSUB ${options.path} 1\r\nPING\r\n`,
      );
    } else {
      this.#socket.write(
        `GET ${options.path} HTTP/1.1\r\nHost: 127.0.0.1:${options.port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
          'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
      );
    }
    this.#opened.promise.catch(() => {});
    this.#awaited.done.promise.catch(() => {});
  }

  /** Why it is of no use any more. */
  failure: string | undefined;

  /** @throws Error when the connection is refused or cut */
  get opened(): Promise<void> {
    return this.#opened.promise;
  }

  /** Sends JSON-RPC requests and resolves when as many answers have come. @throws Error when one is an error */
  ask(requests: readonly string[]): Promise<void> {
    this.#awaited = { count: this.#answers + requests.length, done: Promise.withResolvers<void>() };
    if (this.failure !== undefined) this.#awaited.done.reject(new Error(this.failure));
    this.#socket.write(Buffer.concat(requests.map(text => clientFrame(opcode.text, Buffer.from(text)))));
    return this.#awaited.done.promise;
  }

  close(): void {
    this.#socket.destroy();
  }

  #read(bytes: Buffer): void {
    if (this.#greeting === undefined) {
      this.#cutter.push(bytes);
      return;
    }
    this.#greeting += bytes.toString('latin1');
    const end = this.#greeting.indexOf('\r\n\r\n');
    if (end < 0) return;
    const rest = Buffer.from(this.#greeting.slice(end + 4), 'latin1');
    const status = this.#greeting.slice(9, 12);
    this.#greeting = undefined;
    if (status === '101') this.#opened.resolve();
    else this.#fail(new Error(`the WebSocket was refused with ${status}: ${rest}`));
    this.#cutter.push(rest);
  }

  #onFrame(bytes: Buffer, start: number, end: number): void {
    const payload = start + (end - start < 128 ? 2 : end - start < 65_540 ? 4 : 10);
    const code = bytes[start]! & 0x0f;
    if (code === opcode.ping) {
      this.#socket.write(clientFrame(opcode.pong, Buffer.from(bytes.subarray(payload, end))));
    } else if (code === opcode.close) {
      this.#fail(new Error(`closed: ${bytes.toString('utf8', payload + 2, end)}`));
    } else if (bytes[payload + secondName] !== letterI) {
      this.events++;
      this.#options.onEvent(this, bytes, start, end);
    } else {
      const text = bytes.toString('utf8', payload, end);
      if (text.includes('"error":')) this.#fail(new Error(text));
      else if (++this.#answers === this.#awaited.count) this.#awaited.done.resolve();
    }
  }

  #onNats(bytes: Buffer, start: number, end: number): void {
    if (bytes[start] === letterM) {
      this.events++;
      this.#options.onEvent(this, bytes, start, end);
      return;
    }
    const line = bytes.toString('latin1', start, end).trimEnd();
    if (bytes[start] === letterH) {
      // JetStream's flow control: it goes on when what it sent so far was read.
      const [, , , replyTo, , hasReply] = line.split(/\s/, 6);
      if (hasReply !== undefined && line.includes('FlowControl'))
        this.#socket.write(`PUB ${replyTo} 0\r\n\r\n`);
    } else if (line === 'PING') this.#socket.write('PONG\r\n');
    else if (line === 'PONG') this.#opened.resolve();
    else if (line.startsWith('-ERR')) this.#fail(new Error(line));
  }

  #fail(error: Error): void {
    this.failure ??= error.message;
    this.#opened.reject(error);
    this.#awaited.done.reject(error);
  }
}
