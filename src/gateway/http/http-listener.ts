import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createNetServer, Server as NetServer } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock } from '../../clock/clock.ts';
import { TrunklineError } from '../../errors/trunkline-error.ts';
import type { MetricRegistry } from '../../telemetry/metrics.ts';
import { gatewayErrors } from '../errors.ts';
import { gatewayMetrics } from '../metrics.ts';

export interface HttpListenerOptions {
  /** `server.host` */
  readonly host: string;
  /** `server.port`; 0 takes a free one. */
  readonly port: number;
  /** `server.ws_port`: a second port that serves the same; undefined: none. */
  readonly secondPort?: number | undefined;
  /** `server.max_connections`, at most what the file descriptors allow: more are closed at once. */
  readonly maxConnections: number;
  /** `server.headers_timeout`, milliseconds. Slow headers end with 408. */
  readonly headersTimeoutMs: number;
  /** `server.request_body_timeout`, milliseconds from the request's first byte. A slow body ends with 408. */
  readonly bodyTimeoutMs: number;
  /** `server.keep_alive_timeout`, milliseconds. */
  readonly keepAliveTimeoutMs: number;
}

export interface HttpHandlers {
  onRequest(request: IncomingMessage, response: ServerResponse): void;
  onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

/** How long an idle connection may still send its request while the listener drains, before it is closed. */
const idleGraceMs = 1_000;
const drainSweepMs = 50;

/** The listening socket, or two that serve the same, with limits against clients that hold connections without using them. */
export class HttpListener {
  readonly #server: Server;
  readonly #second: NetServer | undefined;
  readonly #options: HttpListenerOptions;
  readonly #clock: Clock;

  constructor(
    options: HttpListenerOptions,
    handlers: HttpHandlers,
    { clock, metrics }: { readonly clock: Clock; readonly metrics: MetricRegistry },
  ) {
    this.#options = options;
    this.#clock = clock;
    this.#server = createServer(
      {
        headersTimeout: options.headersTimeoutMs,
        requestTimeout: options.headersTimeoutMs + options.bodyTimeoutMs,
        keepAliveTimeout: options.keepAliveTimeoutMs,
        connectionsCheckingInterval: 1_000,
        maxHeaderSize: 16_384,
        noDelay: true,
        insecureHTTPParser: false,
        // A client that offers HTTP/2 (`Upgrade: h2c`) is answered as if it had not, as RFC 9110, 7.8 wants.
        shouldUpgradeCallback: request => request.headers.upgrade?.toLowerCase() === 'websocket',
      },
      handlers.onRequest,
    );
    this.#server.on('upgrade', handlers.onUpgrade);
    const refused = metrics.counter(gatewayMetrics.connectionsRefused);
    this.#second =
      options.secondPort === undefined
        ? undefined
        : createNetServer({ noDelay: true }, socket => this.#server.emit('connection', socket));
    for (const server of this.#servers) {
      server.maxConnections = options.maxConnections;
      server.on('drop', () => refused.inc());
    }
    let open = 0;
    this.#server.on('connection', socket => {
      open++;
      socket.once('close', () => open--);
    });
    metrics.gauge(gatewayMetrics.connections, { transport: 'tcp' }, () => open);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo | null)?.port ?? this.#options.port;
  }

  /** @throws TrunklineError `port_in_use` when another process has the port */
  async listen(): Promise<void> {
    const { port, secondPort = 0 } = this.#options;
    await this.#listen(this.#server, port, 'choose another port with --port');
    if (this.#second === undefined) return;
    try {
      await this.#listen(this.#second, secondPort, 'choose another `server.ws_port`, or leave it out');
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /**
   * Stops accepting, lets what runs finish, closes connections as they fall idle; at `deadlineMs` the rest is cut.
   * An idle connection is kept for a second, since its next request may be on the wire already.
   */
  async drain(deadlineMs: number): Promise<void> {
    const startedAt = this.#clock.now();
    const sweep = this.#clock.setInterval(() => {
      const elapsed = this.#clock.now() - startedAt;
      if (elapsed >= deadlineMs) this.#server.closeAllConnections();
      else if (elapsed >= idleGraceMs) this.#server.closeIdleConnections();
    }, drainSweepMs);
    // http.Server.close() would close idle connections at once; net.Server.close() only stops accepting.
    await Promise.all(
      this.#servers.map(
        server => new Promise<void>(resolve => NetServer.prototype.close.call(server, () => resolve())),
      ),
    );
    this.#clock.clearInterval(sweep);
  }

  /** Frees the port and cuts every connection but those that were upgraded. */
  close(): void {
    for (const server of this.#servers) server.close();
    this.#server.closeAllConnections();
  }

  get #servers(): readonly NetServer[] {
    return this.#second === undefined ? [this.#server] : [this.#server, this.#second];
  }

  #listen(server: NetServer, port: number, hint: string): Promise<void> {
    const { host } = this.#options;
    return new Promise((resolve, reject) => {
      const onError = (error: NodeJS.ErrnoException) => {
        reject(
          error.code === 'EADDRINUSE'
            ? new TrunklineError(gatewayErrors, 'port_in_use', `${host}:${port} is in use; ${hint}`, {
                cause: error,
              })
            : error,
        );
      };
      server.once('error', onError);
      server.listen(port, host, 4_096, () => {
        server.off('error', onError);
        // Errors of accept (file descriptors used up) are the connection's, not the listener's.
        server.on('error', () => {});
        resolve();
      });
    });
  }
}
