import type { Clock } from '../clock/clock.ts';
import { DeadLetters } from './dead-letters.ts';
import { OtpError } from './errors.ts';
import { Executor } from './executor.ts';
import { describeReason, type ExitReason, isOrderly } from './exit-reason.ts';
import type { MailboxOptions } from './mailbox.ts';
import type { SystemRequest } from './messages.ts';
import type { ProcessLog, ProcessObserver, SupervisorReport } from './observer.ts';
import { PendingCall } from './pending-call.ts';
import { Pid, type Target } from './pid.ts';
import { Process, type StartResult } from './process.ts';
import type { ProcessBody } from './process-body.ts';
import type { ProcessName } from './process-name.ts';
import { Registry } from './registry.ts';
import type { ReplyTo } from './request.ts';

export interface ProcessSystemOptions {
  readonly clock: Clock;
  readonly log?: ProcessLog;
  readonly observer?: ProcessObserver;
  /** Dead letters kept for inspection. @default 100 */
  readonly deadLetterLimit?: number;
  /** Bound of every mailbox that sets none of its own. @default 100000 messages, drop_newest */
  readonly mailbox?: MailboxOptions;
}

/** Counts of a process system since its start; plain numbers, cheap to read. */
export interface ProcessCounts {
  readonly processes: number;
  readonly started: number;
  /** Ends other than `normal` and `shutdown`. */
  readonly crashed: number;
  readonly restarts: number;
  readonly deadLetters: number;
  readonly mailboxOverflows: number;
}

/** How a process is started. For bodies; everybody else uses `startServer`, `startStatem`, `startSupervisor`. */
export interface SpawnOptions {
  readonly label: string;
  readonly parent?: Pid | undefined;
  /** Whether parent and child share their end. @default true when there is a parent */
  readonly link?: boolean | undefined;
  readonly name?: ProcessName<never, never, never> | undefined;
  readonly mailbox?: MailboxOptions | undefined;
  /** Ends the process when its init takes longer. @default 'infinity' */
  readonly startTimeoutMs?: number | 'infinity' | undefined;
}

/** All processes of one Trunkline, and the way to them from outside of a process. */
export class ProcessSystem {
  readonly clock: Clock;
  readonly log: ProcessLog | undefined;
  /** Names: structured key → pid, unique. */
  readonly registry: Registry;
  readonly deadLetters: DeadLetters;
  readonly observer: ProcessObserver;
  /** Runs the processes; for bodies only. */
  readonly executor = new Executor();
  readonly #mailbox: MailboxOptions | undefined;
  readonly #processes = new Map<number, Process>();
  readonly #signals: (() => void)[] = [];
  #isSignalling = false;
  #isStopping = false;
  #lastId = 0;
  #crashed = 0;
  #restarts = 0;
  #overflows = 0;

  constructor(options: ProcessSystemOptions) {
    this.clock = options.clock;
    this.log = options.log;
    this.observer = options.observer ?? {};
    this.#mailbox = options.mailbox;
    this.deadLetters = new DeadLetters(options.deadLetterLimit, letter =>
      this.shield(() => this.observer.onDeadLetter?.(letter)),
    );
    this.registry = new Registry(this, { keys: 'unique' });
  }

  get counts(): ProcessCounts {
    return {
      processes: this.#processes.size,
      started: this.#lastId,
      crashed: this.#crashed,
      restarts: this.#restarts,
      deadLetters: this.deadLetters.count,
      mailboxOverflows: this.#overflows,
    };
  }

  /** The processes that live, in the order of their start. */
  processes(): IterableIterator<Process> {
    return this.#processes.values();
  }

  /** The control block behind a pid or name; for introspection. `undefined` when it does not live. */
  find(target: Target): Process | undefined {
    const pid = target instanceof Pid ? target : this.registry.whereis(target);
    return pid === undefined ? undefined : this.#processes.get(pid.id);
  }

  isAlive(target: Target): boolean {
    return this.find(target) !== undefined;
  }

  /**
   * Sends a request and waits for the reply.
   *
   * @param timeoutMs @default 5000
   * @throws OtpError `call_timeout`, `call_noproc`, `call_exited`, `mailbox_full`
   */
  call<C, const Sent extends C>(
    target: Target<C>,
    request: Sent,
    timeoutMs: number | 'infinity' = 5_000,
  ): Promise<ReplyTo<C, Sent>> {
    const callee = this.find(target as Target);
    if (callee === undefined) {
      this.deadLetters.add({ target: target as Target, kind: 'call', message: request, cause: 'noproc' });
      const error = new OtpError('call_noproc', `no process ${target}`, { details: { reason: 'noproc' } });
      return Promise.reject(error);
    }
    return new Promise((resolve, reject) => {
      const from = new PendingCall(
        this.clock,
        callee,
        timeoutMs,
        resolve as (value: unknown) => void,
        reject,
      );
      callee.deliver({ kind: 'call', request, from });
    });
  }

  /** Sends a message to `handleCast`; never fails. A message to nobody becomes a dead letter. */
  cast<C>(target: Target<never, C>, message: C): void {
    this.#send(target as Target, 'cast', message);
  }

  /** Sends a message to `handleInfo`; never fails. A message to nobody becomes a dead letter. */
  send<I>(target: Target<never, never, I>, message: I): void {
    this.#send(target as Target, 'info', message);
  }

  /** Sends an exit signal from outside of every process; `kill` cannot be trapped. */
  exit(target: Target, reason: ExitReason): void {
    this.find(target)?.exitSignal(undefined, reason, false);
  }

  /** Calls `down` once when the process ends, at once with `noproc` when it does not live; returns how to cancel. */
  watch(target: Target, down: (reason: ExitReason) => void): () => void {
    const process = this.find(target);
    if (process === undefined) {
      down('noproc');
      return () => {};
    }
    const watcher = { down };
    process.watch(watcher);
    return () => process.watchers?.delete(watcher);
  }

  /**
   * Ends a process in order (`terminate` runs) and waits until it is gone, as `gen_server:stop` does.
   *
   * @param timeoutMs it is killed after this time @default 'infinity'
   * @returns the reason with which it ended; `noproc` when it did not live
   */
  stopProcess(
    target: Target,
    reason: ExitReason = 'normal',
    timeoutMs: number | 'infinity' = 'infinity',
  ): Promise<ExitReason> {
    return new Promise(resolve => {
      const process = this.find(target);
      if (process === undefined) {
        resolve('noproc');
        return;
      }
      const timer =
        timeoutMs === 'infinity' ? undefined : this.clock.setTimeout(() => process.die('killed'), timeoutMs);
      this.watch(process.pid, last => {
        this.clock.clearTimeout(timer);
        resolve(last);
      });
      process.deliver({ kind: 'system', message: { run: () => process.end(reason) } });
    });
  }

  /** Has `request` run by the process between two messages; false when there is no such process. */
  request(target: Target, request: SystemRequest): boolean {
    return this.find(target)?.deliver({ kind: 'system', message: request }) ?? false;
  }

  /**
   * Ends everything: the processes without a parent in reverse order of their start, one after the other, then
   * whatever is left. Nothing can be started meanwhile or afterwards.
   *
   * @param timeoutMs how long each of them may take before it is killed @default 10000
   */
  async stop(timeoutMs = 10_000): Promise<void> {
    this.#isStopping = true;
    const roots = [...this.#processes.values()].filter(process => process.parent === undefined).reverse();
    for (const root of roots) {
      if (root.isAlive) await this.stopProcess(root.pid, 'shutdown', timeoutMs);
    }
    for (const process of [...this.#processes.values()].reverse()) process.die('killed');
    this.executor.stop();
  }

  /** Starts a process; for bodies. The result settles when `init` ended, and never rejects. */
  spawn(options: SpawnOptions, createBody: (self: Process) => ProcessBody): Promise<StartResult> {
    if (this.#isStopping) {
      const error = new OtpError('process_system_stopped', 'the process system is stopping');
      return Promise.resolve({ kind: 'error', reason: { error } });
    }
    const holder = options.name === undefined ? undefined : this.registry.whereis(options.name);
    if (holder !== undefined) {
      return Promise.resolve({ kind: 'error', reason: { error: { already_started: holder } } });
    }
    return new Promise(resolve => {
      const id = ++this.#lastId;
      const mailbox = options.mailbox ?? this.#mailbox;
      const process = new Process(this, id, options.label, options.parent, createBody, mailbox, result => {
        timer?.cancel();
        resolve(result);
      });
      this.#processes.set(id, process);
      const limit = options.startTimeoutMs ?? 'infinity';
      const timer =
        limit === 'infinity' ? undefined : process.startTimer(limit, () => process.die('timeout'));
      if (options.name !== undefined) this.registry.register(process.pid, options.name, undefined);
      this.shield(() => this.observer.onStart?.(process.pid));
      if (options.parent !== undefined && options.link !== false) process.link(options.parent);
    });
  }

  /** Takes a process off the books; called by the process itself. */
  exited(process: Process, reason: ExitReason): void {
    this.#processes.delete(process.pid.id);
    if (!isOrderly(reason)) this.#crashed++;
    this.shield(() => this.observer.onExit?.(process.pid, reason));
  }

  overflowed(process: Process): void {
    this.#overflows++;
    this.shield(() => this.observer.onMailboxOverflow?.(process.pid));
  }

  restarted(supervisor: Pid, childId: string, pid: Pid): void {
    this.#restarts++;
    this.shield(() => this.observer.onRestart?.(supervisor, childId, pid));
  }

  report(report: SupervisorReport): void {
    this.shield(() => this.observer.onReport?.(report));
  }

  /** Runs `send`, after the signals that are being sent: a chain of ten thousand links must not recurse. */
  runSignals(send: () => void): void {
    this.#signals.push(send);
    if (this.#isSignalling) return;
    this.#isSignalling = true;
    try {
      for (let i = 0; i < this.#signals.length; i++) this.#signals[i]?.();
    } finally {
      this.#signals.length = 0;
      this.#isSignalling = false;
    }
  }

  /** Runs a callback of somebody else; a throw in it is logged and must not lose the signals behind it. */
  shield(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.log?.error('a callback of the process system threw', { reason: describeReason({ error }) });
    }
  }

  #send(target: Target, kind: 'cast' | 'info', message: unknown): void {
    const receiver = this.find(target);
    if (receiver !== undefined) receiver.deliver({ kind, message });
    else this.deadLetters.add({ target, kind, message, cause: 'noproc' });
  }
}
