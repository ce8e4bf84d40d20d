import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { resetSocket } from '../../src/devnet/reset-socket.ts';
import { joinSockets } from './join-sockets.ts';

/** A TCP proxy on loopback whose connections can be cut or fall silent, as those of a network do. */
export class CuttableProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Connections that were accepted so far. */
  accepted = 0;

  private constructor(target: () => number) {
    this.#server = createServer(client => {
      this.accepted++;
      const upstream = connect(target(), '127.0.0.1');
      joinSockets(client, upstream, this.#sockets);
    });
  }

  /** @param target the port to connect to, asked for each connection */
  static async start(t: { after(fn: () => void): void }, target: () => number): Promise<CuttableProxy> {
    const proxy = new CuttableProxy(target);
    await new Promise<void>(resolve => proxy.#server.listen(0, '127.0.0.1', resolve));
    t.after(() => {
      proxy.#server.close();
      proxy.cut();
    });
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Resets every connection that is open now; returns how many clients had one. */
  cut(): number {
    const sockets = [...this.#sockets];
    for (const socket of sockets) resetSocket(socket);
    return sockets.length / 2;
  }

  /** Leaves every connection that is open now half-open: no byte passes any more, and neither side is told. */
  freeze(): void {
    for (const socket of this.#sockets) {
      socket.unpipe();
      socket.pause();
    }
  }
}
