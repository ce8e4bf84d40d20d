import type { DeadLetter } from './dead-letters.ts';
import type { ExitReason } from './exit-reason.ts';
import type { Pid } from './pid.ts';

/** Why a supervisor reports: a child would not start, ended, would not end as told, or was the last straw. */
export type SupervisorErrorContext = 'start_error' | 'child_terminated' | 'shutdown_error' | 'shutdown';

/** What a supervisor reports about one of its children. */
export interface SupervisorReport {
  readonly supervisor: Pid;
  readonly errorContext: SupervisorErrorContext;
  readonly reason: ExitReason;
  readonly offender: { readonly id: string; readonly pid: Pid | undefined };
}

/** What happens in a process system, for metrics and tests. A hook must be quick and must not throw. */
export interface ProcessObserver {
  onStart?(pid: Pid): void;
  onExit?(pid: Pid, reason: ExitReason): void;
  /** A child runs again after it ended by itself or with its group. */
  onRestart?(supervisor: Pid, childId: string, pid: Pid): void;
  onReport?(report: SupervisorReport): void;
  onDeadLetter?(letter: DeadLetter): void;
  onMailboxOverflow?(pid: Pid): void;
}

/** Where the process layer writes its lines; every structured log fits. */
export interface ProcessLog {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}
