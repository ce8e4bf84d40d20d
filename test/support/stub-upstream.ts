import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import { findFreePort } from '../../src/devnet/free-port.ts';
import type { Cleanup } from './devnet.ts';

/** A call that arrived at a stub. */
export interface StubCall {
  readonly transport: 'http' | 'ws';
  readonly method: string;
  readonly params: readonly unknown[];
  /** Undefined: a notification. */
  readonly id: unknown;
  /** The whole body or message that held it. */
  readonly raw: string;
}

/** An answer: a value, or what a function makes of the call; it throws `StubRpcError` for an error. */
export type StubAnswer =
  | string
  | number
  | boolean
  | null
  | object
  | ((params: readonly unknown[], call: StubCall) => unknown);

/** Writes to the socket what it likes, instead of an HTTP answer. */
export type RawAnswer = (socket: Socket, call: StubCall) => void;

/** Becomes a JSON-RPC error. */
export class StubRpcError extends Error {
  readonly code: number;
  readonly data: unknown;

  constructor(code: number, message: string, data?: unknown) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

export interface StubOptions {
  /** @default 31337 */
  readonly chainId?: number;
  /** Number of the newest block. @default 100 */
  readonly head?: number;
}

type SubscriptionKind = 'newHeads' | 'logs' | 'newPendingTransactions' | (string & {});

/**
 * A JSON-RPC node in this process, HTTP and WebSocket on one port, whose answers the test scripts.
 *
 * It knows `eth_chainId`, `net_version`, `eth_blockNumber`, `eth_getBlockByNumber`, `eth_syncing`, `web3_clientVersion`
 * and subscriptions from the start; all of them may be replaced with `on`.
 */
export class StubUpstream {
  readonly chainId: number;
  /** Number of the newest block; `mine` moves it. */
  head: number;
  /** Every call, in the order of arrival. */
  readonly requests: StubCall[] = [];
  readonly #answers = new Map<string, StubAnswer>();
  readonly #raw = new Map<string, RawAnswer>();
  readonly #subscriptions = new Map<
    string,
    { readonly socket: WebSocket; readonly kind: string; readonly params: readonly unknown[] }
  >();
  readonly #http: Server;
  readonly #ws = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  #nextSubscription = 1;
  #port = 0;

  constructor(options: StubOptions = {}) {
    this.chainId = options.chainId ?? 31_337;
    this.head = options.head ?? 100;
    this.#http = createServer((request, response) => void this.#serveHttp(request, response));
    this.#http.on('upgrade', (request, socket, head) => {
      this.#ws.handleUpgrade(request, socket, head, client => this.#serveWebSocket(client));
    });
    this.on('eth_chainId', () => hex(this.chainId));
    this.on('net_version', () => String(this.chainId));
    this.on('eth_blockNumber', () => hex(this.head));
    this.on('eth_syncing', false);
    this.on('web3_clientVersion', 'stub/1.0.0');
    this.on('eth_getBlockByNumber', ([tag]) => {
      const number = typeof tag === 'string' && tag.startsWith('0x') ? Number(tag) : this.head;
      return number > this.head ? null : stubBlock(number);
    });
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/`;
  }

  get wsUrl(): string {
    return `ws://127.0.0.1:${this.#port}/`;
  }

  /** Subscriptions that clients hold at the moment. */
  get subscriptions(): number {
    return this.#subscriptions.size;
  }

  /** What the subscriptions at the moment were made with, such as `['logs', {…}]`. */
  get subscribed(): readonly (readonly unknown[])[] {
    return [...this.#subscriptions.values()].map(({ params }) => params);
  }

  /** Listens on `port`, by default a free one that stays free for another `start` with it. */
  async start(port?: number): Promise<void> {
    this.#port = port ?? (await findFreePort('127.0.0.1'));
    await new Promise<void>((resolve, reject) => {
      this.#http.once('error', reject);
      this.#http.listen(this.#port, '127.0.0.1', resolve);
    });
  }

  async stop(): Promise<void> {
    this.dropWebSockets();
    this.#http.closeAllConnections();
    await new Promise<void>(resolve => this.#http.close(() => resolve()));
  }

  /** Scripts the answers to a method. */
  on(method: string, answer: StubAnswer): this {
    this.#raw.delete(method);
    this.#answers.set(method, answer);
    return this;
  }

  /** Hands the HTTP connection of each call of a method to the test. */
  raw(method: string, answer: RawAnswer): this {
    this.#raw.set(method, answer);
    return this;
  }

  /** How often a method has been called. */
  count(method: string): number {
    return this.requests.filter(call => call.method === method).length;
  }

  /** Adds blocks, and sends their heads to those subscribed. */
  mine(blocks = 1): void {
    for (let i = 0; i < blocks; i++) this.notify('newHeads', stubBlock(++this.head));
  }

  /** Sends an event to every subscription of a kind; returns how many got it. */
  notify(kind: SubscriptionKind, result: unknown): number {
    let receivers = 0;
    for (const [subscription, { socket, kind: subscribed }] of this.#subscriptions) {
      if (subscribed !== kind || socket.readyState !== WebSocket.OPEN) continue;
      socket.send(
        JSON.stringify({ jsonrpc: '2.0', method: 'eth_subscription', params: { subscription, result } }),
      );
      receivers++;
    }
    return receivers;
  }

  /** Cuts the open WebSockets. */
  dropWebSockets(): void {
    for (const client of this.#ws.clients) client.terminate();
    this.#subscriptions.clear();
  }

  async #serveHttp(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const raw = Buffer.concat(chunks).toString();
    const calls = this.#read(raw, 'http');
    if (calls === undefined) {
      response.writeHead(400).end('not JSON-RPC');
      return;
    }
    const scripted = calls.calls.find(call => this.#raw.has(call.method));
    if (scripted !== undefined) {
      this.#raw.get(scripted.method)?.(request.socket, scripted);
      return;
    }
    const answers = await Promise.all(calls.calls.map(call => this.#answer(call)));
    const said = answers.filter(answer => answer !== undefined);
    const body = said.length === 0 ? '' : calls.isBatch ? `[${said.join(',')}]` : String(said[0]);
    response
      .writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
      .end(body);
  }

  #serveWebSocket(client: WebSocket): void {
    client.on('error', () => {});
    client.on('close', () => {
      for (const [id, { socket }] of this.#subscriptions)
        if (socket === client) this.#subscriptions.delete(id);
    });
    client.on('message', async data => {
      const calls = this.#read(String(data), 'ws');
      if (calls === undefined) return;
      const answers = await Promise.all(calls.calls.map(call => this.#answer(call, client)));
      const said = answers.filter(answer => answer !== undefined);
      if (said.length > 0) client.send(calls.isBatch ? `[${said.join(',')}]` : String(said[0]));
    });
  }

  #read(raw: string, transport: 'http' | 'ws'): { isBatch: boolean; calls: StubCall[] } | undefined {
    try {
      const value = JSON.parse(raw) as Record<string, unknown> | Record<string, unknown>[];
      const items = Array.isArray(value) ? value : [value];
      const calls = items.map(({ method, params, id }) => ({
        transport,
        method: String(method),
        params: Array.isArray(params) ? params : [],
        id,
        raw,
      }));
      this.requests.push(...calls);
      return { isBatch: Array.isArray(value), calls };
    } catch {
      return undefined;
    }
  }

  async #answer(call: StubCall, client?: WebSocket): Promise<string | undefined> {
    let outcome: Record<string, unknown>;
    try {
      outcome = { result: (await this.#result(call, client)) ?? null };
    } catch (error) {
      const { code = -32603, message, data } = error as StubRpcError;
      outcome = { error: { code, message, ...(data === undefined ? {} : { data }) } };
    }
    return call.id === undefined ? undefined : JSON.stringify({ jsonrpc: '2.0', id: call.id, ...outcome });
  }

  async #result(call: StubCall, client: WebSocket | undefined): Promise<unknown> {
    const { method, params } = call;
    if (this.#answers.has(method)) {
      const answer = this.#answers.get(method);
      return typeof answer === 'function' ? await answer(params, call) : answer;
    }
    if (client !== undefined && method === 'eth_subscribe') {
      const id = hex(this.#nextSubscription++);
      this.#subscriptions.set(id, { socket: client, kind: String(params[0]), params });
      return id;
    }
    if (client !== undefined && method === 'eth_unsubscribe')
      return this.#subscriptions.delete(String(params[0]));
    throw new StubRpcError(-32601, `the method ${method} does not exist/is not available`);
  }
}

/** Starts a stub, stopped after the test. */
export async function startStubUpstream(cleanup: Cleanup, options: StubOptions = {}): Promise<StubUpstream> {
  const stub = new StubUpstream(options);
  cleanup.after(() => stub.stop());
  await stub.start();
  return stub;
}

/** A block of the stub's chain; the same number always gives the same hash. */
export function stubBlock(number: number): Record<string, unknown> {
  return {
    number: hex(number),
    hash: stubHash(number),
    parentHash: stubHash(number - 1),
    timestamp: hex(1_700_000_000 + number),
    logsBloom: '0x',
    transactions: [],
  };
}

function stubHash(number: number): string {
  return `0x${number.toString(16).padStart(64, '0')}`;
}

function hex(number: number): string {
  return `0x${number.toString(16)}`;
}
