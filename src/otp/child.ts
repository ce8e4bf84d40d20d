import { type ChildSpec, type CompleteChildSpec, completeChildSpec } from './child-spec.ts';
import type { Pid } from './pid.ts';

/** What a supervisor knows about one child. */
export class Child {
  spec: ChildSpec;
  readonly complete: CompleteChildSpec;
  /** The running process; `undefined` when it is stopped or cannot be restarted. */
  pid: Pid | undefined;
  /** The process that died, while it cannot be replaced. */
  restartingFor: Pid | undefined;
  isRestarting = false;
  /** Restarts since the child was added. */
  restarts = 0;

  constructor(spec: ChildSpec) {
    this.spec = spec;
    this.complete = completeChildSpec(spec);
  }

  get isTemporary(): boolean {
    return this.complete.restart === 'temporary';
  }

  run(pid: Pid | undefined): void {
    this.pid = pid;
    this.isRestarting = false;
    this.restartingFor = undefined;
  }

  waitForRestart(): void {
    this.restartingFor = this.pid ?? this.restartingFor;
    this.pid = undefined;
    this.isRestarting = true;
  }

  /** Lets go of the start function of a child that is never started again. */
  forgetStart(): void {
    this.spec = { ...this.spec, start: () => Promise.resolve({ kind: 'ignore' }) };
  }

  get status(): ChildStatus {
    if (this.isRestarting) return 'restarting';
    return this.pid === undefined ? 'undefined' : 'running';
  }

  get info(): ChildInfo {
    return {
      id: this.spec.id,
      pid: this.pid,
      status: this.status,
      type: this.complete.type,
      restarts: this.restarts,
    };
  }
}

/** `undefined`: stopped, not to be restarted by itself. */
export type ChildStatus = 'running' | 'restarting' | 'undefined';

/** One child as `whichChildren` reports it. */
export interface ChildInfo {
  /** `undefined` for the children of a dynamic supervisor, which go by their pid. */
  readonly id: string | undefined;
  readonly pid: Pid | undefined;
  readonly status: ChildStatus;
  readonly type: 'worker' | 'supervisor';
  readonly restarts: number;
}

/** The children of a supervisor, counted. */
export interface ChildCounts {
  readonly specs: number;
  /** Running processes. */
  readonly active: number;
  readonly supervisors: number;
  readonly workers: number;
}

/** Counts children, as `count_children` does. */
export function countChildren(children: Iterable<Child>): ChildCounts {
  const counts = { specs: 0, active: 0, supervisors: 0, workers: 0 };
  for (const child of children) {
    counts.specs++;
    if (child.pid !== undefined) counts.active++;
    if (child.complete.type === 'supervisor') counts.supervisors++;
    else counts.workers++;
  }
  return counts;
}
