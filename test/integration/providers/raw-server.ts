import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { Cleanup } from '../../support/devnet.ts';

/** A TCP server whose bytes the test writes. */
export interface RawServer {
  readonly url: string;
  /** Connections accepted so far. */
  readonly connections: number;
  /** Connections that are open. */
  readonly open: number;
  /** Whole requests received so far. */
  readonly requests: number;
  stop(): Promise<void>;
}

/** Starts a server that hands each whole POST (the number of it, from 1) and its socket to `onRequest`. */
export async function startRawServer(
  cleanup: Cleanup,
  onRequest: (socket: Socket, request: string, number: number) => void,
): Promise<RawServer> {
  const sockets = new Set<Socket>();
  let connections = 0;
  let requests = 0;
  const server: Server = createServer(socket => {
    connections++;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    let received = '';
    socket.on('data', chunk => {
      received += chunk.toString('latin1');
      for (;;) {
        const headEnd = received.indexOf('\r\n\r\n');
        if (headEnd < 0) return;
        const length = Number(/content-length: (\d+)/i.exec(received.slice(0, headEnd))?.[1] ?? 0);
        const end = headEnd + 4 + length;
        if (received.length < end) return;
        const request = received.slice(0, end);
        received = received.slice(end);
        onRequest(socket, request, ++requests);
      }
    });
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const stop = () =>
    new Promise<void>(resolve => {
      for (const socket of sockets) socket.destroy();
      server.close(() => resolve());
    });
  cleanup.after(stop);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/canary-5f2a9c`,
    get connections() {
      return connections;
    },
    get open() {
      return sockets.size;
    },
    get requests() {
      return requests;
    },
    stop,
  };
}

/** A whole HTTP response. */
export function httpResponse(body: string, status = '200 OK', headers = ''): string {
  return `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\n${headers}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}
