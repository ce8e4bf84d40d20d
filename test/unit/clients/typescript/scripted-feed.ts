import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { eventually } from '../../../support/eventually.ts';

interface Request {
  readonly id: number;
  readonly method: string;
  readonly params: Record<string, unknown>;
}

/** A client's connection to a scripted feed. */
export class ScriptedConnection {
  readonly path: string;
  readonly requests: Request[] = [];
  readonly socket: WebSocket;
  isClosed = false;
  #taken = 0;

  constructor(socket: WebSocket, path: string) {
    this.socket = socket;
    this.path = path;
    socket.on('message', data => this.requests.push(JSON.parse(String(data)) as Request));
    socket.on('close', () => {
      this.isClosed = true;
    });
    socket.on('error', () => {});
  }

  /** The next request of the client. */
  async request(): Promise<Request> {
    await eventually(() => this.requests.length > this.#taken, 'a request');
    return this.requests[this.#taken++]!;
  }

  /** Takes the subscription that comes next, and returns its parameters. */
  async accept(cursor: string): Promise<Record<string, unknown>> {
    const { id, method, params } = await this.request();
    if (method !== 'feed_subscribe') throw new Error(`not a subscription: ${method}`);
    this.answer(id, { subscription: 's1', cursor, topics: params.topics });
    return params;
  }

  answer(id: unknown, result: unknown): void {
    this.send({ jsonrpc: '2.0', id, result });
  }

  refuse(id: unknown, error: { code: number; message: string; data?: unknown }): void {
    this.send({ jsonrpc: '2.0', id, error });
  }

  /** Sends the events of these offsets. */
  events(from: number, to: number, topic = 'devnet.heads', data: unknown = {}): void {
    for (let offset = from; offset <= to; offset++)
      this.notify('feed_event', { cursor: `e:${offset}`, topic, time: 1_789_000_000_000, data });
  }

  notify(method: string, params: Record<string, unknown>): void {
    this.send({ jsonrpc: '2.0', method, params: { subscription: 's1', ...params } });
  }

  send(message: unknown): void {
    this.socket.send(JSON.stringify(message));
  }

  closed(): Promise<boolean> {
    return eventually(() => this.isClosed, 'the connection to be closed');
  }
}

/** A WebSocket server whose every word the test says. */
export class ScriptedFeed {
  readonly connections: ScriptedConnection[] = [];
  readonly #server: WebSocketServer;
  #taken = 0;

  private constructor(server: WebSocketServer) {
    this.#server = server;
    server.on('connection', (socket, request) =>
      this.connections.push(new ScriptedConnection(socket, request.url ?? '')),
    );
  }

  static async start(t: { after(fn: () => void): void }, port = 0): Promise<ScriptedFeed> {
    const server = new WebSocketServer({ host: '127.0.0.1', port });
    await new Promise(resolve => server.once('listening', resolve));
    const feed = new ScriptedFeed(server);
    t.after(() => feed.stop());
    return feed;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}/feed`;
  }

  /** The next connection that a client makes, to `path` when it is named. */
  async connection(): Promise<ScriptedConnection> {
    await eventually(() => this.connections.length > this.#taken, 'a connection');
    return this.connections[this.#taken++]!;
  }

  stop(): void {
    for (const { socket } of this.connections) socket.terminate();
    this.#server.close();
  }
}
