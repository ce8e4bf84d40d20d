import { OtpError } from './errors.ts';
import type { ExitReason } from './exit-reason.ts';
import { PendingCall } from './pending-call.ts';
import type { Target } from './pid.ts';
import type { Process, ProcessStatus } from './process.ts';
import type { ProcessSystem } from './process-system.ts';
import { type DebugFunction, ProcessDebug, type SysEvent, type SysStatistics } from './sys-debug.ts';

/** A process as `getStatus` shows it. */
export interface ProcessReport {
  readonly label: string;
  readonly status: ProcessStatus | 'suspended';
  readonly mailboxLength: number;
  /** What `formatStatus` makes of the state. */
  readonly state: unknown;
}

/**
 * Looks into a running process and holds it, as Erlang's `sys` does. Requests take their turn behind the messages
 * that wait, so that what was sent before is done before; a suspended process answers them too.
 */
export class Sys {
  readonly #system: ProcessSystem;
  readonly #timeoutMs: number;

  /** @param timeoutMs how long a request may wait @default 5000 */
  constructor(system: ProcessSystem, timeoutMs = 5_000) {
    this.#system = system;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * The state itself: a gen-server's state, a gen-statem's `{ state, data }`, a supervisor's children.
   *
   * @throws OtpError `call_noproc`, `call_timeout`, `call_exited`, as all of these do
   */
  getState(target: Target): Promise<unknown> {
    return this.#request(target, process => process.body.state());
  }

  /** Puts the result of `replace` in the place of the state. When it throws, the state stays and the call rejects. */
  replaceState<State>(target: Target, replace: (state: State) => State): Promise<State> {
    return this.#request(target, process => {
      process.body.replaceState(replace as (state: unknown) => unknown);
      return process.body.state() as State;
    });
  }

  getStatus(target: Target): Promise<ProcessReport> {
    return this.#request(target, process => ({
      label: process.pid.label,
      status: process.suspended ? 'suspended' : process.status,
      mailboxLength: process.mailbox.length,
      state: process.body.describe(),
    }));
  }

  /** From now on messages wait, except these requests and the parent's exit signal. Twice is once. */
  suspend(target: Target): Promise<void> {
    return this.#request(target, process => {
      process.suspended = true;
    });
  }

  /** Lets a suspended process go on with what waits, in the old order. */
  resume(target: Target): Promise<void> {
    return this.#request(target, process => {
      if (process.suspended) process.mailbox.release();
      process.suspended = false;
    });
  }

  /** Counts messages in and replies out from now on, or no longer. */
  countMessages(target: Target, isOn: boolean): Promise<void> {
    return this.#debug(target, debug => debug.count(isOn ? this.#system.clock.now() : undefined));
  }

  /** The counts since `countMessages`; `undefined` when it is off. */
  statistics(target: Target): Promise<SysStatistics | undefined> {
    return this.#request(target, process => process.debug?.statistics);
  }

  /** Calls `sink` for every message in and reply out; `undefined` ends it. */
  trace(target: Target, sink: ((event: SysEvent) => void) | undefined): Promise<void> {
    return this.#debug(target, debug => debug.trace(sink));
  }

  /** Keeps the last `size` events; `undefined` ends it. */
  keepLog(target: Target, size: number | undefined): Promise<void> {
    return this.#debug(target, debug => debug.keep(size));
  }

  /** The events kept since `keepLog`, oldest first. */
  log(target: Target): Promise<readonly SysEvent[]> {
    return this.#request(target, process => process.debug?.events ?? []);
  }

  /** Has `run` called with its own state on every event until it returns `'done'`. One installation per `id`. */
  install<T>(target: Target, id: string, run: DebugFunction<T>, state: T): Promise<void> {
    return this.#debug(target, debug => debug.install(id, run as DebugFunction<unknown>, state));
  }

  remove(target: Target, id: string): Promise<void> {
    return this.#debug(target, debug => debug.remove(id));
  }

  /** Ends the process in order, a suspended one too; settles when it is gone, with the reason. */
  terminate(target: Target, reason: ExitReason): Promise<ExitReason> {
    return this.#system.stopProcess(target, reason);
  }

  #debug(target: Target, change: (debug: ProcessDebug) => void): Promise<void> {
    return this.#request(target, process => {
      const debug = process.debug ?? new ProcessDebug();
      change(debug);
      process.debug = debug.isEmpty ? undefined : debug;
    });
  }

  #request<Result>(target: Target, run: (process: Process) => Result): Promise<Result> {
    const process = this.#system.find(target);
    if (process === undefined) {
      return Promise.reject(
        new OtpError('call_noproc', `no process ${target}`, { details: { reason: 'noproc' } }),
      );
    }
    return new Promise((resolve, reject) => {
      const pending = new PendingCall(
        this.#system.clock,
        process,
        this.#timeoutMs,
        resolve as (value: unknown) => void,
        reject,
      );
      const answer = () => {
        try {
          pending.settle(run(process));
        } catch (error) {
          pending.fail(error);
        }
      };
      process.deliver({ kind: 'system', message: { run: answer } });
    });
  }
}
