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
  readonly #reject: (error: OtpError) => void;
  readonly #timer: TimerHandle | undefined;
  #isSettled = false;

  constructor(
    clock: Clock,
    callee: Process,
    timeoutMs: number | 'infinity',
    resolve: (value: unknown) => void,
    reject: (error: OtpError) => void,
  ) {
    this.#clock = clock;
    this.#callee = callee;
    this.#resolve = resolve;
    this.#reject = reject;
    callee.watch(this);
    if (timeoutMs !== 'infinity') {
      this.#timer = clock.setTimeout(() => {
        this.#fail('call_timeout', `${callee.pid} did not answer within ${timeoutMs} ms`, 'timeout');
      }, timeoutMs);
    }
  }

  reply(value: unknown): void {
    if (!this.#settle()) return;
    this.#callee.debug?.sent(value);
    this.#resolve(value);
  }

  refuse(): void {
    this.#fail('mailbox_full', `the mailbox of ${this.#callee.pid} is full`, 'mailbox_full');
  }

  down(reason: ExitReason): void {
    this.#fail('call_exited', `${this.#callee.pid} ended during the call: ${describeReason(reason)}`, reason);
  }

  #fail(code: 'call_timeout' | 'mailbox_full' | 'call_exited', message: string, reason: ExitReason): void {
    if (this.#settle()) this.#reject(new OtpError(code, message, { details: { reason } }));
  }

  #settle(): boolean {
    if (this.#isSettled) return false;
    this.#isSettled = true;
    this.#callee.watchers?.delete(this);
    this.#clock.clearTimeout(this.#timer);
    return true;
  }
}
