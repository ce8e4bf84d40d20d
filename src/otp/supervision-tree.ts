import type { Child, ChildStatus } from './child.ts';
import { type ChildSpec, completeChildSpec, type Restart, type Shutdown } from './child-spec.ts';
import { DynamicSupervisorBody } from './dynamic-supervisor-body.ts';
import type { Pid, Target } from './pid.ts';
import type { Process } from './process.ts';
import type { ProcessSystem } from './process-system.ts';
import { SupervisorBody } from './supervisor-body.ts';
import type { AnySupervisorSpec, AutoShutdown, Strategy } from './supervisor-spec.ts';

/** One process of the running tree. */
export interface LiveNode {
  /** The child's id; for a child of a dynamic supervisor too. */
  readonly id: string;
  readonly pid: Pid | undefined;
  readonly type: 'worker' | 'supervisor';
  /** `suspended`: by `sys`; `undefined`: stopped, and not to be restarted by itself. */
  readonly status: ChildStatus | 'starting' | 'terminating' | 'suspended';
  /** Set for a supervisor. */
  readonly strategy: Strategy | 'dynamic' | undefined;
  /** How often its supervisor started it again. */
  readonly restarts: number;
  /** Messages that wait. */
  readonly mailboxLength: number;
  /** What the behaviour's `formatStatus` makes of the state; the name of the state of a gen-statem. */
  readonly state: unknown;
  readonly children: readonly LiveNode[];
}

/** One child of a specified tree. */
export interface SpecNode {
  readonly id: string;
  readonly type: 'worker' | 'supervisor';
  readonly restart: Restart;
  readonly shutdown: Shutdown;
  readonly significant: boolean;
  readonly about: string | undefined;
  /** Set for a supervisor. */
  readonly supervisor: SupervisorNode | undefined;
}

/** A specified supervisor and what is below it. */
export interface SupervisorNode {
  readonly id: string;
  readonly strategy: Strategy | 'dynamic';
  readonly intensity: number;
  readonly periodMs: number;
  readonly autoShutdown: AutoShutdown;
  readonly about: string | undefined;
  /** For a dynamic supervisor its template, if it has one. */
  readonly children: readonly SpecNode[];
}

/**
 * The running tree below `root` as it is now. Reads only, waits for nobody: a supervisor that is busy starting a
 * child answers no message meanwhile. `undefined` when the root does not live.
 */
export function liveTree(system: ProcessSystem, root: Target): LiveNode | undefined {
  const process = system.find(root);
  return process === undefined ? undefined : nodeOf(system, process, undefined);
}

/** The tree that `spec` describes; nothing is started. */
export function specTree(spec: AnySupervisorSpec): SupervisorNode {
  const { id, intensity, periodMs, about } = spec;
  if (spec.kind === 'supervisor') {
    const { strategy, autoShutdown } = spec;
    return { id, strategy, intensity, periodMs, autoShutdown, about, children: spec.children.map(specNode) };
  }
  const children = spec.template === undefined ? [] : [specNode(spec.template)];
  return { id, strategy: 'dynamic', intensity, periodMs, autoShutdown: 'never', about, children };
}

function specNode(spec: ChildSpec): SpecNode {
  const { supervisor, about } = spec;
  return {
    ...completeChildSpec(spec),
    about,
    supervisor: supervisor === undefined ? undefined : specTree(supervisor),
  };
}

function nodeOf(system: ProcessSystem, process: Process, child: Child | undefined): LiveNode {
  const { body } = process;
  const isSupervisor = body instanceof SupervisorBody || body instanceof DynamicSupervisorBody;
  return {
    id: child?.spec.id ?? process.pid.label,
    pid: process.pid,
    type: body.type,
    status: statusOf(process),
    strategy: isSupervisor ? (body instanceof SupervisorBody ? body.spec.strategy : 'dynamic') : undefined,
    restarts: child?.restarts ?? 0,
    mailboxLength: process.mailbox.length,
    state: isSupervisor ? undefined : body.describe(),
    children: isSupervisor ? [...body.children].map(member => childNode(system, member)) : [],
  };
}

function childNode(system: ProcessSystem, child: Child): LiveNode {
  const process = child.pid === undefined ? undefined : system.find(child.pid);
  if (process !== undefined) return nodeOf(system, process, child);
  return {
    id: child.spec.id,
    pid: undefined,
    type: child.complete.type,
    status: child.status === 'running' ? 'restarting' : child.status,
    strategy: undefined,
    restarts: child.restarts,
    mailboxLength: 0,
    state: undefined,
    children: [],
  };
}

function statusOf(process: Process): LiveNode['status'] {
  if (process.status === 'dead') return 'undefined';
  return process.suspended ? 'suspended' : process.status;
}
