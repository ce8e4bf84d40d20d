import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Clock } from '../../clock/clock.ts';
import { TrunklineError } from '../../errors/trunkline-error.ts';
import { devnetErrors } from '../errors.ts';
import { randomPort } from '../free-port.ts';
import { resetSocket } from '../reset-socket.ts';

const host = '127.0.0.1';
const listenAttempts = 50;
const maxConnections = 10_000;

/** What the relay asks of its owner at the moment that it matters. */
export interface TcpFaults {
  /** Whether nothing gets through in either direction, though connections stay and are accepted. */
  isFrozen(): boolean;
  /** Whether a new connection is cut with a TCP RST. */
  resetsNew(): boolean;
  /** Milliseconds that the next bytes to the client come late. */
  delayMs(): number;
}

interface Relayed {
  readonly client: Socket;
  readonly upstream: Socket;
  /** When what is under way to the client arrives, so that nothing overtakes. */
  dueAt: number;
}

/** Relays TCP connections to a port of this machine, with the faults that are those of a network. */
export class TcpRelay {
  readonly #faults: TcpFaults;
  readonly #clock: Clock;
  readonly #connections = new Set<Relayed>();
  readonly #fixedPort: number | undefined;
  #upstreamPort = 0;
  #server: Server | undefined;
  #port: number;
  #accepted = 0;
  #bytesIn = 0;
  #bytesOut = 0;

  /** @param port @default a free one, and the same after each `listen` */
  constructor(faults: TcpFaults, clock: Clock, port?: number) {
    this.#faults = faults;
    this.#clock = clock;
    this.#fixedPort = port;
    this.#port = port ?? 0;
  }

  get port(): number {
    return this.#port;
  }

  get isListening(): boolean {
    return this.#server !== undefined;
  }

  get counters() {
    return {
      connections: this.#accepted,
      openConnections: this.#connections.size,
      bytesIn: this.#bytesIn,
      bytesOut: this.#bytesOut,
    };
  }

  /** @throws TrunklineError `devnet_port_taken` */
  async listen(upstreamPort: number): Promise<void> {
    this.#upstreamPort = upstreamPort;
    const isChosen = this.#port !== 0;
    for (let attempt = 1; this.#server === undefined; attempt++) {
      if (!isChosen) this.#port = randomPort();
      await this.#listenOnce().catch((error: unknown) => {
        if (isChosen || attempt === listenAttempts) throw error;
      });
    }
  }

  /** Stops listening and cuts every connection. */
  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    const closed = new Promise<void>(resolve =>
      server === undefined ? resolve() : server.close(() => resolve()),
    );
    this.cut();
    await closed;
    if (this.#fixedPort !== undefined) this.#port = this.#fixedPort;
  }

  cut(): void {
    for (const { client } of [...this.#connections]) client.destroy();
  }

  /** Cuts connections with a TCP RST: all, or the one that comes to the upstream from this port. */
  reset(upstreamSidePort?: number): void {
    for (const { client, upstream } of [...this.#connections]) {
      if (upstreamSidePort === undefined || upstream.localPort === upstreamSidePort) resetSocket(client);
    }
  }

  /** Call it when a fault was set or healed. */
  update(): void {
    for (const relayed of this.#connections) this.#applyFreeze(relayed);
  }

  #listenOnce(): Promise<void> {
    const server = createServer({ noDelay: true }, socket => this.#accept(socket));
    server.maxConnections = maxConnections;
    return new Promise((resolve, reject) => {
      server.once('error', cause => {
        const message = `nothing can listen on ${host}:${this.#port}`;
        reject(new TrunklineError(devnetErrors, 'devnet_port_taken', message, { cause }));
      });
      server.listen({ host, port: this.#port, backlog: 1_024, exclusive: true }, () => {
        this.#server = server;
        resolve();
      });
    });
  }

  #accept(client: Socket): void {
    this.#accepted++;
    client.on('error', () => {});
    if (this.#faults.resetsNew()) {
      resetSocket(client);
      return;
    }
    const upstream = connect({ host, port: this.#upstreamPort, noDelay: true });
    const relayed: Relayed = { client, upstream, dueAt: 0 };
    this.#connections.add(relayed);
    upstream.on('error', () => {});
    client.on('data', chunk => {
      this.#bytesIn += chunk.length;
      if (!upstream.write(chunk)) client.pause();
    });
    upstream.on('data', (chunk: Buffer) => this.#toClient(relayed, chunk));
    upstream.on('drain', () => this.#applyFreeze(relayed));
    client.on('drain', () => this.#applyFreeze(relayed));
    client.on('close', () => {
      this.#connections.delete(relayed);
      upstream.destroy();
    });
    upstream.on('close', () => client.destroySoon());
    this.#applyFreeze(relayed);
  }

  #toClient(relayed: Relayed, chunk: Buffer): void {
    this.#bytesOut += chunk.length;
    const { client, upstream } = relayed;
    const now = this.#clock.now();
    const delay = this.#faults.delayMs();
    if (delay === 0 && relayed.dueAt <= now) {
      if (!client.write(chunk)) upstream.pause();
      return;
    }
    // What was delayed before goes first.
    relayed.dueAt = Math.max(relayed.dueAt, now + delay);
    this.#clock.setTimeout(() => {
      if (!client.destroyed && !client.write(chunk)) upstream.pause();
    }, relayed.dueAt - now);
  }

  #applyFreeze({ client, upstream }: Relayed): void {
    if (this.#faults.isFrozen()) {
      client.pause();
      upstream.pause();
      return;
    }
    if (!upstream.writableNeedDrain) client.resume();
    if (!client.writableNeedDrain) upstream.resume();
  }
}
