import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Clock } from '../clock/clock.ts';
import type { ServerConfig } from '../config/sections/server.ts';
import { connectionLimit, descriptorShares } from '../process-limits/connection-limit.ts';
import type { Log } from '../telemetry/log.ts';
import type { MetricRegistry } from '../telemetry/metrics.ts';
import type { AdminRoutes } from './admin-routes.ts';
import { CallPipeline } from './call-pipeline.ts';
import type { ChainDirectory, ChainRuntime } from './chain-directory.ts';
import { noFeed } from './event-feed.ts';
import { FeedRoutes } from './feed/feed-routes.ts';
import type { FeedService } from './feed/feed-service.ts';
import { FeedSockets } from './feed/feed-sockets.ts';
import { HttpListener } from './http/http-listener.ts';
import { ListenerGuard } from './http/listener-guard.ts';
import { RpcHttp, unknownChain } from './http/rpc-http.ts';
import { gatewayMetrics } from './metrics.ts';
import type { PayloadLimits } from './payload.ts';
import { RpcSockets, type RpcSocketsOptions } from './socket/rpc-sockets.ts';
import { type StatusRoutes, sendJson } from './status-routes.ts';

export interface GatewayDependencies {
  readonly chains: ChainDirectory;
  readonly status: StatusRoutes;
  readonly admin: AdminRoutes;
  /** Absent: there are no subscriptions and no filters, and `/feed` answers `feed_unavailable`. */
  readonly feed?: FeedService;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: MetricRegistry;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

const rpcPrefix = '/rpc/';
const adminPrefix = '/admin/';
const feedPath = '/feed';

/** The client-facing side: one port for JSON-RPC over HTTP and WebSocket, status and administration. */
export class Gateway {
  readonly pipeline: CallPipeline;
  #config: ServerConfig;
  readonly #deps: GatewayDependencies;
  readonly #listener: HttpListener;
  #guard: ListenerGuard;
  #rpc: RpcHttp;
  readonly #sockets: RpcSockets;
  readonly #feedSockets: FeedSockets;
  readonly #feed: FeedRoutes;
  #isDraining = false;

  constructor(config: ServerConfig, dependencies: GatewayDependencies) {
    this.#config = config;
    this.#deps = dependencies;
    const { clock, metrics, log } = dependencies;
    const feed = dependencies.feed?.feed ?? noFeed;
    this.pipeline = new CallPipeline(
      { maxConcurrent: config.max_concurrent_requests },
      { ...dependencies, feed },
    );
    this.#guard = guardOf(config);
    this.#rpc = this.#createRpc(config);
    this.#sockets = new RpcSockets(socketOptions(config), {
      pipeline: this.pipeline,
      feed,
      clock,
      log,
      metrics,
    });
    const served = { service: dependencies.feed, chains: dependencies.chains, clock, log, metrics };
    this.#feedSockets = new FeedSockets(socketOptions(config), served);
    this.#feed = new FeedRoutes(served);
    metrics.gauge(gatewayMetrics.connections, { transport: 'websocket' }, () => this.socketCount);
    this.#listener = new HttpListener(
      {
        host: config.host,
        port: config.port,
        secondPort: config.ws_port,
        maxConnections: connectionLimit(config.max_connections, descriptorShares.gateway),
        headersTimeoutMs: config.headers_timeout,
        bodyTimeoutMs: config.request_body_timeout,
        keepAliveTimeoutMs: config.keep_alive_timeout,
      },
      {
        onRequest: (request, response) => this.#guarded(response, () => this.#onRequest(request, response)),
        onUpgrade: (request, socket, head) => {
          socket.on('error', () => socket.destroy());
          try {
            this.#onUpgrade(request, socket, head);
          } catch (error) {
            this.#deps.log.error('an upgrade handler failed', { error });
            socket.destroy();
          }
        },
      },
      { clock, metrics },
    );
  }

  get port(): number {
    return this.#listener.port;
  }

  get isDraining(): boolean {
    return this.#isDraining;
  }

  get socketCount(): number {
    return this.#sockets.size + this.#feedSockets.size;
  }

  /** @throws TrunklineError `port_in_use` */
  listen(): Promise<void> {
    return this.#listener.listen();
  }

  /** Takes over the settings that can change while it runs; those of the listening socket wait for a restart. */
  reconfigure(config: ServerConfig): void {
    // The guard goes by the address that is listened on, which stays.
    this.#config = { ...config, host: this.#config.host, port: this.#config.port };
    this.#guard = guardOf(this.#config);
    this.#rpc = this.#createRpc(config);
    this.#sockets.options = socketOptions(config);
    this.#feedSockets.options = socketOptions(config);
    this.pipeline.maxConcurrent = config.max_concurrent_requests;
  }

  /** A chain's tuning was replaced: its next call is routed by it. */
  chainTuned(chain: ChainRuntime): void {
    this.pipeline.forget(chain);
  }

  /** A chain was taken out, or replaced by another of its name: its sockets are closed, its routing state is forgotten. */
  chainEnded(chain: ChainRuntime): void {
    this.pipeline.end(chain);
    this.#sockets.closeChain(chain);
  }

  /**
   * Stops accepting, lets calls in flight finish, closes WebSockets with 1001 and ends streams of events, with the
   * cursor to go on from; bounded by `server.drain_timeout`.
   */
  async drain(): Promise<void> {
    if (this.#isDraining) return;
    this.#isDraining = true;
    const deadlineMs = this.#config.drain_timeout;
    this.#feed.drain();
    await Promise.all([
      this.#sockets.drain(deadlineMs),
      this.#feedSockets.drain(deadlineMs),
      this.#listener.drain(deadlineMs),
    ]);
    this.close();
  }

  /** Cuts all connections and frees the port at once. */
  close(): void {
    this.#isDraining = true;
    this.#listener.close();
    this.#sockets.close();
    this.#feedSockets.close();
    this.#feed.close();
    this.pipeline.close();
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    const { host, origin } = request.headers;
    if (!this.#guard.isHostAllowed(host)) {
      refuse(
        response,
        403,
        'host_forbidden',
        'this Host is not served here; list it in server.allowed_hosts',
      );
      return;
    }
    let corsHeaders: readonly string[] = noHeaders;
    if (origin !== undefined) {
      if (!this.#guard.isCorsAllowed(origin, host)) {
        refuse(
          response,
          403,
          'origin_forbidden',
          'this Origin is not allowed; list it in server.cors.origins',
        );
        return;
      }
      corsHeaders = this.#corsHeaders(origin);
      if (request.method === 'OPTIONS') {
        response.writeHead(204, [...corsHeaders, ...this.#preflightHeaders()]).end();
        return;
      }
    }
    const url = request.url ?? '/';
    const mark = url.indexOf('?');
    const path = mark < 0 ? url : url.slice(0, mark);
    if (path.startsWith(rpcPrefix)) {
      this.#rpc.handle(
        request,
        response,
        path.slice(rpcPrefix.length),
        mark < 0 ? '' : url.slice(mark + 1),
        corsHeaders,
      );
      return;
    }
    this.#count(path, response);
    if (path.startsWith(adminPrefix))
      this.#deps.admin.handle(request, response, path.slice(adminPrefix.length));
    else if (path === feedPath)
      this.#feed.handle(request, response, mark < 0 ? '' : url.slice(mark + 1), corsHeaders);
    else if (request.method !== 'GET' && request.method !== 'HEAD')
      refuse(response, 404, 'not_found', 'JSON-RPC is at POST /rpc/<chain>');
    else if (path === '/') sendJson(response, 200, this.#index());
    else if (!this.#deps.status.handle(path, response))
      refuse(response, 404, 'not_found', 'see / for what is here');
  }

  /** A bug in one request's way costs that request, not the others. */
  #guarded(response: ServerResponse, run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#deps.log.error('a request handler failed', { error });
      if (response.headersSent) response.destroy();
      else refuse(response, 500, 'internal_error', 'a bug in Trunkline; its log says more');
    }
  }

  #onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { host, origin } = request.headers;
    const path = (request.url ?? '').split('?', 1)[0]!;
    const chain = path.startsWith(rpcPrefix)
      ? this.#deps.chains.find(path.slice(rpcPrefix.length))
      : undefined;
    if (!this.#guard.isHostAllowed(host))
      refuseUpgrade(socket, '403 Forbidden', 'this Host is not served here');
    else if (origin !== undefined && !this.#guard.isSocketOriginAllowed(origin, host)) {
      refuseUpgrade(
        socket,
        '403 Forbidden',
        'this Origin is not allowed; list it in server.ws.allowed_origins',
      );
    } else if (this.#isDraining) refuseUpgrade(socket, '503 Service Unavailable', 'shutting down');
    else if (path === feedPath) this.#feedSockets.accept(request, socket, head);
    else if (chain === undefined) {
      refuseUpgrade(socket, '404 Not Found', unknownChain(path.slice(rpcPrefix.length), this.#deps.chains));
    } else this.#sockets.accept(request, socket, head, chain);
  }

  #createRpc(config: ServerConfig): RpcHttp {
    const { chains, clock } = this.#deps;
    return new RpcHttp(
      { ...payloadLimits(config), maxRequestBytes: config.max_request_bytes },
      {
        chains,
        pipeline: this.pipeline,
        clock,
        isDraining: () => this.#isDraining,
        guarded: (response, run) => this.#guarded(response, run),
      },
    );
  }

  #count(path: string, response: ServerResponse): void {
    const first = path.split('/', 2)[1] ?? '';
    const route = countedRoutes.has(first) ? `/${first}` : 'other';
    response.on('finish', () => {
      this.#deps.metrics
        .counter(gatewayMetrics.httpRequests, { route, status: String(response.statusCode) })
        .inc();
    });
  }

  #corsHeaders(origin: string): string[] {
    return [
      'Access-Control-Allow-Origin',
      this.#guard.corsHeader(origin),
      'Access-Control-Expose-Headers',
      'X-Trunkline-Provider, X-Trunkline-Attempts, X-Trunkline-Duration',
      'Vary',
      'Origin',
    ];
  }

  #preflightHeaders(): string[] {
    return [
      'Access-Control-Allow-Methods',
      'POST, GET, OPTIONS',
      'Access-Control-Allow-Headers',
      'content-type, last-event-id, x-trunkline-use-provider',
      'Access-Control-Max-Age',
      String(Math.floor(this.#config.cors.max_age / 1_000)),
    ];
  }

  #index() {
    return {
      name: 'trunkline',
      chains: this.#deps.chains.chains.map(chain => ({
        name: chain.name,
        identity: chain.identity,
        rpc: `${rpcPrefix}${chain.name}`,
      })),
      feed: feedPath,
      status: ['/health', '/ready', '/stats', '/metrics'],
    };
  }
}

function payloadLimits(config: ServerConfig): PayloadLimits {
  return { maxDepth: config.max_depth, maxBatch: config.max_batch_size };
}

function socketOptions(config: ServerConfig): RpcSocketsOptions {
  return {
    ...payloadLimits(config),
    maxSubscriptions: config.ws.max_subscriptions,
    maxBufferedBytes: config.ws.max_buffered_bytes,
    maxPayload: config.ws.max_payload,
    pingIntervalMs: config.ws.ping_interval,
  };
}

function guardOf(config: ServerConfig): ListenerGuard {
  return new ListenerGuard({
    boundHost: config.host,
    allowedHosts: config.allowed_hosts,
    corsOrigins: config.cors.origins,
    socketOrigins: config.ws.allowed_origins,
  });
}

const noHeaders: readonly string[] = [];
const countedRoutes = new Set(['feed', 'health', 'ready', 'stats', 'metrics', 'admin', '']);

function refuse(response: ServerResponse, status: number, code: string, message: string): void {
  response.setHeader('connection', 'close');
  sendJson(response, status, { error: { code, message } });
}

function refuseUpgrade(socket: Duplex, status: string, message: string): void {
  const body = `${message}\n`;
  // Nothing looks after an upgraded socket: a client that keeps its side open would hold up the drain.
  socket.once('finish', () => socket.destroy());
  socket.end(
    `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
