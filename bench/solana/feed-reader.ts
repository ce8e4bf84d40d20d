import { WebSocket } from 'ws';

/** An event of a program, as the feed tells it. */
export interface ProgramEvent {
  readonly slot: number;
  readonly signature: string;
  readonly value: { readonly session_id?: string };
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly error?: { readonly message: string };
  readonly params?: { readonly data: ProgramEvent };
}

/** A client of `/feed` that follows some topics. */
export class FeedReader implements Disposable {
  /** Gaps that it was told of, and everything else that is not an event. */
  readonly complaints: string[] = [];
  readonly #socket: WebSocket;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  static async open(
    url: string,
    topics: readonly string[],
    onEvent: (event: ProgramEvent) => void,
  ): Promise<FeedReader> {
    const socket = new WebSocket(url, { perMessageDeflate: false });
    const reader = new FeedReader(socket);
    await new Promise<void>((resolve, reject) => {
      socket.on('error', reject);
      socket.on('open', () =>
        socket.send(
          JSON.stringify({
            jsonrpc: '2.0',
            id: 1,
            method: 'feed_subscribe',
            params: { topics, from: 'latest' },
          }),
        ),
      );
      socket.on('message', (data: Buffer) => {
        const { id, method, error, params } = JSON.parse(data.toString()) as Message;
        if (error !== undefined) reject(new Error(error.message));
        else if (id === 1) resolve();
        else if (method === 'feed_event' && params !== undefined) onEvent(params.data);
        else reader.complaints.push(data.toString().slice(0, 500));
      });
      socket.on('close', code => reader.complaints.push(`closed with ${code}`));
    });
    return reader;
  }

  [Symbol.dispose](): void {
    this.#socket.removeAllListeners('close');
    this.#socket.terminate();
  }
}
