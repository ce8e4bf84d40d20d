import { Child, countChildren } from './child.ts';
import { type ExitReason, isOrderly } from './exit-reason.ts';
import type { Envelope } from './messages.ts';
import type { Pid } from './pid.ts';
import type { Process } from './process.ts';
import type { InitOutcome, ProcessBody } from './process-body.ts';
import { RestartIntensity } from './restart-intensity.ts';
import { checkChildSpec } from './spec-check.ts';
import { SupervisorFamily } from './supervisor-family.ts';
import type {
  ChangeSpecResult,
  DeleteChildResult,
  RestartChildResult,
  StartChildResult,
  SupervisorCall,
  TerminateChildResult,
} from './supervisor-messages.ts';
import { checkSupervisorSpec, type SupervisorSpec } from './supervisor-spec.ts';

interface TryAgain {
  readonly type: 'try_again_restart';
  readonly id: string;
}

/**
 * A static supervisor. It owns the list of its children, in the order of their start. A restart of the supervisor
 * loses the children that were added while it ran, and the restart counts.
 */
export class SupervisorBody implements ProcessBody {
  readonly type = 'supervisor';
  readonly hasTerminate = true;
  readonly putsParentExitFirst = true;
  readonly #process: Process;
  readonly #family: SupervisorFamily;
  readonly #intensity = new RestartIntensity();
  #spec: SupervisorSpec;
  #children: Child[];

  constructor(process: Process, spec: SupervisorSpec) {
    this.#process = process;
    this.#family = new SupervisorFamily(process);
    this.#spec = spec;
    this.#children = spec.children.map(child => new Child(child));
    process.trapExit = true;
  }

  get spec(): SupervisorSpec {
    return this.#spec;
  }

  get children(): readonly Child[] {
    return this.#children;
  }

  async init(): Promise<InitOutcome> {
    const error = checkSupervisorSpec(this.#spec);
    if (error !== undefined) return { kind: 'stop', reason: { error } };
    for (const child of [...this.#children]) {
      const result = await this.#family.start(child);
      if (result.kind === 'error') {
        const ending = this.#process.endingReason;
        if (ending === undefined) this.#family.report('start_error', result.reason, child, undefined);
        await this.terminate();
        const reason = { shutdown: { failed_to_start_child: child.spec.id, reason: result.reason } };
        return { kind: 'stop', reason: ending ?? reason };
      }
      if (result.kind === 'ignore' && child.isTemporary) this.#remove(child);
    }
    return undefined;
  }

  async handle(envelope: Envelope): Promise<void> {
    if (envelope.kind === 'call') {
      envelope.from.reply(await this.#answer(envelope.request as SupervisorCall));
    } else if (envelope.kind === 'signal' && envelope.message.type === 'EXIT') {
      const { pid, reason } = envelope.message;
      const child = this.#children.find(candidate => candidate.pid === pid);
      if (child !== undefined) await this.#childEnded(child, reason);
    } else if (envelope.kind === 'own') {
      const child = this.#find((envelope.message as TryAgain).id);
      if (child?.isRestarting) await this.#restart(child);
    }
  }

  async terminate(): Promise<void> {
    this.#family.killStarting();
    for (const child of this.#children.toReversed()) await this.#family.stop(child);
  }

  state(): unknown {
    return this.#children.map(child => child.info);
  }

  replaceState(): void {
    throw new Error('the state of a supervisor is its children and cannot be replaced');
  }

  describe(): unknown {
    return this.#spec.strategy;
  }

  async #answer(call: SupervisorCall): Promise<unknown> {
    switch (call.type) {
      case 'which_children':
        return this.#children.map(child => child.info);
      case 'which_child':
        return this.#find(call.child)?.info;
      case 'count_children':
        return countChildren(this.#children);
      case 'get_child_spec':
        return this.#find(call.child)?.complete;
      case 'start_child':
        return this.#startChild(call.spec);
      case 'restart_child':
        return this.#restartChild(call.child);
      case 'terminate_child':
        return this.#terminateChild(call.child);
      case 'delete_child':
        return this.#deleteChild(call.child);
      case 'change_spec':
        return this.#changeSpec(call.spec);
      default:
        throw new Error('not a call to a supervisor');
    }
  }

  async #startChild(spec: SupervisorSpec['children'][number]): Promise<StartChildResult> {
    const invalid = checkChildSpec(spec, this.#spec.autoShutdown);
    if (invalid !== undefined) return { ok: false, error: 'invalid_spec', reason: invalid };
    const present = this.#find(spec.id);
    if (present?.pid !== undefined) return { ok: false, error: 'already_started', pid: present.pid };
    if (present !== undefined) return { ok: false, error: 'already_present' };
    const child = new Child(spec);
    const result = await this.#family.start(child);
    if (result.kind === 'error') return { ok: false, error: 'start_failed', reason: result.reason };
    if (result.kind === 'ok' || !child.isTemporary) this.#children.push(child);
    return {
      ok: true,
      pid: child.pid,
      ...(result.kind === 'ok' && 'info' in result ? { info: result.info } : {}),
    };
  }

  async #restartChild(id: string): Promise<RestartChildResult> {
    const child = this.#find(id);
    if (child === undefined) return { ok: false, error: 'not_found' };
    if (child.isRestarting) return { ok: false, error: 'restarting' };
    if (child.pid !== undefined) return { ok: false, error: 'running' };
    const result = await this.#family.start(child);
    if (result.kind === 'error') return { ok: false, error: 'start_failed', reason: result.reason };
    return {
      ok: true,
      pid: child.pid,
      ...(result.kind === 'ok' && 'info' in result ? { info: result.info } : {}),
    };
  }

  async #terminateChild(id: string | Pid): Promise<TerminateChildResult> {
    const child = typeof id === 'string' ? this.#find(id) : undefined;
    if (child === undefined) return { ok: false, error: 'not_found' };
    await this.#family.stop(child);
    if (child.isTemporary) this.#remove(child);
    return { ok: true };
  }

  #deleteChild(id: string): DeleteChildResult {
    const child = this.#find(id);
    if (child === undefined) return { ok: false, error: 'not_found' };
    if (child.isRestarting) return { ok: false, error: 'restarting' };
    if (child.pid !== undefined) return { ok: false, error: 'running' };
    this.#remove(child);
    return { ok: true };
  }

  /** Children that the new specification adds are not started, those that it drops keep running. */
  #changeSpec(spec: SupervisorSpec): ChangeSpecResult {
    const invalid = checkSupervisorSpec(spec);
    if (invalid !== undefined) return { ok: false, reason: invalid };
    this.#spec = spec;
    const kept = this.#children.filter(child => !spec.children.some(other => other.id === child.spec.id));
    const wanted = spec.children.map(childSpec => {
      const child = new Child(childSpec);
      const present = this.#find(childSpec.id);
      if (present === undefined) return child;
      child.pid = present.pid;
      child.isRestarting = present.isRestarting;
      child.restartingFor = present.restartingFor;
      child.restarts = present.restarts;
      return child;
    });
    this.#children = [...wanted, ...kept];
    return { ok: true };
  }

  async #childEnded(child: Child, reason: ExitReason): Promise<void> {
    const { restart } = child.complete;
    const isRestarted = restart === 'permanent' || (restart === 'transient' && !isOrderly(reason));
    if (isRestarted || !isOrderly(reason)) this.#family.report('child_terminated', reason, child, child.pid);
    if (isRestarted) {
      await this.#restart(child);
      return;
    }
    child.run(undefined);
    if (child.isTemporary) this.#remove(child);
    this.#autoShutdown(child);
  }

  #autoShutdown(ended: Child): void {
    const { autoShutdown } = this.#spec;
    if (!ended.complete.significant || autoShutdown === 'never') return;
    const isLast = !this.#children.some(
      child => child.complete.significant && (child.pid !== undefined || child.isRestarting),
    );
    if (autoShutdown === 'any_significant' || isLast) this.#process.end('shutdown');
  }

  async #restart(child: Child): Promise<void> {
    const { intensity, periodMs, strategy } = this.#spec;
    if (!this.#intensity.add(this.#process.system.clock.now(), intensity, periodMs)) {
      this.#family.report('shutdown', 'reached_max_restart_intensity', child, child.pid);
      child.run(undefined);
      this.#process.end('shutdown');
      return;
    }
    child.waitForRestart();
    if (strategy === 'one_for_one') {
      await this.#restartGroup([child]);
      return;
    }
    const from = strategy === 'one_for_all' ? 0 : this.#children.indexOf(child);
    for (const member of this.#children.slice(from).reverse()) {
      if (member === child) continue;
      await this.#family.stop(member);
      if (member.isTemporary) this.#remove(member);
    }
    await this.#restartGroup(
      this.#children.slice(strategy === 'one_for_all' ? 0 : this.#children.indexOf(child)),
    );
  }

  /** Starts the children in order; the first that fails is tried again after the messages that wait. */
  async #restartGroup(group: readonly Child[]): Promise<void> {
    for (const child of group) {
      const result = await this.#family.start(child);
      if (result.kind === 'error') {
        if (this.#process.isEnding) return;
        this.#family.report('start_error', result.reason, child, child.restartingFor);
        child.waitForRestart();
        const message: TryAgain = { type: 'try_again_restart', id: child.spec.id };
        this.#process.deliver({ kind: 'own', message });
        return;
      }
      child.restarts++;
      if (child.pid !== undefined)
        this.#process.system.restarted(this.#process.pid, child.spec.id, child.pid);
    }
  }

  #find(id: string | Pid): Child | undefined {
    return this.#children.find(
      child => child.spec.id === id || (child.pid !== undefined && child.pid === id),
    );
  }

  #remove(child: Child): void {
    this.#children = this.#children.filter(candidate => candidate !== child);
  }
}
