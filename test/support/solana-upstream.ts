import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Cleanup } from './devnet.ts';

/** The genesis hash that a scripted node reports unless told otherwise. */
export const scriptedGenesis = 'EtWTRABZaYq6iMfeYKouRu166VU2xqa1wcaWoxPkrZBG';

interface Held {
  readonly socket: WebSocket;
  readonly method: string;
  readonly params: readonly unknown[];
}

interface Call {
  readonly id?: unknown;
  readonly method: string;
  readonly params?: readonly unknown[];
}

/** The result of a call; throws `{ code, message }` for an error. */
export type SolanaAnswer = (params: readonly unknown[]) => unknown;

/** A Solana node in this process, HTTP and WebSocket on one port, that says and notifies what the test wants. */
export class SolanaUpstream {
  /** Methods called, in order of arrival. */
  readonly called: string[] = [];
  slot = 100;
  readonly #answers = new Map<string, SolanaAnswer>();
  readonly #held = new Map<number, Held>();
  readonly #http: Server;
  readonly #ws = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  #nextId = 5_000;
  #port = 0;

  constructor() {
    this.#http = createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      response.setHeader('content-type', 'application/json');
      response.end(this.#answer(JSON.parse(body) as Call));
    });
    this.#http.on('upgrade', (request, socket, head) => {
      this.#ws.handleUpgrade(request, socket, head, client => {
        client.on('error', () => {});
        client.on('message', data => client.send(this.#answer(JSON.parse(String(data)) as Call, client)));
      });
    });
    this.on('getGenesisHash', () => scriptedGenesis);
    this.on('getHealth', () => 'ok');
    this.on('getSlot', () => this.slot);
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/`;
  }

  get wsUrl(): string {
    return `ws://127.0.0.1:${this.#port}/`;
  }

  /** What is subscribed at the moment. */
  get subscribed(): readonly (readonly unknown[])[] {
    return [...this.#held.values()].map(({ method, params }) => [method, ...params]);
  }

  on(method: string, answer: SolanaAnswer): this {
    this.#answers.set(method, answer);
    return this;
  }

  /** Makes a slot and tells of it. */
  advance(slot = this.slot + 1): void {
    this.slot = slot;
    this.notify('slot', { parent: slot - 1, root: slot - 32, slot });
  }

  /** Sends to all subscriptions of a kind, such as `logs`; returns how many there are. */
  notify(kind: string, result: unknown): number {
    return this.notifyRaw(kind, JSON.stringify(result));
  }

  notifyRaw(kind: string, result: string): number {
    let receivers = 0;
    for (const [id, { socket, method }] of [...this.#held]) {
      if (method !== `${kind}Subscribe`) continue;
      receivers++;
      socket.send(
        `{"jsonrpc":"2.0","method":"${kind}Notification","params":{"result":${result},"subscription":${id}}}`,
      );
      if (kind === 'signature' && result.includes('"err"')) this.#held.delete(id);
    }
    return receivers;
  }

  /** Cuts the WebSockets, and refuses new ones until `start`. */
  async stop(): Promise<void> {
    for (const client of this.#ws.clients) client.terminate();
    this.#held.clear();
    this.#http.closeAllConnections();
    await new Promise<void>(resolve => this.#http.close(() => resolve()));
  }

  async start(): Promise<void> {
    await new Promise<void>(resolve => this.#http.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (this.#http.address() as AddressInfo).port;
  }

  #answer({ id, method, params = [] }: Call, client?: WebSocket): string {
    this.called.push(method);
    try {
      return JSON.stringify({ jsonrpc: '2.0', id, result: this.#result(method, params, client) });
    } catch (error) {
      return JSON.stringify({ jsonrpc: '2.0', id, error });
    }
  }

  #result(method: string, params: readonly unknown[], client: WebSocket | undefined): unknown {
    const scripted = this.#answers.get(method);
    if (scripted !== undefined) return scripted(params);
    if (client !== undefined && method.endsWith('Subscribe')) {
      const id = this.#nextId++;
      this.#held.set(id, { socket: client, method, params });
      client.once('close', () => this.#held.delete(id));
      return id;
    }
    if (client !== undefined && method.endsWith('Unsubscribe')) {
      if (this.#held.delete(Number(params[0]))) return true;
      throw { code: -32602, message: 'Invalid subscription id.' };
    }
    throw { code: -32601, message: 'Method not found' };
  }
}

/** Starts one, stopped after the test. */
export async function startSolanaUpstream(cleanup: Cleanup): Promise<SolanaUpstream> {
  const upstream = new SolanaUpstream();
  await upstream.start();
  cleanup.after(() => upstream.stop());
  return upstream;
}
