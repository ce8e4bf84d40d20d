import type { ExitReason } from './exit-reason.ts';
import { ServerBody } from './gen-server-body.ts';
import type { MailboxOptions } from './mailbox.ts';
import type { From, SystemInfo } from './messages.ts';
import type { Pid } from './pid.ts';
import type { StartResult } from './process.ts';
import type { ProcessName } from './process-name.ts';
import type { ProcessSystem } from './process-system.ts';
import type { ReplyOf } from './request.ts';
import type { Ignore, Initialized, Next, Reply, Stop } from './results.ts';
import type { Self } from './self.ts';
import { startedPid } from './start-result.ts';

type Awaitable<T> = T | Promise<T>;

/** What `init` may return: the state, the state with more (`initialized`), or `ignore()` / `stop(reason)`. */
export type InitResult<State> = State | Initialized<State> | Ignore | Stop;

/** What a message handler may return; nothing keeps the state as it is. */
// biome-ignore lint/suspicious/noConfusingVoidType: with `undefined` instead, a handler without a return would not compile
export type HandlerResult<State> = Next<State> | Stop | void;

/**
 * A gen-server: a process that handles one message after the other. Handlers may be asynchronous; the next message
 * waits for them. A throw in any of them ends the process with `{ error }`.
 */
export interface GenServer<Args, State, Call = never, Cast = never, Info = never> {
  /** What a person calls its processes. @default the child's id or the registered name */
  readonly label?: string;
  /** Whether exit signals arrive at `handleInfo`, except the parent's. @default false */
  readonly trapExit?: boolean;
  /** Makes the state. Whoever starts the process waits for it. */
  init(self: Self<Call, Cast, Info>, args: Args): Awaitable<InitResult<State>>;
  /** Answers a call, by `reply(value)` or later by `from.reply(value)`. */
  handleCall?(
    call: Call,
    from: From<ReplyOf<Call>>,
    state: State,
    self: Self<Call, Cast, Info>,
  ): Awaitable<Reply<ReplyOf<Call>, State> | HandlerResult<State>>;
  handleCast?(cast: Cast, state: State, self: Self<Call, Cast, Info>): Awaitable<HandlerResult<State>>;
  /** Takes messages of `send` and `sendAfter`, `DOWN`, `EXIT` and `timeout`. @default they are logged and dropped */
  handleInfo?(
    info: Info | SystemInfo,
    state: State,
    self: Self<Call, Cast, Info>,
  ): Awaitable<HandlerResult<State>>;
  /** Runs right after a handler that returned `next({ continue })`, before any other message. */
  handleContinue?(
    argument: unknown,
    state: State,
    self: Self<Call, Cast, Info>,
  ): Awaitable<HandlerResult<State>>;
  /**
   * Runs before the process ends, except when it is killed or fails in `init`. With it, an exit signal that is not
   * trapped waits for the handler under way, then ends the process through here.
   */
  terminate?(reason: ExitReason, state: State, self: Self<Call, Cast, Info>): Awaitable<void>;
  /** The state as `trunkline tree` and `sys.getStatus` show it; keep secrets out. @default nothing */
  formatStatus?(state: State): unknown;
}

export interface StartOptions<Call = never, Cast = never, Info = never> {
  /** Registers the process; a name that is taken fails the start. */
  readonly name?: ProcessName<Call, Cast, Info> | undefined;
  /** The process that starts this one. @default none: started from outside */
  readonly parent?: Pid | undefined;
  /** Whether parent and child share their end. @default true when there is a parent */
  readonly link?: boolean | undefined;
  readonly label?: string | undefined;
  readonly mailbox?: MailboxOptions | undefined;
  /** Longest time for `init`; then the process is ended with `timeout`. @default 'infinity' */
  readonly startTimeoutMs?: number | 'infinity' | undefined;
}

/**
 * Starts a gen-server and waits for its `init`.
 *
 * @throws OtpError `process_start_failed` (`details.reason`), `process_start_ignored`
 */
export async function startServer<Args, State, Call, Cast, Info>(
  system: ProcessSystem,
  server: GenServer<Args, State, Call, Cast, Info>,
  args: Args,
  options: StartOptions<Call, Cast, Info> = {},
): Promise<Pid<Call, Cast, Info>> {
  return startedPid(await tryStartServer(system, server, args, options));
}

/** As `startServer`, with a failed or declined start as a value. Never rejects. */
export function tryStartServer<Args, State, Call, Cast, Info>(
  system: ProcessSystem,
  server: GenServer<Args, State, Call, Cast, Info>,
  args: Args,
  options: StartOptions<Call, Cast, Info> = {},
): Promise<StartResult<Pid<Call, Cast, Info>>> {
  const label = options.label ?? server.label ?? options.name?.toString() ?? 'server';
  const started = system.spawn({ ...options, label }, self => new ServerBody(self, server as never, args));
  return started as Promise<StartResult<Pid<Call, Cast, Info>>>;
}
