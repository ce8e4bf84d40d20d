import type { ExitReason } from './exit-reason.ts';
import type { MonitorRef } from './messages.ts';
import type { Pid, Target } from './pid.ts';
import type { ProcessName } from './process-name.ts';
import type { ProcessSystem } from './process-system.ts';
import type { ReplyTo } from './request.ts';

/** A timer made by `sendAfter`. */
export interface SendTimer {
  /** Whether the message was still to be sent. */
  cancel(): boolean;
}

/** The running process, as its own handlers see it. `Call`, `Cast` and `Info` are the messages that it takes. */
export interface Self<Call = never, Cast = never, Info = never> {
  readonly pid: Pid<Call, Cast, Info>;
  readonly system: ProcessSystem;
  /** The process that started this one, when there is one. */
  readonly parent: Pid | undefined;
  /**
   * Aborted when the process is killed or told to end: JavaScript cannot be interrupted, so hand it to everything
   * that waits. Results that arrive after the death are discarded.
   */
  readonly signal: AbortSignal;
  /** Whether exit signals arrive as `EXIT` messages instead of ending the process. */
  trapExit: boolean;
  /**
   * Sends a request and waits for the reply.
   *
   * @param timeoutMs @default 5000
   * @throws OtpError `call_timeout`, `call_noproc`, `call_exited`, `mailbox_full`, `calling_self`
   */
  call<C, const Sent extends C>(
    target: Target<C>,
    request: Sent,
    timeoutMs?: number | 'infinity',
  ): Promise<ReplyTo<C, Sent>>;
  /** Sends a message to `handleCast`; never fails. */
  cast<C>(target: Target<never, C>, message: C): void;
  /** Sends a message to `handleInfo`; never fails. */
  send<I>(target: Target<never, never, I>, message: I): void;
  /** Sends itself `message` (to `handleInfo`) after `delayMs`, if it still lives. */
  sendAfter(delayMs: number, message: Info): SendTimer;
  /** Has a `DOWN` message sent when the target ends; at once with `noproc` when it does not exist. */
  monitor(target: Pid | ProcessName): MonitorRef;
  /** Ends a monitor; its `DOWN` does not arrive any more, even if it waits in the mailbox. */
  demonitor(ref: MonitorRef): void;
  /** From now on the abnormal end of either process reaches the other as an exit signal. */
  link(pid: Pid): void;
  unlink(pid: Pid): void;
  /** Sends an exit signal; `kill` cannot be trapped. */
  exit(pid: Pid, reason: ExitReason): void;
}
