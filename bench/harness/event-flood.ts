import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { FrameReader, opcode, serverFrame } from '../../src/devnet/web-socket-frame.ts';
import { SimulatedChain } from './simulated-chain.ts';
import type { BenchProvider } from './trunkline.ts';

interface Call {
  readonly id: number | string;
  readonly method: string;
  readonly params?: readonly unknown[];
}

/** What a provider knows of one connection to it. */
interface Subscriber {
  readonly kinds: Set<string>;
  /** Batches written whose ping was not answered yet. */
  unread: number;
}

const batchEnd = serverFrame(opcode.ping, Buffer.from('batch'));

/**
 * Simulated providers for event streams: each answers calls over WebSocket, and writes the events it is given to all
 * of its subscriptions, many frames in one write, so that sending costs next to nothing beside receiving. A ping after
 * each batch tells by its pong that the batch was read: without it one socket may fall thousands of events behind.
 */
export class EventFlood {
  readonly #servers: Server[] = [];
  readonly #subscribers: Map<Socket, Subscriber>[] = [];
  /** What calls are answered from. */
  readonly chain = new SimulatedChain();
  /** Called when a batch was read. */
  onRead: () => void = () => {};

  /** Starts `count` of them and returns their ports. */
  async start(count: number): Promise<number[]> {
    for (let index = 0; index < count; index++) {
      const subscribers = new Map<Socket, Subscriber>();
      const server = createServer((request, response) => {
        collect(request, body => {
          const answer = request.method === 'POST' ? reply(JSON.parse(body) as Call, this.chain) : '';
          response.writeHead(answer === '' ? 405 : 200, { 'content-type': 'application/json' }).end(answer);
        });
      });
      server.on('upgrade', (request, socket: Duplex) => {
        const accept = createHash('sha1').update(
          `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`,
        );
        socket.write(
          `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept.digest('base64')}\r\n\r\n`,
        );
        this.#serve(socket as Socket, subscribers);
      });
      await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
      this.#servers.push(server);
      this.#subscribers.push(subscribers);
    }
    return this.#servers.map(server => (server.address() as AddressInfo).port);
  }

  /** How many subscriptions of `kind` there are over all providers. */
  subscriptions(kind: string): number {
    return this.#subscribers.reduce(
      (sum, sockets) => sum + [...sockets.values()].filter(({ kinds }) => kinds.has(kind)).length,
      0,
    );
  }

  /** Batches that the slowest connection has not read yet. */
  get unread(): number {
    let most = 0;
    for (const subscribers of this.#subscribers)
      for (const { unread } of subscribers.values()) most = Math.max(most, unread);
    return most;
  }

  /** Sends a batch of frames, made with `eventFrame`, to the subscriptions of `kind` at every provider. */
  send(kind: string, frames: string): void {
    const batch = Buffer.concat([Buffer.from(frames, 'latin1'), batchEnd]);
    for (const subscribers of this.#subscribers) {
      for (const [socket, subscriber] of subscribers) {
        if (!subscriber.kinds.has(kind)) continue;
        subscriber.unread++;
        socket.write(batch);
      }
    }
  }

  stop(): void {
    for (const server of this.#servers) {
      server.close();
      server.closeAllConnections();
    }
    for (const subscribers of this.#subscribers) for (const socket of subscribers.keys()) socket.destroy();
  }

  #serve(socket: Socket, subscribers: Map<Socket, Subscriber>): void {
    const reader = new FrameReader();
    const kinds = new Set<string>();
    const subscriber: Subscriber = { kinds, unread: 0 };
    subscribers.set(socket, subscriber);
    socket.setNoDelay(true);
    socket.on('error', () => {});
    socket.on('close', () => subscribers.delete(socket));
    socket.on('data', chunk => {
      for (const { opcode: code, payload } of reader.push(chunk as Buffer)) {
        if (code === opcode.ping) socket.write(serverFrame(opcode.pong, payload));
        else if (code === opcode.pong) {
          subscriber.unread--;
          this.onRead();
        } else if (code === opcode.close) socket.end(serverFrame(opcode.close, payload));
        else if (code === opcode.text) {
          const call = JSON.parse(payload.toString()) as Call;
          socket.write(serverFrame(opcode.text, Buffer.from(reply(call, this.chain))));
          if (call.method === 'eth_subscribe') kinds.add(kindOf(call.params));
          if (call.method === 'eth_unsubscribe')
            for (const kind of kinds) if (subscriptionId(kind) === call.params?.[0]) kinds.delete(kind);
        }
      }
    });
  }
}

/** Simulated providers as the section `providers` of a chain has them. */
export function floodProviders(ports: readonly number[]): BenchProvider[] {
  return ports.map((port, index) => ({
    id: `p${index + 1}`,
    url: `http://127.0.0.1:${port}/`,
    ws_url: `ws://127.0.0.1:${port}/`,
  }));
}

/** The id that a provider gives to a subscription of `kind`; one for all, since a connection holds one of a kind here. */
function subscriptionId(kind: string): string {
  return `0x${'0'.repeat(32)}${kind.length.toString(16).padStart(2, '0')}`;
}

/** Events as a node sends them, each in a WebSocket frame; latin1 text, so that a batch becomes bytes in one go. */
export function eventFrame(kind: string, result: string): string {
  const text = `{"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"${subscriptionId(kind)}","result":${result}}}`;
  if (text.length < 126 || text.length > 65_535)
    throw new Error('only frames with a length of two bytes are made here');
  return String.fromCharCode(0x81, 126, text.length >> 8, text.length & 0xff) + text;
}

function kindOf(params: readonly unknown[] | undefined): string {
  return String(params?.[0]);
}

function reply({ id, method, params }: Call, chain: SimulatedChain): string {
  const result = (): string => {
    if (method === 'eth_subscribe') return JSON.stringify(subscriptionId(kindOf(params)));
    return method === 'eth_unsubscribe' ? 'true' : chain.answer(method, params);
  };
  return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${result()}}`;
}

function collect(request: NodeJS.ReadableStream, done: (body: string) => void): void {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => done(Buffer.concat(chunks).toString()));
}
