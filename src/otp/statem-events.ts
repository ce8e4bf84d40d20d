import type { DownMessage, ExitMessage, From } from './messages.ts';
import type { ReplyOf } from './request.ts';

/** What a gen-statem handles, one at a time. */
export type StatemEvent<Call = never, Cast = never, Info = never, State extends string = string> =
  | { readonly type: 'call'; readonly request: Call; readonly from: From<ReplyOf<Call>> }
  | { readonly type: 'cast'; readonly message: Cast }
  | { readonly type: 'info'; readonly message: Info | ExitMessage | DownMessage }
  /** The time that the state had is over. */
  | { readonly type: 'state_timeout'; readonly content: unknown }
  /** No other event came in the time that was given. */
  | { readonly type: 'event_timeout'; readonly content: unknown }
  /** A named time-out, which runs on through state changes. */
  | { readonly type: 'timeout'; readonly name: string; readonly content: unknown }
  /** An event of the machine's own making. */
  | { readonly type: 'internal'; readonly content: unknown }
  /** The state was entered; only with `stateEnter`. */
  | { readonly type: 'enter'; readonly from: State };

/** A time-out: milliseconds, milliseconds with content, or the end of the running one. */
export type TimeoutSetting = number | { readonly ms: number; readonly content: unknown } | 'cancel';

/** What happens besides the transition. */
export interface StatemActions<Data> {
  /** The new data. @default the old */
  readonly data?: Data;
  /** Handles this event again after the next change of state. */
  readonly postpone?: boolean;
  /** Ends when the state changes. */
  readonly stateTimeout?: TimeoutSetting;
  /** Ends with whatever event comes next. */
  readonly eventTimeout?: TimeoutSetting;
  /** By name; they run on through state changes. */
  readonly timeouts?: Readonly<Record<string, TimeoutSetting>>;
  /** `internal` events, handled before anything else. */
  readonly nextEvents?: readonly unknown[];
}

/** What a gen-statem does after an event. */
export class Transition<State extends string, Data> {
  /** The next state; `undefined` keeps the state. */
  readonly state: State | undefined;
  readonly isRepeated: boolean;
  readonly actions: StatemActions<Data>;

  constructor(state: State | undefined, isRepeated: boolean, actions: StatemActions<Data>) {
    this.state = state;
    this.isRepeated = isRepeated;
    this.actions = actions;
  }
}

/** Goes to `state`; the same state as before is no change. */
export function toState<const State extends string, Data = never>(
  state: State,
  actions: StatemActions<Data> = {},
): Transition<State, Data> {
  return new Transition<State, Data>(state, false, actions);
}

/** Stays in the state. */
export function keepState<Data = never>(actions: StatemActions<Data> = {}): Transition<never, Data> {
  return new Transition<never, Data>(undefined, false, actions);
}

/** Stays in the state and, with `stateEnter`, enters it again. */
export function repeatState<Data = never>(actions: StatemActions<Data> = {}): Transition<never, Data> {
  return new Transition<never, Data>(undefined, true, actions);
}

/** How a gen-statem begins. */
export class StatemStart<State extends string, Data> {
  readonly state: State;
  readonly data: Data;
  readonly actions: StatemActions<Data>;

  constructor(state: State, data: Data, actions: StatemActions<Data>) {
    this.state = state;
    this.data = data;
    this.actions = actions;
  }
}

/** In `init`: begins in `state` with `data`. */
export function startIn<const State extends string, Data>(
  state: State,
  data: Data,
  actions: StatemActions<Data> = {},
): StatemStart<State, Data> {
  return new StatemStart(state, data, actions);
}
