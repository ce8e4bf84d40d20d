import type { Child } from './child.ts';
import type { Shutdown, Starter } from './child-spec.ts';
import { describeReason, type ExitReason, isOrderly, isShutdown, reasonOf } from './exit-reason.ts';
import type { SupervisorErrorContext } from './observer.ts';
import type { Pid } from './pid.ts';
import type { Process, StartResult } from './process.ts';

/** What static and dynamic supervisors have in common: starting a child, stopping one, reporting. */
export class SupervisorFamily {
  readonly #process: Process;
  readonly #starter: Starter;

  constructor(process: Process) {
    this.#process = process;
    this.#starter = { system: process.system, pid: process.pid };
  }

  /** Starts the child and notes its pid. When the supervisor is told to end meanwhile, the start is abandoned. */
  async start(child: Child): Promise<StartResult> {
    const process = this.#process;
    if (process.isEnding || !process.isAlive) return { kind: 'error', reason: 'shutdown' };
    let result: StartResult;
    try {
      result = await this.#unlessEnding(child.spec.start(this.#starter));
    } catch (thrown) {
      result = { kind: 'error', reason: reasonOf(thrown) };
    }
    if (!isStartResult(result)) result = { kind: 'error', reason: { error: { bad_return: result } } };
    if (result.kind === 'ok') {
      child.run(result.pid);
      // The start function may have started something that is not linked; its end must arrive here all the same.
      process.link(result.pid);
    } else if (result.kind === 'ignore') {
      child.run(undefined);
    }
    return result;
  }

  /** Stops a child as its specification wants and waits until it is gone. */
  async stop(child: Child): Promise<void> {
    const { pid } = child;
    child.run(undefined);
    if (pid === undefined) return;
    const reason = await this.#shutdown(pid, child.complete.shutdown);
    const isExpected =
      reason === 'noproc' ||
      isShutdown(reason) ||
      (child.complete.shutdown === 'brutal_kill' && reason === 'killed') ||
      (child.complete.restart !== 'permanent' && reason === 'normal');
    if (!isExpected) this.report('shutdown_error', reason, child, pid);
  }

  report(errorContext: SupervisorErrorContext, reason: ExitReason, child: Child, pid: Pid | undefined): void {
    const { system, pid: supervisor } = this.#process;
    system.report({ supervisor, errorContext, reason, offender: { id: child.spec.id, pid } });
    const log = errorContext === 'shutdown' || errorContext === 'start_error' ? 'error' : 'warn';
    if (errorContext === 'child_terminated' && isOrderly(reason)) return;
    system.log?.[log]('supervisor report', {
      supervisor: supervisor.label,
      context: errorContext,
      child: child.spec.id,
      reason: describeReason(reason),
    });
  }

  /** Kills what is still in its init; nobody waits for it any more. */
  killStarting(): void {
    for (const linked of [...(this.#process.links ?? [])]) {
      if (linked.parent === this.#process.pid && linked.status === 'starting') linked.die('killed');
    }
  }

  #shutdown(pid: Pid, shutdown: Shutdown): Promise<ExitReason> {
    const process = this.#process;
    const { system } = process;
    return new Promise(resolve => {
      const timer =
        typeof shutdown === 'number'
          ? system.clock.setTimeout(() => process.exit(pid, 'kill'), shutdown)
          : undefined;
      system.watch(pid, reason => {
        system.clock.clearTimeout(timer);
        resolve(reason);
      });
      process.exit(pid, shutdown === 'brutal_kill' ? 'kill' : 'shutdown');
    });
  }

  #unlessEnding(start: Promise<StartResult>): Promise<StartResult> {
    const { signal } = this.#process;
    return new Promise((resolve, reject) => {
      const abandon = () => resolve({ kind: 'error', reason: 'shutdown' });
      signal.addEventListener('abort', abandon, { once: true });
      Promise.resolve(start).then(result => {
        signal.removeEventListener('abort', abandon);
        if (signal.aborted && result?.kind === 'ok') this.#process.exit(result.pid, 'kill');
        resolve(result);
      }, reject);
    });
  }
}

function isStartResult(value: unknown): value is StartResult {
  const kind = (value as StartResult | undefined)?.kind;
  return kind === 'ok' || kind === 'ignore' || kind === 'error';
}
