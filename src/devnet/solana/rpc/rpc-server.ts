import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import type { Log } from '../../../telemetry/log.ts';
import type { Bank } from '../bank/bank.ts';
import { BankView } from './bank-view.ts';
import { answer } from './dispatch.ts';
import { SlotFeed } from './slot-feed.ts';
import { SocketSession } from './socket-session.ts';

const host = '127.0.0.1';
const maxBodyBytes = 1024 * 1024;
const maxConnections = 10_000;
/** Views that may lag; there is one for each simulated provider. */
const maxViews = 1_000;

/** Slots that the view under a path lags. */
export interface ViewLag {
  readonly http: number;
  readonly ws: number;
}

interface View {
  lag: ViewLag;
  readonly http: BankView;
  readonly ws: BankView;
  readonly feed: SlotFeed;
}

/**
 * The JSON-RPC of a bank, over HTTP and WebSocket on one port. Any path is served; each has its own view of the bank,
 * which may be made to lag.
 */
export class RpcServer {
  readonly #bank: Bank;
  readonly #log: Log;
  readonly #views = new Map<string, View>();
  readonly #server = createServer((request, response) => this.#onRequest(request, response));
  readonly #sockets = new WebSocketServer({ noServer: true, maxPayload: maxBodyBytes });

  constructor(bank: Bank, deps: { readonly log: Log }) {
    this.#bank = bank;
    this.#log = deps.log;
    this.#server.maxConnections = maxConnections;
    // A connection that ended just as a request came would look like a failing provider.
    this.#server.keepAliveTimeout = 0;
    this.#server.on('upgrade', (request, socket, head) => {
      socket.on('error', () => {});
      this.#sockets.handleUpgrade(request, socket, head, client => {
        const view = this.#viewOf(request.url);
        new SocketSession(client, view.ws, view.feed, this.#log);
      });
    });
  }

  /**
   * Listens on a loopback port, 0 for a free one, and returns it.
   *
   * @throws Error when the port is taken
   */
  start(port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host, port, backlog: 1_024, exclusive: true }, () => {
        this.#server.off('error', reject);
        resolve((this.#server.address() as AddressInfo).port);
      });
    });
  }

  async stop(): Promise<void> {
    for (const { feed } of this.#views.values()) feed.close();
    for (const client of this.#sockets.clients) client.terminate();
    const closed = new Promise<void>(resolve => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  /** Makes the view under `/<name>` lag, or no longer lag. */
  setLag(name: string, lag: ViewLag): void {
    this.#viewOf(`/${name}`).lag = lag;
  }

  #viewOf(url = '/'): View {
    const name = url.split('?', 1)[0] as string;
    const known = this.#views.get(name);
    if (known !== undefined) return known;
    const found: { view?: View } = {};
    const http = new BankView(this.#bank, () => found.view?.lag.http ?? 0);
    const ws = new BankView(this.#bank, () => found.view?.lag.ws ?? 0);
    const view: View = { lag: { http: 0, ws: 0 }, http, ws, feed: new SlotFeed(ws) };
    found.view = view;
    // Paths that nobody has named share nothing and cost nothing once their connections are gone.
    if (this.#views.size < maxViews) this.#views.set(name, view);
    return view;
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    if (request.method !== 'POST') {
      const isHealth = request.method === 'GET' && request.url?.endsWith('/health') === true;
      send(
        response,
        isHealth ? 200 : 405,
        isHealth ? 'ok' : 'Used HTTP Method is not allowed. POST is required',
        'text/plain',
      );
      return;
    }
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on('error', () => {});
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= maxBodyBytes) chunks.push(chunk);
      else if (!response.headersSent) {
        send(response, 413, 'Request body is too large', 'text/plain');
        request.destroy();
      }
    });
    request.on('end', () => {
      if (response.headersSent) return;
      const { http } = this.#viewOf(request.url);
      const answered = answer(Buffer.concat(chunks).toString(), { view: http }, this.#log);
      send(response, 200, answered ?? '', 'application/json');
    });
  }
}

function send(response: ServerResponse, status: number, body: string, type: string): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}
