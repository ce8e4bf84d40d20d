import type { Clock, TimerHandle } from '../clock/clock.ts';
import { OtpError } from './errors.ts';
import { describeReason, type ExitReason } from './exit-reason.ts';
import type { CallRecord } from './messages.ts';
import type { Process, Watcher } from './process.ts';

/** One call under way: a closure reply, a monitor on the callee and a timer; the first of the three settles it. */
export class PendingCall implements CallRecord, Watcher {
  readonly #clock: Clock;
  readonly #callee: Process;
  readonly #resolve: (value: unknown) => void;
  readonly #reject: (error: unknown) => void;
  readonly #timer: TimerHandle | undefined;
  #isSettled = false;

  constructor(
    clock: Clock,
    callee: Process,
    timeoutMs: number | 'infinity',
    resolve: (value: unknown) => void,
    reject: (error: unknown) => void,
  ) {
    this.#clock = clock;
    this.#callee = callee;
    this.#resolve = resolve;
    this.#reject = reject;
    callee.watch(this);
    if (timeoutMs !== 'infinity') {
      this.#timer = clock.setTimeout(() => {
        this.#failAs('call_timeout', `${callee.pid} did not answer within ${timeoutMs} ms`, 'timeout');
      }, timeoutMs);
    }
  }

  reply(value: unknown): void {
    if (!this.#isSettled) this.#callee.debug?.sent(value);
    this.settle(value);
  }

  /** As `reply`, without `sys` seeing it. */
  settle(value: unknown): void {
    if (this.#end()) this.#resolve(value);
  }

  fail(error: unknown): void {
    if (this.#end()) this.#reject(error);
  }

  refuse(): void {
    this.#failAs('mailbox_full', `the mailbox of ${this.#callee.pid} is full`, 'mailbox_full');
  }

  down(reason: ExitReason): void {
    this.#failAs(
      'call_exited',
      `${this.#callee.pid} ended during the call: ${describeReason(reason)}`,
      reason,
    );
  }

  #failAs(code: 'call_timeout' | 'mailbox_full' | 'call_exited', message: string, reason: ExitReason): void {
    this.fail(new OtpError(code, message, { details: { reason } }));
  }

  #end(): boolean {
    if (this.#isSettled) return false;
    this.#isSettled = true;
    this.#callee.watchers?.delete(this);
    this.#clock.clearTimeout(this.#timer);
    return true;
  }
}
