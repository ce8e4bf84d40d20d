import type { ExitReason } from './exit-reason.ts';
import type { Pid } from './pid.ts';
import type { ProcessName } from './process-name.ts';

/** Arrives at a process that traps exits when a linked process ends or another one sends it an exit signal. */
export interface ExitMessage {
  readonly type: 'EXIT';
  /** The process that ended; `undefined` when the signal came from outside of every process. */
  readonly pid: Pid | undefined;
  readonly reason: ExitReason;
}

/** Arrives once when a monitored process ends; with reason `noproc` when there was none to monitor. */
export interface DownMessage {
  readonly type: 'DOWN';
  readonly ref: MonitorRef;
  readonly target: Pid | ProcessName;
  readonly reason: ExitReason;
}

/** Arrives when a gen-server that asked for a time-out received nothing else in that time. */
export interface TimeoutMessage {
  readonly type: 'timeout';
}

/** What `handleInfo` may receive besides the messages that were sent to the process. */
export type SystemInfo = ExitMessage | DownMessage | TimeoutMessage;

/** Identifies one monitor. */
export class MonitorRef {
  readonly target: Pid | ProcessName;

  constructor(target: Pid | ProcessName) {
    this.target = target;
  }
}

/** Where the answer to a call goes; it may be answered later and from anywhere, and only the first answer counts. */
export interface From<Reply> {
  reply(value: Reply): void;
}

/** A request of `sys`, answered by the process itself between two messages. */
export interface SystemRequest {
  readonly run: () => void | Promise<void>;
}

/**
 * One entry of a mailbox. `own` is what a process sends itself: timers, second attempts. A full mailbox never drops
 * signals, system requests or its process's own messages.
 */
export type Envelope =
  | { readonly kind: 'call'; readonly request: unknown; readonly from: CallRecord }
  | { readonly kind: 'cast'; readonly message: unknown }
  | { readonly kind: 'info'; readonly message: unknown }
  | { readonly kind: 'own'; readonly message: unknown }
  | { readonly kind: 'signal'; readonly message: ExitMessage | DownMessage }
  | { readonly kind: 'system'; readonly message: SystemRequest };

/** A call under way, as its receiver and its mailbox see it. */
export interface CallRecord extends From<unknown> {
  /** Fails the call because the mailbox had no room for it. */
  refuse(): void;
}
