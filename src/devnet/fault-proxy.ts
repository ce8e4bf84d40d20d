import { createServer, type Server, type Socket } from 'node:net';
import type { Clock } from '../clock/clock.ts';
import { TrunklineError } from '../errors/trunkline-error.ts';
import type { Log } from '../telemetry/log.ts';
import { devnetErrors } from './errors.ts';
import { evmDialect } from './evm-dialect.ts';
import type { FaultKind } from './fault-kinds.ts';
import { type GivenFaultOptions, parseFaultKind, parseFaultOptions } from './fault-options.ts';
import { type ActiveFault, FaultSet, type FaultTransport } from './fault-set.ts';
import { randomPort } from './free-port.ts';
import { HttpRelay } from './http-relay.ts';
import type { ProviderContext } from './provider-context.ts';
import { MethodCounter, type ProviderCounters } from './provider-counters.ts';
import { resetSocket } from './reset-socket.ts';
import type { RpcDialect } from './rpc-dialect.ts';
import { UpstreamRpc } from './upstream-rpc.ts';

const host = '127.0.0.1';
const listenAttempts = 50;
const maxConnections = 10_000;

export interface FaultProxyOptions {
  /** How it is named in the config, in commands and logs. */
  readonly id: string;
  /** The `http://` address that it stands in front of; WebSockets go to the same port and path. */
  readonly upstreamUrl: string;
  /** A key that becomes the URL's path, `/v1/<key>`; other paths get 401. @default any path is served and passed on */
  readonly key?: string;
  /** Loopback port. @default a free one, and the same one after each `heal` */
  readonly port?: number;
  /** What faults mean on the chain. @default an EVM chain */
  readonly dialect?: RpcDialect;
  /** Has the upstream lag by so many blocks; for chains whose provider does not lag by itself. @default it does */
  readonly onLag?: (lag: { readonly http: number; readonly ws: number }) => Promise<void>;
}

/**
 * A simulated provider: a listening socket, HTTP and WebSocket on one port, in front of an upstream, with faults on
 * demand that apply to connections already open too.
 */
export class FaultProxy {
  readonly id: string;
  readonly #options: FaultProxyOptions;
  readonly #log: Log;
  readonly #context: ProviderContext;
  readonly #faults: FaultSet;
  readonly #calls = new MethodCounter();
  readonly #subscriptions = { count: 0 };
  readonly #connections = new Map<Socket, HttpRelay>();
  #server: Server | undefined;
  #port: number;
  #accepted = 0;
  #closedIn = 0;
  #closedOut = 0;
  #baseIn = 0;
  #baseOut = 0;

  /** @throws TrunklineError `devnet_upstream_url_invalid` */
  constructor(options: FaultProxyOptions, deps: { readonly clock: Clock; readonly log: Log }) {
    this.id = options.id;
    this.#options = options;
    this.#log = deps.log.child({ provider: options.id });
    this.#port = options.port ?? 0;
    this.#faults = new FaultSet(() => this.#onFaultsChanged());
    const upstream = URL.parse(options.upstreamUrl);
    if (upstream === null || upstream.protocol !== 'http:') {
      throw new TrunklineError(
        devnetErrors,
        'devnet_upstream_url_invalid',
        `the upstream of ${options.id} is not an http:// URL`,
      );
    }
    this.#context = {
      clock: deps.clock,
      faults: this.#faults,
      dialect: options.dialect ?? evmDialect,
      calls: this.#calls,
      rpc: new UpstreamRpc(options.upstreamUrl),
      upstream: {
        host: upstream.hostname,
        port: Number(upstream.port || 80),
        path: upstream.pathname + upstream.search,
      },
      path: options.key === undefined ? undefined : `/v1/${options.key}`,
      url: () => this.url,
      subscriptions: this.#subscriptions,
    };
  }

  /** The port, from `start()` on; it stays the same until `stop()`, killed or not. */
  get port(): number {
    return this.#port;
  }

  /** HTTP address; it holds the key. */
  get url(): string {
    return `http://${host}:${this.#port}${this.#context.path ?? '/'}`;
  }

  /** WebSocket address; it holds the key. */
  get wsUrl(): string {
    return this.url.replace('http:', 'ws:');
  }

  get isListening(): boolean {
    return this.#server !== undefined;
  }

  /** The faults that it has at the moment. */
  get faults(): readonly ActiveFault[] {
    return this.#faults.list();
  }

  /**
   * Listens.
   *
   * @throws TrunklineError `devnet_port_taken`
   */
  async start(): Promise<void> {
    for (let attempt = 1; this.#server === undefined; attempt++) {
      if (this.#options.port === undefined) this.#port = randomPort();
      const isLast = this.#options.port !== undefined || attempt === listenAttempts;
      await this.#listen().catch((error: unknown) => {
        if (isLast) throw error;
      });
    }
  }

  /** Cuts every connection and stops listening. */
  async stop(): Promise<void> {
    await this.#unlisten();
    for (const { kind } of this.faults) this.#faults.clear(kind);
    this.#context.rpc.close();
  }

  /**
   * Gives the provider a fault, on top of those that it has; the same kind again replaces it.
   *
   * @throws TrunklineError `devnet_fault_unknown`, `devnet_fault_option_invalid`
   */
  async fault(kind: string, options: GivenFaultOptions = {}): Promise<void> {
    const parsed = parseFaultKind(kind);
    const values = parseFaultOptions(parsed, options);
    this.#log.info('fault set', { fault: parsed, options: values });
    if (parsed === 'drop-ws') this.dropWebSockets();
    if (parsed === 'drop-ws' && 'once' in values && values.once) return;
    this.#faults.set(parsed, values);
    if (parsed === 'lag') await this.#tellLag();
    if (parsed === 'kill') await this.#unlisten();
    if ('stage' in values && values.stage === 'connect') {
      for (const socket of this.#connections.keys()) resetSocket(socket);
    }
  }

  /**
   * Ends one fault, or all; a killed provider listens again on its port.
   *
   * @throws TrunklineError `devnet_port_taken` when another process has taken the port meanwhile
   */
  async heal(kind?: FaultKind): Promise<void> {
    const healed = kind === undefined ? this.faults.map(fault => fault.kind) : [kind];
    const wasKilled = healed.includes('kill') && this.#faults.get('kill') !== undefined;
    // First the port: as long as that fails, the provider is still killed.
    if (wasKilled) await this.#listen();
    for (const each of healed) this.#faults.clear(each);
    if (healed.includes('lag')) await this.#tellLag();
    this.#log.info('fault healed', { faults: healed });
  }

  /** Cuts the open WebSockets. */
  dropWebSockets(): void {
    for (const [socket, relay] of this.#connections) if (relay.isWebSocket) socket.destroy();
  }

  counters(): ProviderCounters {
    return {
      connections: this.#accepted,
      openConnections: this.#connections.size,
      openWebSockets: [...this.#connections.values()].filter(relay => relay.isWebSocket).length,
      requests: this.#calls.total,
      requestsByMethod: this.#calls.byMethod(),
      subscriptions: this.#subscriptions.count,
      bytesIn: this.#bytes('bytesRead') - this.#baseIn,
      bytesOut: this.#bytes('bytesWritten') - this.#baseOut,
      lastRequestAt: this.#calls.lastAt,
    };
  }

  /** Sets what is summed up back to zero; what is open stays counted. */
  resetCounters(): void {
    this.#calls.reset();
    this.#accepted = 0;
    this.#baseIn = this.#bytes('bytesRead');
    this.#baseOut = this.#bytes('bytesWritten');
  }

  async #tellLag(): Promise<void> {
    const lag = this.#faults.get('lag');
    const of = (transport: FaultTransport) =>
      lag !== undefined && (lag.transport === 'any' || lag.transport === transport) ? lag.blocks : 0;
    await this.#options.onLag?.({ http: of('http'), ws: of('ws') });
  }

  #bytes(direction: 'bytesRead' | 'bytesWritten'): number {
    let sum = direction === 'bytesRead' ? this.#closedIn : this.#closedOut;
    for (const socket of this.#connections.keys()) sum += socket[direction];
    return sum;
  }

  #listen(): Promise<void> {
    const server = createServer({ noDelay: true }, socket => this.#accept(socket));
    server.maxConnections = maxConnections;
    return new Promise((resolve, reject) => {
      server.once('error', cause => {
        const message = `${this.id} cannot listen on ${host}:${this.#port}`;
        reject(new TrunklineError(devnetErrors, 'devnet_port_taken', message, { cause }));
      });
      server.listen({ host, port: this.#port, backlog: 1_024, exclusive: true }, () => {
        this.#server = server;
        resolve();
      });
    });
  }

  async #unlisten(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = new Promise<void>(resolve => server.close(() => resolve()));
    for (const socket of this.#connections.keys()) socket.destroy();
    await closed;
  }

  #accept(socket: Socket): void {
    this.#accepted++;
    // Each call that a fault holds listens for the end of its connection.
    socket.setMaxListeners(0);
    if (
      this.#faults.get('reset')?.stage === 'connect' &&
      this.#faults.take('reset', 'http', []) !== undefined
    ) {
      socket.on('error', () => {});
      resetSocket(socket);
      return;
    }
    this.#connections.set(socket, new HttpRelay(socket, this.#context));
    socket.on('close', () => {
      this.#connections.delete(socket);
      this.#closedIn += socket.bytesRead;
      this.#closedOut += socket.bytesWritten;
    });
  }

  #onFaultsChanged(): void {
    for (const relay of this.#connections.values()) relay.update();
  }
}
