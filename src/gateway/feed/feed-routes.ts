import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock, TimerHandle } from '../../clock/clock.ts';
import { TrunklineError } from '../../errors/trunkline-error.ts';
import { feedErrors } from '../../feed/errors.ts';
import type { Log } from '../../telemetry/log.ts';
import type { MetricRegistry } from '../../telemetry/metrics.ts';
import type { ChainDirectory } from '../chain-directory.ts';
import { gatewayErrors } from '../errors.ts';
import { gatewayMetrics } from '../metrics.ts';
import { sendJson } from '../status-routes.ts';
import { feedQuery } from './feed-query.ts';
import { feedRefusal } from './feed-refusal.ts';
import { boundsOf, chainResolver, type FeedService } from './feed-service.ts';
import { readFeedRequest } from './read-feed-request.ts';
import { sseClosing, sseFrames } from './sse-frames.ts';
import { SseStream, streamHeaders } from './sse-stream.ts';

interface Dependencies {
  /** Undefined: there is no feed. */
  readonly service: FeedService | undefined;
  readonly chains: ChainDirectory;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: MetricRegistry;
}

const keepAliveMs = 15_000;
const allowed = ['allow', 'GET, HEAD, OPTIONS'];

/** `GET /feed`: server-sent events; without topics, what the feed is and how to ask it. */
export class FeedRoutes {
  readonly #deps: Dependencies;
  readonly #streams = new Set<SseStream>();
  /** Connections that have a stream: what is asked behind it on the same one waits for its end, which never comes. */
  readonly #taken = new WeakSet<Socket>();
  readonly #timer: TimerHandle;
  readonly #events: { onSlow(): void; onClosed(stream: SseStream): void };
  #isDraining = false;

  constructor(deps: Dependencies) {
    this.#deps = deps;
    const slow = deps.metrics.counter(gatewayMetrics.slowClients);
    this.#events = {
      onSlow: () => slow.inc(),
      onClosed: stream => this.#streams.delete(stream),
    };
    deps.metrics.gauge(gatewayMetrics.connections, { transport: 'sse' }, () => this.#streams.size);
    this.#timer = deps.clock.setInterval(() => {
      for (const stream of this.#streams) stream.keepAlive();
    }, keepAliveMs);
  }

  get size(): number {
    return this.#streams.size;
  }

  /**
   * @param query the query string without its `?`
   * @param extraHeaders raw header pairs that every answer carries (CORS)
   */
  handle(
    request: IncomingMessage,
    response: ServerResponse,
    query: string,
    extraHeaders: readonly string[],
  ): void {
    const lastEventId = request.headers['last-event-id'];
    let isResuming = false;
    try {
      if (request.method === 'OPTIONS') {
        response.writeHead(204, [...allowed, ...extraHeaders]).end();
        return;
      }
      if (request.method !== 'GET' && request.method !== 'HEAD') {
        const error = { code: 'not_found', message: 'ask the feed with GET, or over a WebSocket' };
        this.#send(response, 405, { error }, [...allowed, ...extraHeaders]);
        return;
      }
      const asked = feedQuery(query, typeof lastEventId === 'string' ? lastEventId : undefined);
      const { service } = this.#deps;
      if (asked === undefined || request.method === 'HEAD') {
        this.#send(response, 200, this.#explanation(service), extraHeaders);
        return;
      }
      isResuming = asked.isResuming;
      if (this.#isDraining) throw new TrunklineError(gatewayErrors, 'shutting_down', 'shutting down');
      if (service === undefined) {
        throw new TrunklineError(feedErrors, 'feed_unavailable', 'the feed is starting, or there is none');
      }
      const { socket } = request;
      if (this.#taken.has(socket)) {
        const message = 'a connection has one stream of events, and this one has it already';
        throw new TrunklineError(gatewayErrors, 'subscription_limit', message);
      }
      const read = readFeedRequest(asked.params, chainResolver(this.#deps.chains, service));
      this.#taken.add(socket);
      response.once('close', () => this.#taken.delete(socket));
      const stream = new SseStream(response, this.#deps.clock, this.#events);
      this.#streams.add(stream);
      service.feed.subscribe({ ...read, format: sseFrames, keepMs: service.keepMs }, stream).then(
        subscription => {
          stream.open(subscription, extraHeaders);
          if (this.#isDraining) stream.end(shuttingDown);
        },
        (error: unknown) => this.#refuse(response, error, isResuming, extraHeaders),
      );
    } catch (error) {
      this.#refuse(response, error, isResuming, extraHeaders);
    }
  }

  /** Ends every stream behind its last complete event; the listener waits for their connections. */
  drain(): void {
    this.#isDraining = true;
    for (const stream of this.#streams) stream.end(shuttingDown);
  }

  close(): void {
    this.#isDraining = true;
    this.#deps.clock.clearInterval(this.#timer);
    for (const stream of this.#streams) stream.destroy();
  }

  #refuse(
    response: ServerResponse,
    error: unknown,
    isResuming: boolean,
    extraHeaders: readonly string[],
  ): void {
    if (response.destroyed) return;
    const refusal = feedRefusal(error, this.#deps.service);
    if (refusal === undefined) {
      this.#deps.log.error('a feed request failed', { error });
      const message = 'a bug in Trunkline; its log says more';
      this.#send(response, 500, { error: { code: 'internal_error', message } }, extraHeaders);
      return;
    }
    const { isRetryable, httpStatus, message, data } = refusal;
    if (isRetryable && isResuming) {
      // A browser's EventSource gives up for good at any status but 200; a stream that ends it opens again.
      response.writeHead(200, [...streamHeaders, 'Connection', 'close', ...extraHeaders]);
      response.end(Buffer.concat([Buffer.from('retry: 1000\n\n'), sseClosing(undefined, message)]));
      return;
    }
    if (isRetryable) response.setHeader('retry-after', '1');
    this.#send(response, httpStatus, { error: { message, ...data } }, extraHeaders);
  }

  #send(response: ServerResponse, status: number, body: unknown, extraHeaders: readonly string[]): void {
    for (let index = 0; index < extraHeaders.length; index += 2) {
      response.setHeader(extraHeaders[index]!, extraHeaders[index + 1]!);
    }
    if (status >= 400) response.setHeader('connection', 'close');
    sendJson(response, status, body);
  }

  #explanation(service: FeedService | undefined) {
    return {
      about: 'Events of all chains, in order, each once; a client that comes back goes on where it was.',
      events: '/feed?topics=*.heads,*.reorgs&from=latest',
      webSocket: {
        method: 'feed_subscribe',
        params: { topics: ['*.heads', '<chain>.logs.<address>.<topic0>'], from: 'latest' },
      },
      chains: this.#deps.chains.names,
      ...(boundsOf(service) ?? { status: 'unavailable' }),
    };
  }
}

const shuttingDown = 'shutting down';
