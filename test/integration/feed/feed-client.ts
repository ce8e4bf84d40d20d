import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { WebSocket } from 'ws';
import { eventually } from '../../support/eventually.ts';

/** A message of `/feed`, as JSON. */
export interface FeedMessage {
  readonly id?: unknown;
  readonly method?: string;
  readonly result?: { subscription: string; cursor: string; latest: string; topics: string[] } & Record<
    string,
    unknown
  >;
  readonly error?: { code: number; message: string; data: Record<string, unknown> & { code: string } };
  readonly params: {
    subscription: string;
    cursor: string;
    topic?: string;
    time?: number;
    chain?: string;
    data: Record<string, unknown> & { n?: number };
    subscriptions?: Record<string, string>;
    reason?: string;
  };
}

/** A real WebSocket client of `/feed`. */
export class FeedClient {
  readonly socket: WebSocket;
  readonly messages: FeedMessage[] = [];
  closed: { code: number; reason: string } | undefined;
  #nextId = 1;

  constructor(url: string) {
    this.socket = new WebSocket(`${url}/feed`);
    this.socket.on('message', data => this.messages.push(JSON.parse(String(data))));
    this.socket.on('close', (code, reason) => {
      this.closed = { code, reason: String(reason) };
    });
    this.socket.on('error', () => {});
  }

  static async open(t: TestContext, url: string): Promise<FeedClient> {
    const client = new FeedClient(url);
    t.after(() => client.socket.terminate());
    await once(client.socket, 'open');
    return client;
  }

  /** The notifications so far. */
  get events(): FeedMessage[] {
    return this.messages.filter(message => message.method !== undefined);
  }

  /** The `n` of the heads so far. */
  get numbers(): (number | undefined)[] {
    return this.events.filter(({ method }) => method !== 'feed_closing').map(({ params }) => params.data.n);
  }

  async call(method: string, params?: unknown): Promise<FeedMessage> {
    const id = this.#nextId++;
    this.socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
    const find = () => this.messages.find(message => message.id === id);
    await eventually(find, `an answer to ${method}`);
    return find()!;
  }

  subscribe(params: Record<string, unknown>): Promise<FeedMessage> {
    return this.call('feed_subscribe', params);
  }

  async end(): Promise<{ code: number; reason: string }> {
    await eventually(() => this.closed !== undefined, 'closed');
    return this.closed!;
  }
}
