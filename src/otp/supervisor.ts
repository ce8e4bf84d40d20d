import type { ChildCounts, ChildInfo } from './child.ts';
import {
  type ChildSpec,
  type CompleteChildSpec,
  lifecycleOf,
  type PlainChildSpec,
  type PlainLifecycle,
  type SignificantChildSpec,
  type SignificantLifecycle,
} from './child-spec.ts';
import { DynamicSupervisorBody } from './dynamic-supervisor-body.ts';
import type { MailboxOptions } from './mailbox.ts';
import type { Pid, Target } from './pid.ts';
import type { StartResult } from './process.ts';
import type { ProcessName } from './process-name.ts';
import type { ProcessSystem } from './process-system.ts';
import { startedPid } from './start-result.ts';
import { SupervisorBody } from './supervisor-body.ts';
import type {
  AnySupervisorCall,
  ChangeSpecResult,
  DeleteChildResult,
  DynamicSupervisorCall,
  RestartChildResult,
  StartChildResult,
  SupervisorCall,
  TerminateChildResult,
} from './supervisor-messages.ts';
import type { AnySupervisorSpec, DynamicSupervisorSpec, SupervisorSpec } from './supervisor-spec.ts';

export type SupervisorPid = Pid<SupervisorCall>;
export type DynamicSupervisorPid<Args> = Pid<DynamicSupervisorCall<Args>>;

export interface SupervisorStartOptions<Call = never> {
  readonly name?: ProcessName<Call> | undefined;
  /** @default none: started from outside */
  readonly parent?: Pid | undefined;
  readonly mailbox?: MailboxOptions | undefined;
}

/** Whoever can make calls: the process system, or a process (`self`). */
export interface Caller {
  call: ProcessSystem['call'];
}

/**
 * Starts a static supervisor and, in order, its children; if one does not start, the others are stopped again.
 *
 * @throws OtpError `process_start_failed` with reason `{ shutdown: { failed_to_start_child, reason } }`
 */
export function startSupervisor(
  system: ProcessSystem,
  spec: SupervisorSpec,
  options?: SupervisorStartOptions<SupervisorCall>,
): Promise<SupervisorPid>;
/** Starts a dynamic supervisor. */
export function startSupervisor<Args>(
  system: ProcessSystem,
  spec: DynamicSupervisorSpec<Args>,
  options?: SupervisorStartOptions<DynamicSupervisorCall<Args>>,
): Promise<DynamicSupervisorPid<Args>>;
export async function startSupervisor(
  system: ProcessSystem,
  spec: AnySupervisorSpec,
  options: SupervisorStartOptions = {},
): Promise<Pid> {
  return startedPid(await tryStartSupervisor(system, spec, options));
}

/** As `startSupervisor`, with a failed start as a value. Never rejects. */
export function tryStartSupervisor(
  system: ProcessSystem,
  spec: AnySupervisorSpec,
  options: SupervisorStartOptions = {},
): Promise<StartResult> {
  return system.spawn({ ...options, label: spec.id }, self =>
    spec.kind === 'supervisor' ? new SupervisorBody(self, spec) : new DynamicSupervisorBody(self, spec),
  );
}

interface SupervisorChildOptions<S extends AnySupervisorSpec> {
  /** Under which the supervisor registers itself. */
  readonly name?: SupervisorNameOf<S>;
}

/** The specification of a child that is itself a supervisor; its id is the supervisor's. */
export function supervisorChild<S extends AnySupervisorSpec>(
  spec: S,
  options: SupervisorChildOptions<S> & SignificantLifecycle,
): SignificantChildSpec;
export function supervisorChild<S extends AnySupervisorSpec>(
  spec: S,
  options?: SupervisorChildOptions<S> & PlainLifecycle,
): PlainChildSpec;
export function supervisorChild<S extends AnySupervisorSpec>(
  spec: S,
  options: SupervisorChildOptions<S> & (PlainLifecycle | SignificantLifecycle) = {},
): ChildSpec {
  return {
    id: spec.id,
    start: starter =>
      tryStartSupervisor(starter.system, spec, {
        name: options.name as ProcessName | undefined,
        parent: starter.pid,
      }),
    type: 'supervisor',
    supervisor: spec,
    ...(spec.about === undefined ? {} : { about: spec.about }),
    ...lifecycleOf(options),
  };
}

/** The registered name of a static supervisor. */
export type SupervisorName = ProcessName<SupervisorCall>;

/** The registered name of a dynamic supervisor. */
export type DynamicSupervisorName<Args> = ProcessName<DynamicSupervisorCall<Args>>;

/** The type of a registered name for the supervisor that `S` describes. */
export type SupervisorNameOf<S extends AnySupervisorSpec> =
  S extends DynamicSupervisorSpec<infer Args> ? DynamicSupervisorName<Args> : SupervisorName;

/** `pid` as the pid of a supervisor, or `undefined` when it is something else or does not live. */
export function asSupervisor(
  system: ProcessSystem,
  pid: Pid | undefined,
): Pid<AnySupervisorCall> | undefined {
  const isSupervisor = pid !== undefined && system.find(pid)?.body.type === 'supervisor';
  return isSupervisor ? (pid as Pid<AnySupervisorCall>) : undefined;
}

/** Adds a child to a static supervisor, after those that it has, and starts it. */
export function startChild(
  caller: Caller,
  supervisor: Target<SupervisorCall>,
  spec: ChildSpec,
): Promise<StartChildResult> {
  return caller.call(supervisor, { type: 'start_child', spec }, 'infinity');
}

/** Starts a child of a dynamic supervisor. */
export function startDynamicChild<Args>(
  caller: Caller,
  supervisor: Target<DynamicSupervisorCall<Args>>,
  args: Args,
): Promise<StartChildResult> {
  const request = { type: 'start_child', args } as DynamicSupervisorCall<Args>;
  return caller.call(supervisor, request, 'infinity') as Promise<StartChildResult>;
}

/** Stops a child, by id under a static supervisor, by pid under a dynamic one. It is not restarted. */
export function terminateChild(
  caller: Caller,
  supervisor: Target<AnySupervisorCall>,
  child: string | Pid,
): Promise<TerminateChildResult> {
  return caller.call(supervisor, { type: 'terminate_child', child }, 'infinity');
}

/** Starts a stopped child of a static supervisor again. */
export function restartChild(
  caller: Caller,
  supervisor: Target<AnySupervisorCall>,
  child: string,
): Promise<RestartChildResult> {
  return caller.call(supervisor, { type: 'restart_child', child }, 'infinity');
}

/** Forgets a stopped child of a static supervisor. */
export function deleteChild(
  caller: Caller,
  supervisor: Target<AnySupervisorCall>,
  child: string,
): Promise<DeleteChildResult> {
  return caller.call(supervisor, { type: 'delete_child', child }, 'infinity');
}

/** The children in the order of their start. */
export function whichChildren(
  caller: Caller,
  supervisor: Target<AnySupervisorCall>,
): Promise<readonly ChildInfo[]> {
  return caller.call(supervisor, { type: 'which_children' }, 'infinity');
}

/** One child, or `undefined`. */
export function whichChild(
  caller: Caller,
  supervisor: Target<AnySupervisorCall>,
  child: string | Pid,
): Promise<ChildInfo | undefined> {
  return caller.call(supervisor, { type: 'which_child', child }, 'infinity');
}

export function countSupervised(caller: Caller, supervisor: Target<AnySupervisorCall>): Promise<ChildCounts> {
  return caller.call(supervisor, { type: 'count_children' }, 'infinity');
}

/** The specification of a child with its defaults filled in, or `undefined`. */
export function getChildSpec(
  caller: Caller,
  supervisor: Target<AnySupervisorCall>,
  child: string | Pid,
): Promise<CompleteChildSpec | undefined> {
  return caller.call(supervisor, { type: 'get_child_spec', child }, 'infinity');
}

/**
 * Gives a running static supervisor another specification: flags and child specifications count from now on;
 * children that it adds are not started, children that it drops keep running. A wrong one changes nothing.
 */
export function changeSpec(
  caller: Caller,
  supervisor: Target<SupervisorCall>,
  spec: SupervisorSpec,
): Promise<ChangeSpecResult> {
  return caller.call(supervisor, { type: 'change_spec', spec }, 'infinity');
}
