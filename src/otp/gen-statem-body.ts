import type { ExitReason } from './exit-reason.ts';
import type { GenStatem, StatemResult } from './gen-statem.ts';
import type { Envelope, From } from './messages.ts';
import type { Process } from './process.ts';
import type { InitOutcome, ProcessBody } from './process-body.ts';
import { Ignore, Stop } from './results.ts';
import type { Self } from './self.ts';
import type { StatemActions, StatemEvent, TimeoutSetting } from './statem-events.ts';
import { Expired, StatemTimers } from './statem-timers.ts';

type Event<Call, Cast, Info, State extends string> = StatemEvent<Call, Cast, Info, State>;

/** An event of the machine's own making, or one that it handles again. */
class Requeued {
  readonly event: StatemEvent;

  constructor(event: StatemEvent) {
    this.event = event;
  }
}

/** Runs a gen-statem inside a process. Postponed events are held in the process's mailbox, within its bound. */
export class StatemBody<Args, State extends string, Data, Call, Cast, Info> implements ProcessBody {
  readonly type = 'worker';
  readonly putsParentExitFirst = false;
  readonly #process: Process;
  readonly #self: Self<Call, Cast, Info>;
  readonly #statem: GenStatem<Args, State, Data, Call, Cast, Info>;
  readonly #timers: StatemTimers;
  /** Handled before the mailbox: inserted events, then postponed ones whose time has come, then time-outs of 0 ms. */
  #internal: Envelope[] = [];
  #args: Args | undefined;
  #state: State | undefined;
  #data: Data | undefined;

  constructor(process: Process, statem: GenStatem<Args, State, Data, Call, Cast, Info>, args: Args) {
    this.#process = process;
    this.#self = process as unknown as Self<Call, Cast, Info>;
    this.#statem = statem;
    this.#args = args;
    this.#timers = new StatemTimers(process, expired =>
      this.#internal.push({ kind: 'own', message: expired }),
    );
    process.trapExit = statem.trapExit ?? false;
  }

  get hasTerminate(): boolean {
    return this.#statem.terminate !== undefined;
  }

  async init(): Promise<InitOutcome> {
    const result = await this.#statem.init(this.#self, this.#args as Args);
    this.#args = undefined;
    if (result instanceof Ignore) return { kind: 'ignore' };
    if (result instanceof Stop) return { kind: 'stop', reason: result.reason };
    this.#state = result.state;
    this.#data = result.data;
    this.#act(result.actions);
    if (this.#statem.stateEnter) await this.#enter(result.state);
    if (this.#internal.length > 0) this.#process.runNext(() => this.#drain());
    return undefined;
  }

  handle(envelope: Envelope): void | Promise<void> {
    const event = this.#eventOf(envelope);
    if (event === undefined) return;
    const pending = this.#handleEvent(event, envelope);
    if (pending instanceof Promise) return pending.then(() => this.#drain());
    return this.#drain();
  }

  terminate(reason: ExitReason): void | Promise<void> {
    return this.#statem.terminate?.(reason, this.#state as State, this.#data as Data, this.#self);
  }

  state(): unknown {
    return { state: this.#state, data: this.#data };
  }

  replaceState(replace: (state: unknown) => unknown): void {
    const { state, data } = replace(this.state()) as { state: State; data: Data };
    this.#state = state;
    this.#data = data;
  }

  describe(): unknown {
    if (this.#process.status !== 'running') return undefined;
    const { formatStatus } = this.#statem;
    return formatStatus === undefined
      ? this.#state
      : formatStatus.call(this.#statem, this.#state as State, this.#data as Data);
  }

  #eventOf(envelope: Envelope): Event<Call, Cast, Info, State> | undefined {
    switch (envelope.kind) {
      case 'call':
        return { type: 'call', request: envelope.request as Call, from: envelope.from as From<never> };
      case 'cast':
        return { type: 'cast', message: envelope.message as Cast };
      case 'own':
        return this.#ownEvent(envelope.message);
      case 'signal':
        if (envelope.message.type === 'EXIT' && envelope.message.pid === this.#process.parent) {
          this.#process.end(envelope.message.reason);
          return undefined;
        }
        return { type: 'info', message: envelope.message };
      case 'info':
        return { type: 'info', message: envelope.message as Info };
      default:
        return undefined;
    }
  }

  #ownEvent(message: unknown): Event<Call, Cast, Info, State> | undefined {
    if (message instanceof Requeued) return message.event as Event<Call, Cast, Info, State>;
    if (message instanceof Expired)
      return this.#timers.take(message) as Event<Call, Cast, Info, State> | undefined;
    return { type: 'info', message: message as Info };
  }

  #drain(): void | Promise<void> {
    for (;;) {
      if (this.#process.isEnding || !this.#process.isAlive) return;
      const envelope = this.#internal.shift();
      if (envelope === undefined) return;
      const event = this.#eventOf(envelope);
      if (event === undefined) continue;
      const pending = this.#handleEvent(event, envelope);
      if (pending instanceof Promise) return pending.then(() => this.#drain());
    }
  }

  #handleEvent(event: Event<Call, Cast, Info, State>, envelope: Envelope): void | Promise<void> {
    this.#timers.cancel('event');
    const result = this.#statem.handleEvent(event, this.#state as State, this.#data as Data, this.#self);
    if (result instanceof Promise) return result.then(settled => this.#apply(settled, event, envelope));
    return this.#apply(result, event, envelope);
  }

  #apply(
    result: StatemResult<State, Data>,
    event: Event<Call, Cast, Info, State>,
    envelope: Envelope,
  ): void | Promise<void> {
    if (result instanceof Stop) {
      this.#process.end(result.reason);
      return;
    }
    if (result === undefined) return;
    const { state, isRepeated, actions } = result;
    const old = this.#state as State;
    const isChange = state !== undefined && state !== old;
    if (actions.postpone) this.#postpone(event, envelope);
    if (isChange) {
      this.#state = state;
      this.#timers.cancel('state');
      this.#internal = [...this.#process.mailbox.takeHeld(), ...this.#internal];
    }
    this.#act(actions);
    if (this.#statem.stateEnter && (isChange || isRepeated)) return this.#enter(old);
  }

  #postpone(event: Event<Call, Cast, Info, State>, envelope: Envelope): void {
    this.#process.mailbox.hold(envelope.kind === 'own' ? own(event as StatemEvent) : envelope);
  }

  #enter(from: State): void | Promise<void> {
    const event: Event<Call, Cast, Info, State> = { type: 'enter', from };
    const result = this.#statem.handleEvent(event, this.#state as State, this.#data as Data, this.#self);
    if (result instanceof Promise) return result.then(settled => this.#afterEnter(settled));
    this.#afterEnter(result);
  }

  #afterEnter(result: StatemResult<State, Data>): void {
    if (result instanceof Stop) {
      this.#process.end(result.reason);
    } else if (result !== undefined) {
      const { state, isRepeated, actions } = result;
      if ((state !== undefined && state !== this.#state) || isRepeated || actions.postpone) {
        throw new Error('on entering a state, the state cannot change and the event cannot be postponed');
      }
      this.#act(actions);
    }
  }

  #act(actions: StatemActions<Data>): void {
    if ('data' in actions) this.#data = actions.data;
    const events = actions.nextEvents ?? [];
    this.#internal = [...events.map(content => own({ type: 'internal', content })), ...this.#internal];
    this.#set('state', actions.stateTimeout);
    this.#set('event', actions.eventTimeout);
    for (const [name, setting] of Object.entries(actions.timeouts ?? {})) this.#set(`name:${name}`, setting);
  }

  #set(key: string, setting: TimeoutSetting | undefined): void {
    if (setting !== undefined) this.#timers.set(key, setting);
  }
}

function own(event: StatemEvent): Envelope {
  return { kind: 'own', message: new Requeued(event) };
}
