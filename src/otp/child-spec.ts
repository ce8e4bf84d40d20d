import { type GenServer, type StartOptions, tryStartServer } from './gen-server.ts';
import { type GenStatem, tryStartStatem } from './gen-statem.ts';
import type { MailboxOptions } from './mailbox.ts';
import type { Pid } from './pid.ts';
import type { StartResult } from './process.ts';
import type { ProcessName } from './process-name.ts';
import type { ProcessSystem } from './process-system.ts';
import type { AnySupervisorSpec } from './supervisor-spec.ts';

/**
 * When a child is started again: `permanent` always, `transient` after an abnormal end only (not after `normal`,
 * `shutdown`, `{ shutdown }`), `temporary` never.
 */
export type Restart = 'permanent' | 'transient' | 'temporary';

/**
 * How a child is stopped: killed at once, asked and killed after so many milliseconds, or asked and waited for.
 */
export type Shutdown = 'brutal_kill' | 'infinity' | number;

/** The supervisor, as the start function of a child sees it. Pass `parent: starter.pid` on. */
export interface Starter {
  readonly system: ProcessSystem;
  readonly pid: Pid;
}

interface ChildSpecFields {
  /** Unique among the children of a static supervisor. */
  readonly id: string;
  /** Starts the child and settles when it runs. A throw counts as a failed start. */
  readonly start: (starter: Starter) => Promise<StartResult>;
  /** @default 5000 for a worker, 'infinity' for a supervisor */
  readonly shutdown?: Shutdown;
  /** @default 'worker' */
  readonly type?: 'worker' | 'supervisor';
  /** The specification behind a child that is a supervisor; what draws the tree without starting it. */
  readonly supervisor?: AnySupervisorSpec;
  /** One sentence for the generated documentation. */
  readonly about?: string;
}

/** A child whose end never ends its supervisor. */
export interface PlainChildSpec extends ChildSpecFields {
  /** @default 'permanent' */
  readonly restart?: Restart;
  readonly significant?: false;
}

/** A child whose end may end its supervisor; see `autoShutdown`. It cannot be permanent. */
export interface SignificantChildSpec extends ChildSpecFields {
  readonly restart: 'transient' | 'temporary';
  readonly significant: true;
}

export type ChildSpec = PlainChildSpec | SignificantChildSpec;

/** When a plain child is restarted and how it is stopped. */
export interface PlainLifecycle {
  /** @default 'permanent' */
  readonly restart?: Restart;
  readonly significant?: false;
  /** @default 5000 for a worker, 'infinity' for a supervisor */
  readonly shutdown?: Shutdown;
}

/** The same of a child whose end may end its supervisor. */
export interface SignificantLifecycle {
  readonly restart: 'transient' | 'temporary';
  readonly significant: true;
  /** @default 5000 for a worker, 'infinity' for a supervisor */
  readonly shutdown?: Shutdown;
}

export interface ServerChildOptions<Args, State, Call, Cast, Info> {
  readonly id: string;
  readonly server: GenServer<Args, State, Call, Cast, Info>;
  readonly args: Args;
  /** Under which the child registers itself. */
  readonly name?: ProcessName<Call, Cast, Info>;
  readonly mailbox?: MailboxOptions;
  /** Longest time for `init`. @default 'infinity' */
  readonly startTimeoutMs?: number | 'infinity';
  readonly about?: string;
}

/** The specification of a child that is a gen-server. */
export function serverChild<Args, State, Call, Cast, Info>(
  options: ServerChildOptions<Args, State, Call, Cast, Info> & SignificantLifecycle,
): SignificantChildSpec;
export function serverChild<Args, State, Call, Cast, Info>(
  options: ServerChildOptions<Args, State, Call, Cast, Info> & PlainLifecycle,
): PlainChildSpec;
export function serverChild<Args, State, Call, Cast, Info>(
  options: ServerChildOptions<Args, State, Call, Cast, Info> & (PlainLifecycle | SignificantLifecycle),
): ChildSpec {
  const { id, server, args, name, mailbox, startTimeoutMs, about } = options;
  const startOptions: StartOptions<Call, Cast, Info> = {
    name,
    mailbox,
    startTimeoutMs,
    label: server.label ?? id,
  };
  return {
    id,
    start: starter =>
      tryStartServer(starter.system, server, args, {
        ...startOptions,
        parent: starter.pid,
      }) as Promise<StartResult>,
    type: 'worker',
    ...(about === undefined ? {} : { about }),
    ...lifecycleOf(options),
  };
}

export interface StatemChildOptions<Args, State extends string, Data, Call, Cast, Info>
  extends Omit<ServerChildOptions<Args, unknown, Call, Cast, Info>, 'server'> {
  readonly statem: GenStatem<Args, State, Data, Call, Cast, Info>;
}

/** The specification of a child that is a gen-statem. */
export function statemChild<Args, State extends string, Data, Call, Cast, Info>(
  options: StatemChildOptions<Args, State, Data, Call, Cast, Info> & SignificantLifecycle,
): SignificantChildSpec;
export function statemChild<Args, State extends string, Data, Call, Cast, Info>(
  options: StatemChildOptions<Args, State, Data, Call, Cast, Info> & PlainLifecycle,
): PlainChildSpec;
export function statemChild<Args, State extends string, Data, Call, Cast, Info>(
  options: StatemChildOptions<Args, State, Data, Call, Cast, Info> & (PlainLifecycle | SignificantLifecycle),
): ChildSpec {
  const { id, statem, args, name, mailbox, startTimeoutMs, about } = options;
  const startOptions: StartOptions<Call, Cast, Info> = {
    name,
    mailbox,
    startTimeoutMs,
    label: statem.label ?? id,
  };
  return {
    id,
    start: starter =>
      tryStartStatem(starter.system, statem, args, {
        ...startOptions,
        parent: starter.pid,
      }) as Promise<StartResult>,
    type: 'worker',
    ...(about === undefined ? {} : { about }),
    ...lifecycleOf(options),
  };
}

/** Only the lifecycle in a set of options. */
export function lifecycleOf(
  options: PlainLifecycle | SignificantLifecycle,
): PlainLifecycle | SignificantLifecycle {
  const { restart, significant, shutdown } = options;
  const lifecycle = {
    ...(restart === undefined ? {} : { restart }),
    ...(significant === undefined ? {} : { significant }),
    ...(shutdown === undefined ? {} : { shutdown }),
  };
  return lifecycle as PlainLifecycle;
}

/** A child specification with its defaults filled in. */
export interface CompleteChildSpec {
  readonly id: string;
  readonly restart: Restart;
  readonly shutdown: Shutdown;
  readonly type: 'worker' | 'supervisor';
  readonly significant: boolean;
}

/** Fills in the defaults of a child specification. */
export function completeChildSpec(spec: ChildSpec): CompleteChildSpec {
  const type = spec.type ?? 'worker';
  return {
    id: spec.id,
    restart: spec.restart ?? 'permanent',
    shutdown: spec.shutdown ?? (type === 'supervisor' ? 'infinity' : 5_000),
    type,
    significant: spec.significant ?? false,
  };
}
