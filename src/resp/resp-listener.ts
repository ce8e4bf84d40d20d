import { randomBytes } from 'node:crypto';
import { type AddressInfo, createServer, isIPv6, type Server, type Socket } from 'node:net';
import type { Clock, TimerHandle } from '../clock/clock.ts';
import { isLoopback } from '../security/is-loopback.ts';
import { secretCheck } from '../security/secret-check.ts';
import type { Log } from '../telemetry/log.ts';
import type { MetricRegistry } from '../telemetry/metrics.ts';
import type { RespClient, RespServices } from './commands/session-call.ts';
import { RespListenError } from './errors.ts';
import { InFlightGate } from './in-flight-gate.ts';
import { respMetrics } from './metrics.ts';
import { type ConnectionHost, RespConnection } from './resp-connection.ts';
import { RespMeter } from './resp-meter.ts';
import type { RespOptions } from './resp-options.ts';
import { RunBuilder } from './run-builder.ts';
import { ScanCursors } from './scan-cursors.ts';
import type { Session } from './session.ts';
import type { StorageSink, StoreFigures } from './storage-sink.ts';
import { Topics } from './topics.ts';

export interface RespDependencies {
  readonly storage: StorageSink;
  /** Figures of the store for INFO. */
  readonly figures: () => StoreFigures;
  /** The channels; others of this process may publish on them. @default channels of its own */
  readonly topics?: Topics;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: MetricRegistry;
}

const defaultMaxInFlight = 5000;
/** Half of what the storage's channel takes. */
const maxInFlightBytes = 32 * 2 ** 20;
const defaultDrainTimeoutMs = 5000;
const defaultAuthenticationTimeoutMs = 60_000;
/** Of what may wait in all, what is left when clients were closed for it. */
const relievedShare = 0.75;
const idleSweepMs = 1000;
const keepAliveMs = 300_000;

const tooMany = Buffer.from('-ERR max number of clients reached\r\n');

/** The RESP port: accepts Redis clients and bounds how many there are. */
export class RespListener {
  readonly topics: Topics;
  readonly #options: RespOptions;
  readonly #deps: RespDependencies;
  readonly #server: Server;
  readonly #meter: RespMeter;
  readonly #gate: InFlightGate;
  readonly #connections = new Map<number, RespConnection>();
  readonly #host: ConnectionHost;
  #scheduled: RespConnection[] = [];
  #lastId = 0;
  #port = 0;
  #isDraining = false;
  #idleSweep: TimerHandle | undefined;

  /** @throws RespListenError `resp_exposed` */
  constructor(options: RespOptions, dependencies: RespDependencies) {
    if (options.password === undefined && !isLoopback(options.host))
      throw new RespListenError('resp_exposed');
    const { storage, clock, log, metrics } = dependencies;
    this.#options = options;
    this.#deps = dependencies;
    this.topics = dependencies.topics ?? new Topics();
    this.#meter = new RespMeter(metrics);
    this.#gate = new InFlightGate(options.maxInFlight ?? defaultMaxInFlight, maxInFlightBytes);
    this.#host = {
      services: this.#services(),
      storage,
      builder: new RunBuilder(),
      gate: this.#gate,
      cursors: new ScanCursors({}, () => this.#meter.cursorsForgotten.add()),
      log,
      heldBytes: 0,
      outputBytes: 0,
      relieve: () => this.#relieve(),
      schedule: connection => this.#schedule(connection),
      closed: connection => this.#closed(connection),
    };
    metrics.gauge(respMetrics.connections, undefined, () => this.#connections.size);
    metrics.gauge(respMetrics.inFlight, undefined, () => this.#gate.count);
    metrics.gauge(respMetrics.output, undefined, () => this.#host.outputBytes);
    metrics.gauge(respMetrics.held, undefined, () => this.#host.heldBytes);
    metrics.gauge(respMetrics.subscriptions, undefined, () => this.topics.size);
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, socket => this.#accept(socket));
    if (options.idleTimeoutMs > 0 || options.password !== undefined) {
      this.#idleSweep = clock.setInterval(() => this.#closeIdle(), idleSweepMs);
    }
  }

  /** The port that is listened on; 0 before `listen`. */
  get port(): number {
    return this.#port;
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  /** Commands that wait for the storage. */
  get inFlight(): number {
    return this.#gate.count;
  }

  get isDraining(): boolean {
    return this.#isDraining;
  }

  /** @throws RespListenError `resp_port_in_use`, `resp_listen_failed`, `resp_exposed` */
  async listen(): Promise<void> {
    const { host, port, password } = this.#options;
    try {
      await new Promise<void>((resolve, reject) => {
        this.#server.once('error', reject);
        this.#server.listen({ host, port, backlog: 511 }, () => {
          this.#server.off('error', reject);
          resolve();
        });
      });
    } catch (error) {
      throw listenError(error, host, port);
    }
    this.#server.on('error', error => this.#deps.log.error('the RESP port failed', { error }));
    const bound = this.#server.address() as AddressInfo;
    // A name may stand for any address.
    if (password === undefined && !isLoopback(bound.address)) {
      this.close();
      throw new RespListenError('resp_exposed');
    }
    this.#port = bound.port;
  }

  /** Stops accepting, lets commands in flight be answered within `drainTimeoutMs`, then closes all connections. */
  async drain(): Promise<void> {
    if (this.#isDraining) return;
    this.#isDraining = true;
    this.#server.close();
    for (const connection of this.#connections.values()) connection.closeAfterReplies();
    if (this.#connections.size > 0) {
      await new Promise<void>(resolve => {
        const { clock } = this.#deps;
        const timer = clock.setTimeout(resolve, this.#options.drainTimeoutMs ?? defaultDrainTimeoutMs);
        this.#onEmpty = () => {
          clock.clearTimeout(timer);
          resolve();
        };
      });
    }
    this.close();
  }

  /** Cuts all connections and frees the port at once. */
  close(): void {
    this.#isDraining = true;
    this.#deps.clock.clearInterval(this.#idleSweep);
    this.#idleSweep = undefined;
    this.#server.close();
    for (const connection of [...this.#connections.values()]) connection.kill();
  }

  #onEmpty: () => void = () => {};

  #services(): RespServices {
    const { password } = this.#options;
    const isPassword = password === undefined ? () => true : secretCheck(password);
    const clients: ReadonlyMap<number, RespClient> = this.#connections;
    const port = () => this.#port;
    return {
      options: this.#options,
      topics: this.topics,
      clients,
      meter: this.#meter,
      clock: this.#deps.clock,
      runId: randomBytes(20).toString('hex'),
      get port() {
        return port();
      },
      startedAt: this.#deps.clock.now(),
      isPassword,
      figures: this.#deps.figures,
    };
  }

  #accept(socket: Socket): void {
    if (this.#isDraining || this.#connections.size >= this.#options.maxConnections) {
      this.#meter.closed('too_many');
      socket.on('error', () => socket.destroy());
      socket.end(tooMany, () => socket.destroy());
      return;
    }
    socket.setKeepAlive(true, keepAliveMs);
    this.#meter.accepted.add();
    const connection = new RespConnection(socket, this.#session(socket), this.#host);
    this.#connections.set(connection.session.id, connection);
  }

  #session(socket: Socket): Session {
    const now = this.#deps.clock.now();
    return {
      id: ++this.#lastId,
      address: endpoint(socket.remoteAddress, socket.remotePort),
      localAddress: endpoint(socket.localAddress, socket.localPort),
      openedAt: now,
      lastUsedAt: now,
      protocol: 2,
      isAuthenticated: this.#options.password === undefined,
      name: '',
      libraryName: '',
      libraryVersion: '',
      lastCommand: 'NULL',
      replyMode: 'on',
    };
  }

  /** Answers that arrive together are sent together: once per connection and turn of the event loop. */
  #schedule(connection: RespConnection): void {
    this.#scheduled.push(connection);
    if (this.#scheduled.length === 1) process.nextTick(() => this.#runScheduled());
  }

  #runScheduled(): void {
    const due = this.#scheduled;
    this.#scheduled = [];
    for (const connection of due) connection.tick();
  }

  #closed(connection: RespConnection): void {
    this.#connections.delete(connection.session.id);
    if (this.#isDraining && this.#connections.size === 0) this.#onEmpty();
  }

  /** Too much waits for all clients: those that read least go, until there is room again for the others. */
  #relieve(): void {
    for (const connection of this.#connections.values()) connection.countOutput();
    const enough = this.#options.maxTotalOutputBytes * relievedShare;
    const largest = [...this.#connections.values()].sort((a, b) => b.outputBytes - a.outputBytes);
    for (const connection of largest) {
      if (this.#host.outputBytes <= enough) return;
      connection.cutOutput();
    }
  }

  /** Closes the connections of clients that are silent, or do not authenticate themselves, for too long. */
  #closeIdle(): void {
    const now = this.#deps.clock.now();
    const { idleTimeoutMs, authenticationTimeoutMs = defaultAuthenticationTimeoutMs } = this.#options;
    for (const connection of [...this.#connections.values()]) {
      connection.closeIfStranger(now - authenticationTimeoutMs);
      if (idleTimeoutMs > 0) connection.closeIfIdle(now - idleTimeoutMs);
    }
  }
}

function endpoint(address: string | undefined, port: number | undefined): string {
  if (address === undefined) return '?:0';
  return isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`;
}

function listenError(error: unknown, host: string, port: number): RespListenError {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'EADDRINUSE') {
    return new RespListenError(
      'resp_port_in_use',
      `port ${port} is in use: choose another \`storage.resp.port\``,
      {
        details: { host, port },
        cause: error,
      },
    );
  }
  return new RespListenError('resp_listen_failed', `cannot listen on ${host} port ${port}: ${code}`, {
    details: { host, port },
    cause: error,
  });
}
