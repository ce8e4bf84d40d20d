import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { WebSocket } from 'ws';
import type { Cleanup } from '../../support/devnet.ts';
import { eventually } from '../../support/eventually.ts';

/** An HTTP answer as it came. */
export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly json: Record<string, unknown>;
}

/** A JSON-RPC call as a body. */
export function rpcBody(method: string, params: readonly unknown[] = [], id: unknown = 1): string {
  return JSON.stringify({ jsonrpc: '2.0', id, method, params });
}

/** An HTTP client that keeps one connection open, as Trunkline's does. */
export function httpClient(cleanup: Cleanup, url: string) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  cleanup.after(() => agent.destroy());
  const post = (body: string, signal?: AbortSignal): Promise<Reply> =>
    new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
      const call = request(
        url,
        { method: 'POST', agent, headers, ...(signal === undefined ? {} : { signal }) },
        response => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () => {
            const text = Buffer.concat(chunks).toString();
            resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json: parse(text) });
          });
        },
      );
      call.on('error', reject);
      call.end(body);
    });
  const call = async (method: string, params: readonly unknown[] = [], signal?: AbortSignal) =>
    (await post(rpcBody(method, params), signal)).json;
  return { post, call };
}

/** A WebSocket client that collects what it gets. */
export async function wsClient(cleanup: Cleanup, url: string) {
  const socket = new WebSocket(url, { perMessageDeflate: true });
  const messages: string[] = [];
  let closedWith: number | undefined;
  cleanup.after(() => socket.terminate());
  socket.on('message', data => messages.push(String(data)));
  socket.on('close', code => {
    closedWith = code;
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  socket.on('error', () => {});
  let nextId = 1;
  return {
    socket,
    messages,
    get closedWith() {
      return closedWith;
    },
    /** Sends a call and returns the answer that has its id. */
    async call(method: string, params: readonly unknown[] = []): Promise<Record<string, unknown>> {
      const id = nextId++;
      socket.send(rpcBody(method, params, id));
      const answer = await eventually(
        () => messages.find(text => parse(text).id === id) ?? closedWith,
        `an answer to ${method}`,
        3_000,
      );
      if (typeof answer !== 'string')
        throw new Error(`closed with ${closedWith} before an answer to ${method}`);
      return parse(answer);
    },
    /** The results of the events so far. */
    events(): Record<string, unknown>[] {
      return messages
        .map(text => parse(text).params as { result: Record<string, unknown> } | undefined)
        .filter(params => params !== undefined)
        .map(params => params.result);
    },
  };
}

/** A bare TCP connection that collects what it gets. */
export function tcpClient(cleanup: Cleanup, port: number) {
  const socket: Socket = connect({ port, host: '127.0.0.1' });
  const state = { text: '', error: undefined as string | undefined, isClosed: false };
  cleanup.after(() => void socket.destroy());
  socket.on('data', chunk => {
    state.text += chunk.toString('latin1');
  });
  socket.on('error', (error: NodeJS.ErrnoException) => {
    state.error = error.code;
  });
  socket.on('close', () => {
    state.isClosed = true;
  });
  return { socket, state };
}

/** The HTTP text of a call. */
export function httpText(url: string, body: string): string {
  const path = new URL(url).pathname;
  return `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

/** Whether nothing settles the promise within `ms`; the only way to see that there is no answer. */
export async function isSilent(promise: Promise<unknown>, ms = 150): Promise<boolean> {
  const silent = Symbol('silent');
  const first = await Promise.race([
    promise.catch(() => undefined),
    new Promise(resolve => setTimeout(() => resolve(silent), ms)),
  ]);
  return first === silent;
}

function parse(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}
