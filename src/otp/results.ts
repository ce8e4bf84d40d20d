import type { ExitReason } from './exit-reason.ts';

/** What happens after a handler besides waiting for the next message. */
export interface After {
  /** Sends `{ type: 'timeout' }` to `handleInfo` unless another message arrives within this time. */
  readonly timeoutMs?: number;
  /** Runs `handleContinue` with this before the next message. */
  readonly continue?: unknown;
}

/** Answers the call. */
export class Reply<Value, State> {
  readonly value: Value;
  readonly next: Next<State> | undefined;

  constructor(value: Value, next: Next<State> | undefined) {
    this.value = value;
    this.next = next;
  }
}

/** Goes on, perhaps with another state. */
export class Next<State> {
  /** Holds the new state when there is one: `undefined` is a state too. */
  readonly state: readonly [State] | undefined;
  readonly after: After;

  constructor(state: readonly [State] | undefined, after: After) {
    this.state = state;
    this.after = after;
  }
}

/** Ends the process. */
export class Stop {
  readonly reason: ExitReason;

  constructor(reason: ExitReason) {
    this.reason = reason;
  }
}

/** Declines to start. */
export class Ignore {
  readonly kind = 'ignore';
}

/** Starts with `state` and more: information for whoever starts the process, a time-out, a continuation. */
export class Initialized<State> {
  readonly state: State;
  readonly options: After & { readonly info?: unknown };

  constructor(state: State, options: After & { readonly info?: unknown }) {
    this.state = state;
    this.options = options;
  }
}

/** Answers the call with `value`; the state stays. */
export function reply<Value>(value: Value, after?: After): Reply<Value, never> {
  return new Reply(value, after === undefined ? undefined : new Next<never>(undefined, after));
}

/** Answers the call with `value` and goes on with `state`. */
export function replyWith<Value, State>(value: Value, state: State, after: After = {}): Reply<Value, State> {
  return new Reply(value, new Next([state], after));
}

/** Goes on with `state`. */
export function nextState<State>(state: State, after: After = {}): Next<State> {
  return new Next([state], after);
}

/** Goes on with the state as it is. */
export function next(after: After = {}): Next<never> {
  return new Next<never>(undefined, after);
}

/** Ends the process with `reason`, through `terminate`. In `init`: fails the start. */
export function stop(reason: ExitReason): Stop {
  return new Stop(reason);
}

/** In `init`: declines to start; a supervisor goes on without the child. */
export function ignore(): Ignore {
  return new Ignore();
}

/** In `init`: starts with `state` and a continuation, a time-out, or information for whoever starts the process. */
export function initialized<State>(
  state: State,
  options: After & { readonly info?: unknown },
): Initialized<State> {
  return new Initialized(state, options);
}
