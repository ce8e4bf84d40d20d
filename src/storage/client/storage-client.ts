import type { CircuitBreaker } from '../../circuit-breaker/circuit-breaker.ts';
import type { Clock } from '../../clock/clock.ts';
import type { Log } from '../../telemetry/log.ts';
import type { MetricRegistry } from '../../telemetry/metrics.ts';
import type { CommandChannel } from '../channel/command-channel.ts';
import { StorageError } from '../errors.ts';
import { CallOutcomes } from './call-outcomes.ts';
import { CallPool } from './call-pool.ts';
import { CallTimes } from './call-times.ts';
import { ClientCounters } from './client-counters.ts';
import { clientDefaults, type StorageClientOptions } from './client-options.ts';
import type { Lane } from './lane.ts';
import { LaneTable } from './lane-table.ts';
import { SessionOrder } from './session-order.ts';
import type { CallOwner, StorageCall } from './storage-call.ts';
import type { StorageRequest } from './storage-request.ts';
import { TypedStore } from './typed-store.ts';

interface LostCall {
  readonly call: StorageCall;
  readonly wasSent: boolean;
}

export interface StorageClientDependencies {
  readonly clock: Clock;
  readonly metrics: MetricRegistry;
  readonly log: Log;
  readonly breaker: CircuitBreaker;
  /** Uniform in [0, 1). @default Math.random */
  readonly random?: () => number;
}

/** Whether the runtime behind the client answers, and since when by the clock's `now()`. */
export interface RecoveryState {
  readonly state: 'running' | 'restarting' | 'stopped';
  readonly since: number;
}

/**
 * The one way into the storage runtime. It routes each request to a storage thread and sees to it that it has exactly
 * one outcome: time-outs, repetitions of what may be repeated, the circuit breaker, priorities where a thread is busy,
 * waiting where the runtime restarts. The runtime attaches and detaches the threads' channels.
 */
export class StorageClient implements CallOwner {
  readonly counters: ClientCounters;
  readonly #options: StorageClientOptions;
  readonly #clock: Clock;
  readonly #breaker: CircuitBreaker;
  readonly #times: CallTimes;
  readonly #pool: CallPool;
  readonly #sessions: SessionOrder;
  readonly #lanes: LaneTable;
  readonly #outcomes: CallOutcomes;
  #recovery: RecoveryState;
  #order = 0;
  /** The calls of a channel that is being taken away. */
  #lost: LostCall[] | undefined;
  #stopping: Promise<void> | undefined;

  constructor(options: StorageClientOptions, dependencies: StorageClientDependencies) {
    this.#options = options;
    this.#clock = dependencies.clock;
    this.#breaker = dependencies.breaker;
    this.#times = new CallTimes(options, this.#clock, dependencies.random ?? Math.random);
    this.#pool = new CallPool(this);
    this.#sessions = new SessionOrder(
      { maxCommands: options.maxCommands, maxBytes: options.maxQueuedBytes ?? clientDefaults.maxQueuedBytes },
      request => this.#lanes.mustWrite(request),
      call => {
        this.#times.end(call);
        this.#dispatch(call, this.#clock.now());
      },
    );
    this.#lanes = new LaneTable(options);
    this.#recovery = { state: 'restarting', since: this.#clock.now() };
    this.counters = new ClientCounters(dependencies.metrics, {
      active: () => this.#pool.inUse,
      queued: priority => this.#lanes.queuedOf(priority),
      recovery: () => this.#recovery.state,
    });
    this.#outcomes = new CallOutcomes(this.#pool, this.#sessions, this.counters, dependencies.log);
  }

  /** The stores, in the order of the runtime's list. */
  get stores(): StorageClientOptions['stores'] {
    return this.#options.stores;
  }

  /**
   * The store of this name, for typed calls.
   * @throws TypeError when there is none.
   */
  store(name: string): TypedStore {
    const index = this.#options.stores.findIndex(store => store.name === name);
    if (index === -1) throw new TypeError(`there is no store ${name}`);
    return new TypedStore(index, request => this.submit(request));
  }

  get recovery(): RecoveryState {
    return this.#recovery;
  }

  /** Calls without an outcome yet. */
  get active(): number {
    return this.#pool.inUse;
  }

  /** Calls that wait for room in a channel or for the runtime. */
  get queued(): number {
    return this.#lanes.queued;
  }

  /**
   * Runs a request; it tells its outcome by `onReply` or `onError`. A request that is refused may be told so before this
   * returns, a reply never.
   */
  submit(request: StorageRequest): void {
    if (this.#recovery.state === 'stopped') {
      this.#outcomes.refuse(request, 'storage_stopped');
      return;
    }
    if (request.count > this.#options.maxCommands) {
      this.#outcomes.refuse(request, 'storage_overloaded', tooLarge);
      return;
    }
    const now = this.#clock.now();
    const call = this.#pool.take(request);
    call.order = this.#order++;
    call.endsAt = now + (request.timeoutMs ?? this.#options.timeoutMs);
    if (request.session === undefined || this.#sessions.mayGo(request.session, request)) {
      this.#dispatch(call, now);
    } else if (this.#sessions.park(request.session, call)) {
      this.#times.park(call, now);
    } else {
      this.#fail(call, new StorageError('storage_overloaded'));
    }
  }

  /** The writer thread answers from now on; what waited for it is sent. */
  attachWriter(channel: CommandChannel): void {
    if (this.#lanes.writer.channel !== undefined) throw new TypeError('a writer is attached already');
    this.#enter('running');
    this.#attach(this.#lanes.writer, channel);
  }

  /** The writer thread is gone: what must not be repeated fails, the rest waits for the next one. */
  detachWriter(reason: string): void {
    if (this.#lanes.writer.channel === undefined) return;
    this.#enter('restarting');
    this.#detach(this.#lanes.writer, reason);
  }

  /** One more thread takes reads. */
  attachReader(channel: CommandChannel): void {
    const lane = this.#lanes.addReader();
    this.#attach(lane, channel);
  }

  /** A reader is gone or is about to be closed; what it has not answered goes to the other threads. */
  detachReader(channel: CommandChannel, reason = 'a storage reader was taken out'): void {
    const lane = this.#lanes.removeReader(channel);
    if (lane === undefined) return;
    this.#detach(lane, reason);
  }

  /**
   * Refuses new calls, waits up to `withinMs` milliseconds for the outcome of the accepted ones, then fails those left
   * with `storage_stopped`. The channels stay attached: the runtime closes them afterwards.
   */
  stop(withinMs: number): Promise<void> {
    this.#stopping ??= this.#stop(withinMs);
    return this.#stopping;
  }

  /** For the calls only. */
  onCallReply(call: StorageCall, reply: Buffer): void {
    this.#times.end(call);
    this.#breaker.success(call.permit);
    this.#outcomes.reply(call, reply);
  }

  /** For the calls only. */
  onCallLost(call: StorageCall, error: StorageError, wasSent: boolean): void {
    this.#times.end(call);
    if (this.#lost !== undefined) {
      // A thread that died is the supervisor's business; the breaker judges one that is there and does not answer.
      this.#breaker.release(call.permit);
      this.#lost.push({ call, wasSent });
      return;
    }
    this.#breaker.failure(call.permit, error.code);
    this.#repeatOrFail(call, error, wasSent);
  }

  /** For the calls only. */
  onCallDeadline(call: StorageCall): void {
    const now = this.#clock.now();
    const { phase } = call;
    if (phase === 'sent') {
      this.#breaker.failure(call.permit, 'storage_timeout');
      this.#withdraw(call);
      this.counters.timedOut();
      this.#repeatOrFail(call, new StorageError('storage_timeout'), true);
    } else if (phase === 'backoff') {
      this.#times.end(call);
      this.#dispatch(call, now);
    } else {
      const isDown = phase === 'queued' && call.lane!.channel === undefined;
      this.#withdraw(call);
      if (phase === 'parked' || now >= call.endsAt) this.#fail(call, neverSent());
      else this.#fail(call, new StorageError(isDown ? 'storage_unavailable' : 'storage_overloaded'));
    }
  }

  #enter(state: 'running' | 'restarting'): void {
    if (this.#recovery.state !== 'stopped') this.#recovery = { state, since: this.#clock.now() };
  }

  async #stop(withinMs: number): Promise<void> {
    this.#recovery = { state: 'stopped', since: this.#clock.now() };
    await this.#outcomes.whenIdle(this.#clock, withinMs);
    for (const call of this.#pool.inUseSnapshot()) {
      if (call.request === undefined) continue;
      if (call.phase === 'sent') this.#breaker.release(call.permit);
      this.#withdraw(call);
      this.#fail(call, new StorageError('storage_stopped'));
    }
  }

  /** Sends the call, or lets it wait for its lane. */
  #dispatch(call: StorageCall, now: number): void {
    const request = call.request!;
    const lane = this.#lanes.route(request);
    const { channel, queue } = lane;
    call.lane = lane;
    if (request.session !== undefined) this.#sessions.enter(request.session, call, lane);
    if (
      channel !== undefined &&
      queue.size === 0 &&
      channel.hasRoom(request.count, request.commands.length)
    ) {
      this.#send(call, channel, now);
      return;
    }
    if (!this.#breaker.isAdmitting) {
      this.#fail(call, new StorageError('storage_breaker_open'));
      return;
    }
    if (channel === undefined) {
      if (queue.size >= this.#options.restartQueue.maxCalls || !queue.isWithinBytes(request)) {
        this.#fail(call, new StorageError('storage_unavailable'));
        return;
      }
    } else {
      channel.holdBack();
      if (!queue.isWithinCap(request) || !queue.isWithinBytes(request)) {
        this.#fail(call, new StorageError('storage_overloaded'));
        return;
      }
    }
    queue.push(call);
    this.#times.queue(call, now);
  }

  #send(call: StorageCall, channel: CommandChannel, now: number): void {
    const permit = this.#breaker.tryAcquire();
    if (permit === 0) {
      this.#fail(call, new StorageError('storage_breaker_open'));
      return;
    }
    call.permit = permit;
    call.id = channel.send(call.request!, call);
    this.#times.send(call, now);
  }

  /** Sends what waits as far as there is room. */
  #pump(lane: Lane): void {
    const { queue } = lane;
    const now = this.#clock.now();
    for (;;) {
      const { channel } = lane;
      const call = queue.peek();
      if (call === undefined || channel === undefined) return;
      const request = call.request!;
      if (!channel.hasRoom(request.count, request.commands.length)) return;
      queue.shift(call);
      this.#times.end(call);
      this.#send(call, channel, now);
    }
  }

  #attach(lane: Lane, channel: CommandChannel): void {
    lane.channel = channel;
    channel.onRoom = () => {
      if (lane.queue.size > 0) this.#pump(lane);
    };
    this.#pump(lane);
    const now = this.#clock.now();
    for (const call of lane.queue.snapshot()) this.#times.queue(call, now);
  }

  #detach(lane: Lane, reason: string): void {
    const channel = lane.channel!;
    lane.channel = undefined;
    channel.onRoom = undefined;
    const lost: LostCall[] = [];
    this.#lost = lost;
    channel.fail(new StorageError('storage_unavailable', `The storage thread is gone: ${reason}.`));
    this.#lost = undefined;
    const now = this.#clock.now();
    if (lane.role === 'writer') {
      for (const call of lane.queue.snapshot()) this.#times.queue(call, now);
    } else {
      for (const call of lane.queue.snapshot()) {
        this.#withdraw(call);
        lost.push({ call, wasSent: false });
      }
      for (const { call } of lost) {
        if (call.request!.session !== undefined) this.#sessions.forgetLane(call.request!.session);
      }
    }
    // The channel's table is in no order. From the newest to the oldest, each is the first of those that wait.
    lost.sort((a, b) => b.call.order - a.call.order);
    const failing: StorageCall[] = [];
    const lanes = new Set<Lane>();
    for (const { call, wasSent } of lost) {
      if (this.#requeue(call, wasSent, now)) lanes.add(call.lane!);
      else failing.push(call);
    }
    for (const waiting of lanes) this.#pump(waiting);
    // Last, as their callers may submit the next call of their session at once.
    for (const call of failing.reverse()) {
      const code = call.request!.access === 'write' ? 'storage_outcome_unknown' : 'storage_unavailable';
      this.#fail(call, new StorageError(code, undefined, { details: { reason } }));
    }
  }

  /** Lets a call whose thread is gone wait for the next one; false when it may have run and must not run again. */
  #requeue(call: StorageCall, wasSent: boolean, now: number): boolean {
    const request = call.request!;
    if (wasSent) {
      if (!request.isRepeatable || call.attempts >= this.#options.retry.attempts) return false;
      this.counters.retried('restart');
    } else if (call.phase === 'sent') call.attempts--;
    const lane = this.#lanes.route(request);
    call.lane = lane;
    if (request.session !== undefined) this.#sessions.enter(request.session, call, lane);
    // It was accepted before, so no limit of the queue turns it away: the channel's capacity bounds how many come.
    lane.queue.pushBack(call);
    this.#times.queue(call, now);
    return true;
  }

  #repeatOrFail(call: StorageCall, error: StorageError, wasSent: boolean): void {
    const { retry } = this.#options;
    const request = call.request!;
    const now = this.#clock.now();
    if ((wasSent && !request.isRepeatable) || call.attempts >= retry.attempts || now >= call.endsAt) {
      this.#fail(call, error);
      return;
    }
    const { session } = request;
    if (session !== undefined) {
      // A later call of the session must not overtake it: it goes at once, or not at all.
      if (!this.#sessions.isAlone(session)) {
        this.#fail(call, error);
        return;
      }
      this.counters.retried(error.code);
      this.#dispatch(call, now);
      return;
    }
    if (this.#times.backOff(call, now)) this.counters.retried(error.code);
    else this.#fail(call, error);
  }

  /** Takes a call out of wherever it waits. */
  #withdraw(call: StorageCall): void {
    this.#times.end(call);
    if (call.phase === 'sent') call.lane!.channel!.abandon(call.id);
    else if (call.phase === 'queued') call.lane!.queue.remove(call);
    else if (call.phase === 'parked') this.#sessions.unpark(call.request!.session!, call);
  }

  #fail(call: StorageCall, error: StorageError): void {
    this.#outcomes.fail(call, error);
  }
}

const tooLarge = 'The call holds more commands than the channel takes at all.';

const neverSent = () =>
  new StorageError(
    'storage_timeout',
    'The time of the call was over before it could be sent; it was not applied.',
  );
