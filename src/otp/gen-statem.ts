import type { ExitReason } from './exit-reason.ts';
import type { StartOptions } from './gen-server.ts';
import { StatemBody } from './gen-statem-body.ts';
import type { Pid } from './pid.ts';
import type { StartResult } from './process.ts';
import type { ProcessSystem } from './process-system.ts';
import type { Ignore, Stop } from './results.ts';
import type { Self } from './self.ts';
import { startedPid } from './start-result.ts';
import type { StatemEvent, StatemStart, Transition } from './statem-events.ts';

type Awaitable<T> = T | Promise<T>;

// biome-ignore lint/suspicious/noConfusingVoidType: with `undefined` instead, a handler without a return would not compile
export type StatemResult<State extends string, Data> = Transition<State, Data> | Stop | void;

/**
 * A gen-statem: a process that is in one of a few named states, with data beside. Events arrive at one function, as
 * in Erlang's `handle_event_function` mode; a throw ends the process with `{ error }`.
 */
export interface GenStatem<Args, State extends string, Data, Call = never, Cast = never, Info = never> {
  /** What a person calls its processes. @default the child's id or the registered name */
  readonly label?: string;
  /** Whether exit signals arrive as `info`, except the parent's. @default false */
  readonly trapExit?: boolean;
  /** Whether entering a state is an event too, the first state included. @default false */
  readonly stateEnter?: boolean;
  init(self: Self<Call, Cast, Info>, args: Args): Awaitable<StatemStart<State, Data> | Ignore | Stop>;
  /** Handles one event; nothing returned keeps state and data. */
  handleEvent(
    event: StatemEvent<Call, Cast, Info, State>,
    state: State,
    data: Data,
    self: Self<Call, Cast, Info>,
  ): Awaitable<StatemResult<State, Data>>;
  /** Runs before the process ends, except when it is killed or fails in `init`. */
  terminate?(reason: ExitReason, state: State, data: Data, self: Self<Call, Cast, Info>): Awaitable<void>;
  /** State and data as the tree and `sys.getStatus` show them. @default the name of the state */
  formatStatus?(state: State, data: Data): unknown;
}

/**
 * Starts a gen-statem and waits for its `init`.
 *
 * @throws OtpError `process_start_failed` (`details.reason`), `process_start_ignored`
 */
export async function startStatem<Args, State extends string, Data, Call, Cast, Info>(
  system: ProcessSystem,
  statem: GenStatem<Args, State, Data, Call, Cast, Info>,
  args: Args,
  options: StartOptions<Call, Cast, Info> = {},
): Promise<Pid<Call, Cast, Info>> {
  return startedPid(await tryStartStatem(system, statem, args, options));
}

/** As `startStatem`, with a failed or declined start as a value. Never rejects. */
export function tryStartStatem<Args, State extends string, Data, Call, Cast, Info>(
  system: ProcessSystem,
  statem: GenStatem<Args, State, Data, Call, Cast, Info>,
  args: Args,
  options: StartOptions<Call, Cast, Info> = {},
): Promise<StartResult<Pid<Call, Cast, Info>>> {
  const label = options.label ?? statem.label ?? options.name?.toString() ?? 'statem';
  const started = system.spawn({ ...options, label }, self => new StatemBody(self, statem as never, args));
  return started as Promise<StartResult<Pid<Call, Cast, Info>>>;
}
