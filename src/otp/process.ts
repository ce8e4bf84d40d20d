import type { DeadLetter } from './dead-letters.ts';
import { OtpError } from './errors.ts';
import type { Runner } from './executor.ts';
import { describeReason, type ExitReason, isOrderly, reasonOf } from './exit-reason.ts';
import { isBounded, Mailbox, type MailboxOptions } from './mailbox.ts';
import { type DownMessage, type Envelope, type ExitMessage, MonitorRef } from './messages.ts';
import { Pid, type Target } from './pid.ts';
import type { InitOutcome, ProcessBody } from './process-body.ts';
import type { ProcessName } from './process-name.ts';
import type { ProcessSystem } from './process-system.ts';
import { ProcessTimers } from './process-timers.ts';
import type { ReplyTo } from './request.ts';
import type { Self, SendTimer } from './self.ts';
import type { ProcessDebug } from './sys-debug.ts';

/** Is told once that a process ended. */
export interface Watcher {
  down(reason: ExitReason): void;
}

/** How the start of a process ended. */
export type StartResult<P extends Pid = Pid> =
  | { readonly kind: 'ok'; readonly pid: P; readonly info?: unknown }
  | { readonly kind: 'ignore' }
  | { readonly kind: 'error'; readonly reason: ExitReason };

export type ProcessStatus = 'starting' | 'running' | 'terminating' | 'dead';

/** Messages that a process handles in one turn of the event loop before others have theirs. */
const messagesPerTurn = 16;

/** The control block of one process: mailbox, links, monitors, exit. Handlers see it as `Self`. */
export class Process implements Self {
  readonly pid: Pid;
  readonly system: ProcessSystem;
  readonly parent: Pid | undefined;
  readonly mailbox: Mailbox;
  readonly body: ProcessBody;
  trapExit = false;
  status: ProcessStatus = 'starting';
  /** Set by `sys`. */
  suspended = false;
  debug: ProcessDebug | undefined;
  /** The registries to clean when the process ends. */
  registries: Set<{ forget(pid: Pid): void }> | undefined;
  links: Set<Process> | undefined;
  watchers: Set<Watcher> | undefined;
  #monitors: Map<MonitorRef, () => void> | undefined;
  #timers: ProcessTimers | undefined;
  #abort: AbortController | undefined;
  #ending: { readonly reason: ExitReason } | undefined;
  #awake = false;
  readonly #runner: Runner;
  #started: ((result: StartResult) => void) | undefined;

  constructor(
    system: ProcessSystem,
    id: number,
    label: string,
    parent: Pid | undefined,
    createBody: (self: Process) => ProcessBody,
    mailbox: MailboxOptions | undefined,
    started: (result: StartResult) => void,
  ) {
    this.system = system;
    this.pid = new Pid(id, label);
    this.parent = parent;
    this.mailbox = new Mailbox(mailbox);
    this.#started = started;
    this.body = createBody(this);
    this.#runner = system.executor.spawn(`${label.replace(/[^\w.-]/g, '_') || 'process'}.${id}`, () =>
      this.#run(),
    );
    this.#wake();
  }

  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController();
      if (this.status === 'dead' || this.#ending !== undefined) this.#abort.abort();
    }
    return this.#abort.signal;
  }

  /** The reason of an exit signal or of a handler's decision to stop, from then on until the process has ended. */
  get endingReason(): ExitReason | undefined {
    return this.#ending?.reason;
  }

  get isEnding(): boolean {
    return this.#ending !== undefined;
  }

  call<C, const Sent extends C>(
    target: Target<C>,
    request: Sent,
    timeoutMs?: number | 'infinity',
  ): Promise<ReplyTo<C, Sent>> {
    if (this.system.find(target as Target) === this) {
      return Promise.reject(new OtpError('calling_self', `${this.pid} called itself`));
    }
    return this.system.call(target, request, timeoutMs);
  }

  cast<C>(target: Target<never, C>, message: C): void {
    this.system.cast(target, message);
  }

  send<I>(target: Target<never, never, I>, message: I): void {
    this.system.send(target, message);
  }

  sendAfter(delayMs: number, message: unknown): SendTimer {
    return this.startTimer(delayMs, () => this.deliver({ kind: 'own', message }));
  }

  /** Runs `callback` after `delayMs` unless the process ended. */
  startTimer(delayMs: number, callback: () => void): SendTimer {
    // A handler that goes on after its process was killed must not leave timers behind.
    if (this.status === 'dead') return { cancel: () => false };
    this.#timers ??= new ProcessTimers(this.system.clock);
    return this.#timers.start(delayMs, callback);
  }

  monitor(target: Pid | ProcessName): MonitorRef {
    const ref = new MonitorRef(target);
    const watched = this.system.find(target);
    const down = (reason: ExitReason) => {
      if (this.#monitors?.has(ref)) this.signalDown({ type: 'DOWN', ref, target, reason });
    };
    this.#monitors ??= new Map();
    if (watched === undefined) {
      this.#monitors.set(ref, () => {});
      down('noproc');
    } else {
      const watcher = { down };
      watched.watch(watcher);
      this.#monitors.set(ref, () => watched.watchers?.delete(watcher));
    }
    return ref;
  }

  demonitor(ref: MonitorRef): void {
    this.#monitors?.get(ref)?.();
    this.#monitors?.delete(ref);
  }

  link(pid: Pid): void {
    const other = this.system.find(pid);
    if (other === this) return;
    if (other === undefined) this.exitSignal(pid, 'noproc', true);
    else this.linkWith(other);
  }

  linkWith(other: Process): void {
    this.links ??= new Set();
    other.links ??= new Set();
    this.links.add(other);
    other.links.add(this);
  }

  unlink(pid: Pid): void {
    const other = this.system.find(pid);
    if (other === undefined) return;
    this.links?.delete(other);
    other.links?.delete(this);
  }

  exit(pid: Pid, reason: ExitReason): void {
    this.system.find(pid)?.exitSignal(this.pid, reason, false);
  }

  watch(watcher: Watcher): void {
    this.watchers ??= new Set();
    this.watchers.add(watcher);
  }

  /** Puts a message into the mailbox; false when it was refused. */
  deliver(envelope: Envelope): boolean {
    const { mailbox } = this;
    if (mailbox.isFull && isBounded(envelope)) {
      this.system.overflowed(this);
      if (mailbox.policy === 'exit') {
        this.die('mailbox_overflow');
        return false;
      }
      const victim = mailbox.policy === 'drop_oldest' ? mailbox.shiftOldest() : envelope;
      if (victim !== undefined) this.#refuse(victim);
      if (victim === envelope) return false;
    }
    mailbox.push(envelope);
    this.#wake();
    return true;
  }

  /** Runs `run` before the messages that wait. */
  runNext(run: () => void | Promise<void>): void {
    this.mailbox.unshift({ kind: 'system', message: { run } });
    this.#wake();
  }

  signalDown(message: DownMessage): void {
    this.mailbox.push({ kind: 'signal', message });
    this.#wake();
  }

  /** Receives an exit signal, from a link or from `exit`. */
  exitSignal(from: Pid | undefined, reason: ExitReason, fromLink: boolean): void {
    if (this.status === 'dead') return;
    if (reason === 'kill' && !fromLink) {
      this.die('killed');
      return;
    }
    const fromParent = from === this.parent;
    if (this.trapExit && !(fromParent && this.body.putsParentExitFirst)) {
      const message: ExitMessage = { type: 'EXIT', pid: from, reason };
      this.mailbox.push({ kind: 'signal', message });
      this.#wake();
      return;
    }
    if (reason === 'normal' && from !== this.pid && !this.trapExit) return;
    const isInterruptible = this.status !== 'starting' || this.body.putsParentExitFirst;
    if (isInterruptible && this.body.hasTerminate) this.end(reason);
    else this.die(reason);
  }

  /** Ends the process in order: after the handler that is under way, `terminate` runs. The first reason counts. */
  end(reason: ExitReason): void {
    if (this.#ending !== undefined || this.status === 'dead') return;
    this.#ending = { reason };
    this.#abort?.abort();
    this.#wake();
  }

  /** Ends the process now. Whatever its handler still does is discarded. */
  die(reason: ExitReason): void {
    if (this.status === 'dead') return;
    const wasStarting = this.status === 'starting';
    this.status = 'dead';
    this.#runner.stop();
    this.#abort?.abort();
    this.#timers?.cancelAll();
    for (const registry of [...(this.registries ?? [])]) registry.forget(this.pid);
    for (const remove of this.#monitors?.values() ?? []) remove();
    for (const envelope of this.mailbox.drain()) this.#bury(envelope, 'exited');
    const { links, watchers } = this;
    this.links = undefined;
    this.watchers = undefined;
    this.system.exited(this, reason);
    this.system.runSignals(() => {
      if (wasStarting) this.#acknowledge({ kind: 'error', reason });
      for (const watcher of watchers ?? []) this.system.shield(() => watcher.down(reason));
      for (const other of links ?? []) {
        other.links?.delete(this);
        other.exitSignal(this.pid, reason, true);
      }
    });
  }

  #wake(): void {
    if (this.#awake) return;
    this.#awake = true;
    this.#runner.wake();
  }

  #run(): void | Promise<void> {
    return this.status === 'starting' ? this.#initialize() : this.#handleFrom(0);
  }

  #handleFrom(first: number): void | Promise<void> {
    for (let n = first; n < messagesPerTurn; n++) {
      if (this.status !== 'running') return;
      if (this.#ending !== undefined) return this.#finish(this.#ending.reason);
      const envelope = this.mailbox.shift();
      if (envelope === undefined) break;
      try {
        const pending = this.#handle(envelope);
        if (pending !== undefined) return this.#settle(pending, n + 1);
      } catch (error) {
        this.end(reasonOf(error));
      }
    }
    return this.#rest();
  }

  #handle(envelope: Envelope): void | Promise<void> {
    if (envelope.kind === 'system') return envelope.message.run();
    if (this.suspended && !this.#isParentExit(envelope)) {
      this.mailbox.hold(envelope);
      return;
    }
    if (envelope.kind === 'signal' && envelope.message.type === 'DOWN') {
      if (!this.#monitors?.delete(envelope.message.ref)) return;
    }
    this.debug?.received(envelope);
    return this.body.handle(envelope);
  }

  #isParentExit(envelope: Envelope): boolean {
    return (
      envelope.kind === 'signal' && envelope.message.type === 'EXIT' && envelope.message.pid === this.parent
    );
  }

  async #settle(pending: Promise<void>, next: number): Promise<void> {
    try {
      await pending;
    } catch (error) {
      this.end(reasonOf(error));
    }
    return this.#handleFrom(next);
  }

  #rest(): void | Promise<void> {
    if (this.status !== 'running') return;
    if (this.#ending !== undefined) return this.#finish(this.#ending.reason);
    if (this.mailbox.ready > 0) this.#runner.wake();
    else this.#awake = false;
  }

  async #initialize(): Promise<void> {
    let outcome: InitOutcome;
    try {
      outcome = await this.body.init();
    } catch (error) {
      outcome = { kind: 'stop', reason: reasonOf(error) };
    }
    if (this.status !== 'starting') return;
    if (outcome?.kind === 'ignore' || outcome?.kind === 'stop') {
      // Whoever starts the process learns it from the result; an exit signal on top would end the starter.
      if (this.parent !== undefined) this.unlink(this.parent);
      const acknowledge = this.#started;
      this.#started = undefined;
      this.die(outcome.kind === 'ignore' ? 'normal' : outcome.reason);
      acknowledge?.(outcome.kind === 'ignore' ? outcome : { kind: 'error', reason: outcome.reason });
      return;
    }
    this.status = 'running';
    this.#acknowledge(
      outcome === undefined
        ? { kind: 'ok', pid: this.pid }
        : { kind: 'ok', pid: this.pid, info: outcome.info },
    );
    return this.#rest();
  }

  #acknowledge(result: StartResult): void {
    const acknowledge = this.#started;
    this.#started = undefined;
    acknowledge?.(result);
  }

  async #finish(reason: ExitReason): Promise<void> {
    this.status = 'terminating';
    let last = reason;
    try {
      await this.body.terminate(reason);
    } catch (error) {
      last = reasonOf(error);
    }
    if (!isOrderly(last) && this.isAlive) {
      const stack = typeof last === 'object' && 'error' in last ? stackOf(last.error) : undefined;
      this.system.log?.error('process crashed', {
        process: String(this.pid),
        reason: describeReason(last),
        ...(stack === undefined ? {} : { stack }),
      });
    }
    this.die(last);
  }

  get isAlive(): boolean {
    return this.status !== 'dead';
  }

  #refuse(envelope: Envelope): void {
    if (envelope.kind === 'call') envelope.from.refuse();
    this.#bury(envelope, 'mailbox_full');
  }

  #bury(envelope: Envelope, cause: DeadLetter['cause']): void {
    const { kind } = envelope;
    if (kind !== 'call' && kind !== 'cast' && kind !== 'info') return;
    const message = kind === 'call' ? envelope.request : envelope.message;
    this.system.deadLetters.add({ target: this.pid, kind, message, cause });
  }
}

function stackOf(error: unknown): string | undefined {
  return error instanceof Error ? error.stack : undefined;
}
