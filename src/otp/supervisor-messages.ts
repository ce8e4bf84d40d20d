import type { ChildCounts, ChildInfo } from './child.ts';
import type { ChildSpec, CompleteChildSpec } from './child-spec.ts';
import type { ExitReason } from './exit-reason.ts';
import type { Pid } from './pid.ts';
import type { Request } from './request.ts';
import type { SpecError } from './spec-check.ts';
import type { SupervisorSpec } from './supervisor-spec.ts';

/** The child runs (`pid`), or declined to (`undefined`). */
export interface ChildStarted {
  readonly ok: true;
  readonly pid: Pid | undefined;
  /** What the child's start gave besides its pid. */
  readonly info?: unknown;
}

export type StartChildResult =
  | ChildStarted
  | { readonly ok: false; readonly error: 'already_started'; readonly pid: Pid }
  | { readonly ok: false; readonly error: 'already_present' | 'max_children' }
  | { readonly ok: false; readonly error: 'start_failed'; readonly reason: ExitReason }
  | { readonly ok: false; readonly error: 'invalid_spec'; readonly reason: SpecError };

export type RestartChildResult =
  | ChildStarted
  | { readonly ok: false; readonly error: 'running' | 'restarting' | 'not_found' | 'dynamic_supervisor' }
  | { readonly ok: false; readonly error: 'start_failed'; readonly reason: ExitReason };

export type TerminateChildResult =
  | { readonly ok: true }
  | { readonly ok: false; readonly error: 'not_found' | 'dynamic_supervisor' };

export type DeleteChildResult =
  | { readonly ok: true }
  | { readonly ok: false; readonly error: 'running' | 'restarting' | 'not_found' | 'dynamic_supervisor' };

export type ChangeSpecResult = { readonly ok: true } | { readonly ok: false; readonly reason: SpecError };

/** What every supervisor answers. `child` is an id under a static supervisor, a pid under a dynamic one. */
export type AnySupervisorCall =
  | ({ readonly type: 'which_children' } & Request<readonly ChildInfo[]>)
  | ({ readonly type: 'which_child'; readonly child: string | Pid } & Request<ChildInfo | undefined>)
  | ({ readonly type: 'count_children' } & Request<ChildCounts>)
  | ({ readonly type: 'get_child_spec'; readonly child: string | Pid } & Request<
      CompleteChildSpec | undefined
    >)
  | ({ readonly type: 'terminate_child'; readonly child: string | Pid } & Request<TerminateChildResult>)
  | ({ readonly type: 'restart_child'; readonly child: string } & Request<RestartChildResult>)
  | ({ readonly type: 'delete_child'; readonly child: string } & Request<DeleteChildResult>);

/** What a static supervisor answers. */
export type SupervisorCall =
  | AnySupervisorCall
  | ({ readonly type: 'start_child'; readonly spec: ChildSpec } & Request<StartChildResult>)
  | ({ readonly type: 'change_spec'; readonly spec: SupervisorSpec } & Request<ChangeSpecResult>);

/** What a dynamic supervisor answers. */
export type DynamicSupervisorCall<Args> =
  | AnySupervisorCall
  | ({ readonly type: 'start_child'; readonly args: Args } & Request<StartChildResult>);
