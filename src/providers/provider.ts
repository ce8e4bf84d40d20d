import type { ChainFamily, Head } from '../chains/chain-family.ts';
import { type BreakerState, CircuitBreaker } from '../circuit-breaker/circuit-breaker.ts';
import type { Clock } from '../clock/clock.ts';
import { DeadlineWheel } from '../clock/deadline-wheel.ts';
import type { ChainConfig } from '../config/sections/chain.ts';
import type { ProviderConfig } from '../config/sections/provider.ts';
import type { Log } from '../telemetry/log.ts';
import type { MetricRegistry } from '../telemetry/metrics.ts';
import { AnswerReader } from './answer-reader.ts';
import { Attempt, type AttemptHost } from './attempt.ts';
import { AttemptCounters, type Transport } from './attempt-counters.ts';
import { CheckWatch } from './check-watch.ts';
import { CoolDown } from './cool-down.ts';
import { HttpTransport, type HttpTransportOptions } from './http-transport.ts';
import { MethodScores } from './method-scores.ts';
import { providerMetrics } from './metrics.ts';
import { exposeProvider, hideProvider } from './provider-gauges.ts';
import { Redactor } from './redactor.ts';
import { refuseAttempt } from './refuse-attempt.ts';
import { StallWatch, type WatchedTransport } from './stall-watch.ts';
import type { StreamSource } from './stream-source.ts';
import { UnknownErrors } from './unknown-errors.ts';
import { UnsupportedMethods } from './unsupported-methods.ts';
import type { AttemptOutcome, UpstreamCall } from './upstream-call.ts';
import { UpstreamSocket } from './upstream-socket.ts';

/** What its health process found out: `starting`: nothing yet; `down`: it does not answer probes. Only `up` gets traffic. */
export type ProviderState = 'starting' | 'up' | 'syncing' | 'wrong_chain' | 'down';

/** A provider entered another state. */
export interface ProviderStateChange {
  readonly provider: string;
  readonly before: ProviderState;
  readonly state: ProviderState;
  /** For a person, without secrets. */
  readonly reasons: readonly string[];
}

/** Why a provider may not take a call now. */
export type RefusalReason =
  | Exclude<ProviderState, 'up'>
  | 'breaker_open'
  /** It has no `url`, and its WebSocket is not connected or not verified yet. */
  | 'disconnected'
  | 'cooling_down'
  | 'unsupported_method'
  | 'behind'
  | 'stopped';

/** What is known about the heads of all providers of the chain; `HeadTracker` of the aggregation is one. */
export interface HeadView {
  readonly best: { readonly number: number } | undefined;
  /** Blocks behind the best; `undefined`: unknown. */
  lag(providerId: string): number | undefined;
}

/** Which provider, of which chain. */
export interface ProviderOptions {
  readonly chain: string;
  /** Which chain the provider has to serve, as its family's `identity` probe tells it. */
  readonly identity: string;
  readonly chainConfig: ChainConfig;
  readonly config: ProviderConfig;
  readonly family: ChainFamily;
  /** `server.max_response_bytes`. */
  readonly maxResponseBytes: number;
  /** Values known to be secret beside those in the URLs. @default [] */
  readonly secrets?: readonly string[];
}

/** What a provider needs from the house. */
export interface ProviderDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: MetricRegistry;
  /** @default no heads known: no provider counts as behind */
  readonly heads?: HeadView;
  /**
   * Hears each head that the provider reports, plausible or not. `header`: as `newHeads` brings it, maybe a view into a
   * larger buffer; undefined for a head that was polled and known before. @default nobody
   */
  readonly onHead?: (providerId: string, head: Head, header: Buffer | undefined) => void;
  /** Hears each change of its state, after it. @default nobody */
  readonly onState?: (change: ProviderStateChange) => void;
  /** Uniform in [0, 1). @default Math.random */
  readonly random?: () => number;
}

/** Requests that may wait for a connection, per connection. */
const QUEUED_PER_CONNECTION = 16;

/**
 * One upstream as the hot path sees it: plain reads and one call. Its processes (a breaker per transport, the WebSocket,
 * the health probe) own its parts and decide; until they run it takes no traffic.
 */
export class Provider implements AttemptHost {
  readonly id: string;
  readonly chain: string;
  readonly priority: number;
  readonly weight: number;
  readonly options: ProviderOptions;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: MetricRegistry;
  readonly random: () => number;
  readonly redactor: Redactor;
  readonly reader: AnswerReader;
  readonly coolDown: CoolDown;
  readonly unsupported: UnsupportedMethods;
  readonly scores = new MethodScores();
  readonly counters: AttemptCounters;
  readonly deadlines: DeadlineWheel;
  readonly http: HttpTransport | undefined;
  readonly socket: UpstreamSocket | undefined;
  readonly httpBreaker: CircuitBreaker | undefined;
  readonly socketBreaker: CircuitBreaker | undefined;
  /** Its health process decides. */
  state: ProviderState = 'starting';
  /** Blocks behind by its own account; its health process asks it. */
  ownLag = 0;
  /** Its health process listens here for a provider that looks hung. */
  onSuspicion: () => void = () => {};
  /** Its health process listens here for calls that only this provider is left for, while it is down. */
  onWanted: () => void = () => {};
  /** Its health process says when a check begins, and when its verdict is in. */
  readonly checks = new CheckWatch();
  readonly #heads: HeadView | undefined;
  /** Tells of a change of `state`. */
  readonly onState: (change: ProviderStateChange) => void;
  readonly #onHead: (providerId: string, head: Head, header: Buffer | undefined) => void;
  readonly #watches: Partial<Record<Transport, StallWatch>> = {};
  readonly #maxLag: number;
  #head: Head | undefined;
  #isClosed = false;
  #isHidden = false;

  constructor(options: ProviderOptions, deps: ProviderDeps) {
    const { chainConfig, config, family } = options;
    const labels = { chain: options.chain, provider: config.id };
    this.options = options;
    this.id = config.id;
    this.chain = options.chain;
    this.priority = config.priority;
    this.weight = config.weight;
    this.clock = deps.clock;
    this.log = deps.log.child({ chain: options.chain, provider: config.id });
    this.metrics = deps.metrics;
    this.random = deps.random ?? Math.random;
    this.#heads = deps.heads;
    this.#onHead = deps.onHead ?? (() => {});
    this.onState = deps.onState ?? (() => {});
    this.#maxLag = chainConfig.health.max_block_lag;
    this.redactor = new Redactor({
      urls: [config.url, config.ws_url].filter(url => url !== undefined),
      headers: config.headers,
      secrets: options.secrets ?? [],
    });
    const scrubbed = deps.metrics.counter(providerMetrics.scrubbedAnswers, labels);
    const unknown = new UnknownErrors(this.log, deps.metrics.counter(providerMetrics.unknownErrors, labels));
    this.reader = new AnswerReader(family, this.redactor, {
      onScrubbed: () => scrubbed.inc(),
      onUnknownError: (code, message, method) => unknown.met(code, message, method),
    });
    this.coolDown = new CoolDown(
      { initialMs: chainConfig.failover.cooldown, maxMs: chainConfig.failover.max_cooldown, jitter: 0.1 },
      this.random,
    );
    this.unsupported = new UnsupportedMethods({
      maxMethods: 256,
      forgetAfterMs: chainConfig.failover.unsupported_ttl,
    });
    this.counters = new AttemptCounters(deps.metrics, labels);
    this.deadlines = new DeadlineWheel(deps.clock);
    const breaker = {
      failureThreshold: chainConfig.circuit_breaker.failure_threshold,
      successThreshold: chainConfig.circuit_breaker.success_threshold,
    };
    const http = httpOptions(options);
    if (http !== undefined) {
      this.http = new HttpTransport(http, { deadlines: this.deadlines });
      this.httpBreaker = new CircuitBreaker(breaker);
      this.#watches.http = this.#watch(this.http);
    }
    if (config.ws_url !== undefined) {
      const { websocket } = chainConfig;
      this.socket = new UpstreamSocket(
        {
          providerId: config.id,
          url: config.ws_url,
          headers: config.headers,
          connectTimeoutMs: websocket.connect_timeout,
          pingIntervalMs: websocket.ping_interval,
          pingTimeoutMs: websocket.ping_timeout,
          maxPayloadBytes: Math.min(websocket.max_payload, options.maxResponseBytes),
          redact: text => this.redactor.reason(text),
          family,
        },
        { clock: deps.clock, deadlines: this.deadlines },
        {
          events: deps.metrics.counter(providerMetrics.socketEvents, labels),
          dropped: deps.metrics.counter(providerMetrics.socketDropped, labels),
        },
      );
      this.socketBreaker = new CircuitBreaker(breaker);
      this.#watches.websocket = this.#watch(this.socket);
    }
    exposeProvider(this, deps.metrics);
  }

  /** Newest block number that it reported. */
  get head(): number | undefined {
    return this.#head?.number;
  }

  /** Blocks behind the best provider, or behind the chain by its own account; 0 when unknown. */
  get lag(): number {
    return Math.max(this.ownLag, this.#heads?.lag(this.id) ?? 0);
  }

  /** Attempts that run now. */
  get inFlight(): number {
    return this.counters.inFlight;
  }

  /** Its WebSocket's subscriptions; undefined without a `ws_url`. */
  get streams(): StreamSource | undefined {
    return this.socket;
  }

  /** Whether it is found out right now if it takes calls: its processes are being started, or its health is being checked. */
  isReturning(now: number): boolean {
    const { http, websocket } = this.breakers;
    return (
      this.state === 'starting' || http === 'unowned' || websocket === 'unowned' || this.checks.isRecent(now)
    );
  }

  /** A call finds nobody else: has a provider that is down checked now, and not at the end of its wait. */
  want(now: number): void {
    if (this.state === 'down' && this.checks.mayBegin(now)) this.onWanted();
  }

  /** A head arrived, by subscription or by poll. */
  reportHead(head: Head, header?: Buffer): void {
    this.#head = head;
    this.#onHead(this.id, head, header);
  }

  /** Why it may not take `call` at `now`; undefined when it may. */
  refusal(call: UpstreamCall, now: number): RefusalReason | undefined {
    if (this.#isClosed) return 'stopped';
    // True however it is otherwise.
    if (this.unsupported.has(call.policy.method, now)) return 'unsupported_method';
    if (this.state !== 'up') return this.state;
    if (!this.#isHttpReady && !this.#isSocketReady) {
      return this.http === undefined && this.socket?.isOpen !== true ? 'disconnected' : 'breaker_open';
    }
    if (this.coolDown.isCooling(now)) return 'cooling_down';
    return this.#isBehind(call) ? 'behind' : undefined;
  }

  /**
   * Sends `call` and reports how it ended: once, never inside this call, never after the cancellation that it returns.
   * @param timeoutMs Time for the whole answer.
   */
  attempt(call: UpstreamCall, timeoutMs: number, done: (outcome: AttemptOutcome) => void): () => void {
    const now = this.clock.now();
    if (this.#isHttpReady) {
      const permit = this.httpBreaker!.tryAcquire();
      const attempt = new Attempt(this, call, 'http', this.httpBreaker!, permit, now, done);
      const exchange = this.http!.send(call.payload, timeoutMs, now, attempt);
      this.#watches.http!.onSent(now);
      return () => attempt.giveUp(exchange, timeoutMs);
    }
    if (this.#isSocketReady) {
      const permit = this.socketBreaker!.tryAcquire();
      const attempt = new Attempt(this, call, 'websocket', this.socketBreaker!, permit, now, done);
      const exchange = this.socket!.send(call.payload, timeoutMs, attempt);
      this.#watches.websocket!.onSent(now);
      return () => attempt.giveUp(exchange, timeoutMs);
    }
    return refuseAttempt(done);
  }

  onSilence(transport: Transport, now: number): void {
    this.#watches[transport]?.suspect(now);
  }

  /** A probe confirmed that `transport` hangs: nothing more is sent, what may be repeated elsewhere fails at once. */
  stalled(transport: Transport): void {
    const isHttp = transport === 'http';
    (isHttp ? this.httpBreaker : this.socketBreaker)?.trip('provider_stalled');
    (isHttp ? this.http : this.socket)?.failRunning('provider_stalled');
  }

  /** Milliseconds (moving average) of a method, or of all when the method is unknown here; 0: never measured. */
  latency(label: string): number {
    return this.scores.known(label).latencyMs;
  }

  /** Milliseconds of a recent latency quantile of a method, or of all when the method is unknown here; 0: never measured. */
  quantile(label: string, q: 0.5 | 0.95): number {
    const { sketch } = this.scores.known(label);
    return q === 0.5 ? sketch.p50 : sketch.p95;
  }

  /** Share of attempts that failed lately, 0 to 1. */
  errorRate(label: string): number {
    return this.scores.known(label).errorRate;
  }

  /** State of each transport's breaker. */
  get breakers(): { readonly http: BreakerState | undefined; readonly websocket: BreakerState | undefined } {
    return { http: this.httpBreaker?.state, websocket: this.socketBreaker?.state };
  }

  /**
   * Takes its metrics away, and closes it once nothing runs any more, after `timeoutMs` at the latest. Take it out of the
   * table first.
   */
  closeWhenIdle(timeoutMs: number): void {
    // Now: later they may be those of another provider of the same id, which a changed config put in its place.
    this.#hide();
    const end = this.clock.now() + timeoutMs;
    const timer = this.clock.setInterval(() => {
      if (this.inFlight > 0 && this.clock.now() < end) return;
      this.clock.clearInterval(timer);
      this.close();
    }, 50);
  }

  /** Fails what runs, closes its connections and takes its metrics away. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.http?.close();
    this.socket?.close();
    this.#hide();
  }

  #hide(): void {
    if (this.#isHidden) return;
    this.#isHidden = true;
    hideProvider(this, this.metrics);
  }

  #watch(transport: WatchedTransport): StallWatch {
    const { clock, deadlines, options } = this;
    const minInFlight = options.chainConfig.circuit_breaker.failure_threshold;
    return new StallWatch({ minInFlight }, transport, { clock, deadlines }, () => this.onSuspicion());
  }

  get #isHttpReady(): boolean {
    return this.http?.isTrusted === true && this.httpBreaker!.isAdmitting;
  }

  get #isSocketReady(): boolean {
    return this.socket?.isOpen === true && this.socketBreaker?.isAdmitting === true;
  }

  #isBehind(call: UpstreamCall): boolean {
    const { demand } = call;
    if (demand.kind === 'tag') {
      if (demand.tag !== 'earliest' && this.lag > this.#maxLag) return true;
      return demand.atLeast !== undefined && this.#lacks(demand.atLeast);
    }
    return demand.kind === 'number' && this.#lacks(demand.number);
  }

  /** Only another provider that has the block makes this one the wrong one: a block that nobody has is answered by anyone. */
  #lacks(block: number): boolean {
    if (this.#head === undefined || this.#heads?.best === undefined) return false;
    return block > this.#head.number && block <= this.#heads.best.number;
  }
}

/** How requests are posted to a provider, by its configuration; undefined without a `url`. */
export function httpOptions({
  chainConfig,
  config,
  maxResponseBytes,
}: ProviderOptions): HttpTransportOptions | undefined {
  if (config.url === undefined) return undefined;
  const { http } = chainConfig;
  return {
    url: config.url,
    headers: config.headers,
    connections: http.connections,
    maxQueued: http.connections * QUEUED_PER_CONNECTION,
    connectTimeoutMs: http.connect_timeout,
    keepAliveMs: http.keep_alive_timeout,
    maxResponseBytes,
  };
}
