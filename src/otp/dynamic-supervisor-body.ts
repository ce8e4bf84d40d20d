import { Child, type ChildInfo, countChildren } from './child.ts';
import type { PlainChildSpec } from './child-spec.ts';
import { type ExitReason, isOrderly, reasonOf } from './exit-reason.ts';
import type { Envelope } from './messages.ts';
import type { Pid } from './pid.ts';
import type { Process } from './process.ts';
import type { InitOutcome, ProcessBody } from './process-body.ts';
import { RestartIntensity } from './restart-intensity.ts';
import { checkChildSpec } from './spec-check.ts';
import { SupervisorFamily } from './supervisor-family.ts';
import type { DynamicSupervisorCall, StartChildResult, TerminateChildResult } from './supervisor-messages.ts';
import type { DynamicSupervisorSpec } from './supervisor-spec.ts';

interface TryAgain {
  readonly type: 'try_again_restart';
  readonly child: Child;
}

/**
 * A dynamic supervisor: children of one kind, started and stopped at run time, each restarted by itself. It owns
 * the set of its children; a restart of the supervisor loses them all.
 */
export class DynamicSupervisorBody<Args> implements ProcessBody {
  readonly type = 'supervisor';
  readonly hasTerminate = true;
  readonly putsParentExitFirst = true;
  readonly spec: DynamicSupervisorSpec<Args>;
  readonly #process: Process;
  readonly #family: SupervisorFamily;
  readonly #intensity = new RestartIntensity();
  /** By the pid that runs or, while it cannot be replaced, by the one that died. */
  readonly #children = new Map<Pid, Child>();

  constructor(process: Process, spec: DynamicSupervisorSpec<Args>) {
    this.#process = process;
    this.#family = new SupervisorFamily(process);
    this.spec = spec;
    process.trapExit = true;
  }

  get children(): Iterable<Child> {
    return this.#children.values();
  }

  init(): InitOutcome {
    return undefined;
  }

  async handle(envelope: Envelope): Promise<void> {
    if (envelope.kind === 'call') {
      envelope.from.reply(await this.#answer(envelope.request as DynamicSupervisorCall<Args>));
    } else if (envelope.kind === 'signal' && envelope.message.type === 'EXIT') {
      const { pid, reason } = envelope.message;
      const child = pid === undefined ? undefined : this.#children.get(pid);
      if (child !== undefined && child.pid === pid) await this.#childEnded(child, reason);
    } else if (envelope.kind === 'own') {
      const { child } = envelope.message as TryAgain;
      // Stopped in the meantime, it waits for no restart any more.
      if (child.restartingFor !== undefined) await this.#restart(child, child.restartingFor);
    }
  }

  /** All children at once: the longest shutdown time bounds the whole. */
  async terminate(): Promise<void> {
    this.#family.killStarting();
    await Promise.all([...this.#children.values()].map(child => this.#family.stop(child)));
  }

  state(): unknown {
    return [...this.#children.values()].map(child => child.info);
  }

  replaceState(): void {
    throw new Error('the state of a supervisor is its children and cannot be replaced');
  }

  describe(): unknown {
    return 'dynamic';
  }

  async #answer(call: DynamicSupervisorCall<Args>): Promise<unknown> {
    switch (call.type) {
      case 'which_children':
        return [...this.#children.values()].map(anonymous);
      case 'which_child': {
        const child = this.#find(call.child);
        return child === undefined ? undefined : anonymous(child);
      }
      case 'count_children':
        return countChildren(this.#children.values());
      case 'get_child_spec':
        return this.#find(call.child)?.complete;
      case 'start_child':
        return this.#startChild(call.args);
      case 'terminate_child':
        return this.#terminateChild(call.child);
      case 'restart_child':
      case 'delete_child':
        return { ok: false, error: 'dynamic_supervisor' };
      default:
        throw new Error('not a call to a dynamic supervisor');
    }
  }

  async #startChild(args: Args): Promise<StartChildResult> {
    if (this.#children.size >= this.spec.maxChildren) return { ok: false, error: 'max_children' };
    let spec: PlainChildSpec;
    try {
      spec = this.spec.child(args);
    } catch (thrown) {
      return { ok: false, error: 'start_failed', reason: reasonOf(thrown) };
    }
    const invalid = checkChildSpec(spec, 'never');
    if (invalid !== undefined) return { ok: false, error: 'invalid_spec', reason: invalid };
    const child = new Child(spec);
    const result = await this.#family.start(child);
    if (result.kind === 'error') return { ok: false, error: 'start_failed', reason: result.reason };
    if (result.kind === 'ignore') return { ok: true, pid: undefined };
    if (child.isTemporary) child.forgetStart();
    this.#children.set(result.pid, child);
    return { ok: true, pid: result.pid, ...('info' in result ? { info: result.info } : {}) };
  }

  async #terminateChild(pid: string | Pid): Promise<TerminateChildResult> {
    if (typeof pid === 'string') return { ok: false, error: 'dynamic_supervisor' };
    const child = this.#children.get(pid);
    if (child === undefined) return { ok: false, error: 'not_found' };
    this.#children.delete(pid);
    await this.#family.stop(child);
    return { ok: true };
  }

  async #childEnded(child: Child, reason: ExitReason): Promise<void> {
    const pid = child.pid as Pid;
    const { restart } = child.complete;
    const isRestarted = restart === 'permanent' || (restart === 'transient' && !isOrderly(reason));
    if (isRestarted || !isOrderly(reason)) this.#family.report('child_terminated', reason, child, pid);
    if (isRestarted) await this.#restart(child, pid);
    else this.#children.delete(pid);
  }

  async #restart(child: Child, key: Pid): Promise<void> {
    if (!this.#intensity.add(this.#process.system.clock.now(), this.spec.intensity, this.spec.periodMs)) {
      this.#family.report('shutdown', 'reached_max_restart_intensity', child, key);
      this.#children.delete(key);
      this.#process.end('shutdown');
      return;
    }
    child.waitForRestart();
    const result = await this.#family.start(child);
    if (result.kind === 'error') {
      if (this.#process.isEnding) return;
      this.#family.report('start_error', result.reason, child, key);
      const message: TryAgain = { type: 'try_again_restart', child };
      this.#process.deliver({ kind: 'own', message });
      return;
    }
    this.#children.delete(key);
    if (result.kind === 'ignore') return;
    child.restarts++;
    this.#children.set(result.pid, child);
    this.#process.system.restarted(this.#process.pid, child.spec.id, result.pid);
  }

  #find(pid: string | Pid): Child | undefined {
    return typeof pid === 'string' ? undefined : this.#children.get(pid);
  }
}

function anonymous(child: Child): ChildInfo {
  return { ...child.info, id: undefined };
}
