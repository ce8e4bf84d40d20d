import type { AddressInfo } from 'node:net';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { joinSockets } from '../../test/support/join-sockets.ts';
import { now } from './now.ts';
import { readMethod } from './read-call.ts';

const maxArrivals = 100_000;

/**
 * Passes bytes on to a provider and notes when a read comes by. It sees what a stopped process cannot: as the kernel
 * does for such a process, it goes on accepting connections and bytes.
 */
export class ArrivalTap {
  readonly #arrivals: number[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;

  constructor(providerPort: number) {
    this.#server = createServer(client => {
      const provider = connect({ port: providerPort, host: '127.0.0.1', noDelay: true });
      client.setNoDelay(true);
      client.on('data', chunk => this.#look(chunk as Buffer));
      joinSockets(client, provider, this.#sockets);
    });
  }

  async start(): Promise<number> {
    await new Promise<void>(resolve => this.#server.listen(0, '127.0.0.1', resolve));
    return (this.#server.address() as AddressInfo).port;
  }

  /** Reads that came by since `since`, and when the last one did; both `now()` milliseconds. */
  report(since: number): { readonly reads: number; readonly lastReadAt: number | undefined } {
    const later = this.#arrivals.filter(at => at > since);
    return { reads: later.length, lastReadAt: later.at(-1) };
  }

  stop(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #look(chunk: Buffer): void {
    if (this.#arrivals.length < maxArrivals && chunk.includes(readMethod)) this.#arrivals.push(now());
  }
}
