import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import type { Socket } from 'node:net';
import { clientFrame, FrameReader, opcode } from '../../src/devnet/web-socket-frame.ts';

/** A WebSocket client on a bare socket: a library's client would be the slowest part of the benchmark. */
export class EventClient {
  readonly #socket: Socket;

  private constructor(socket: Socket, head: Buffer, onMessage: (message: Buffer) => void) {
    this.#socket = socket;
    const reader = new FrameReader();
    const read = (chunk: Buffer): void => {
      for (const { opcode: code, payload } of reader.push(chunk)) {
        if (code === opcode.text) onMessage(payload);
        else if (code === opcode.ping) this.#socket.write(clientFrame(opcode.pong, payload));
      }
    };
    socket.on('error', () => {});
    socket.on('data', read);
    if (head.length > 0) read(head);
  }

  /** @throws Error when the server does not take the connection as a WebSocket */
  static open(port: number, path: string, onMessage: (message: Buffer) => void): Promise<EventClient> {
    const headers = {
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
    };
    return new Promise((resolve, reject) => {
      const handshake = request({ host: '127.0.0.1', port, path, headers });
      handshake.on('error', reject);
      handshake.on('response', response =>
        reject(new Error(`the WebSocket was refused with ${response.statusCode}`)),
      );
      handshake.on('upgrade', (_response, socket, head) => resolve(new EventClient(socket, head, onMessage)));
      handshake.end();
    });
  }

  get isOpen(): boolean {
    return !this.#socket.destroyed;
  }

  send(text: string): void {
    this.#socket.write(clientFrame(opcode.text, Buffer.from(text)));
  }

  close(): void {
    this.#socket.destroy();
  }
}
