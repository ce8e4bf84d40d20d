import { connect, type Socket } from 'node:net';

/** A whole HTTP answer. */
export interface RawAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** Exactly one of the two is given. */
export type AnswerListener = (answer: RawAnswer | undefined, error: string | undefined) => void;

/** A kept-alive HTTP/1.1 connection on a bare socket: what a client adds to the time should be next to nothing. */
export class HttpConnection {
  isOpen = true;
  readonly #socket: Socket;
  #received = '';
  #listener: AnswerListener | undefined;

  constructor(port: number) {
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.#socket.setEncoding('latin1');
    this.#socket.on('data', (text: string) => {
      this.#received += text;
      this.#read();
    });
    this.#socket.on('error', error => this.#end(error.message));
    this.#socket.on('close', () => this.#end('connection closed'));
  }

  /** Sends one whole request; one at a time. */
  send(request: Buffer, listener: AnswerListener): void {
    this.#listener = listener;
    this.#socket.write(request);
  }

  close(): void {
    this.#listener = undefined;
    this.#socket.destroy();
  }

  #read(): void {
    const headEnd = this.#received.indexOf('\r\n\r\n');
    if (headEnd < 0) return;
    const [statusLine, ...lines] = this.#received.slice(0, headEnd).split('\r\n');
    const headers = new Map(
      lines.map(line => {
        const colon = line.indexOf(':');
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
      }),
    );
    const length = Number(headers.get('content-length') ?? Number.NaN);
    if (Number.isNaN(length)) {
      this.#end('an answer without a Content-Length');
      return;
    }
    if (this.#received.length < headEnd + 4 + length) return;
    const body = this.#received.slice(headEnd + 4, headEnd + 4 + length);
    this.#received = this.#received.slice(headEnd + 4 + length);
    if (headers.get('connection')?.toLowerCase() === 'close') {
      this.isOpen = false;
      this.#socket.end();
    }
    const listener = this.#listener;
    this.#listener = undefined;
    listener?.({ status: Number(statusLine?.slice(9, 12)), headers, body }, undefined);
  }

  #end(error: string): void {
    this.isOpen = false;
    const listener = this.#listener;
    this.#listener = undefined;
    this.#socket.destroy();
    listener?.(undefined, error);
  }
}
