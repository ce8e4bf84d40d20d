import type { TestContext } from 'node:test';
import { type PlainChildSpec, type PlainLifecycle, serverChild } from '../../../src/otp/child-spec.ts';
import { type ExitReason, ProcessExit } from '../../../src/otp/exit-reason.ts';
import { type GenServer, type InitResult, startServer } from '../../../src/otp/gen-server.ts';
import type { SystemInfo } from '../../../src/otp/messages.ts';
import type { SupervisorReport } from '../../../src/otp/observer.ts';
import type { Pid, Target } from '../../../src/otp/pid.ts';
import type { ProcessName } from '../../../src/otp/process-name.ts';
import { ProcessSystem, type ProcessSystemOptions } from '../../../src/otp/process-system.ts';
import type { Request } from '../../../src/otp/request.ts';
import { reply } from '../../../src/otp/results.ts';
import type { Self } from '../../../src/otp/self.ts';
import { type SupervisorPid, startSupervisor, whichChild } from '../../../src/otp/supervisor.ts';
import { type SupervisorOptions, supervisorSpec } from '../../../src/otp/supervisor-spec.ts';
import { eventually } from '../../support/eventually.ts';
import { ManualClock } from '../../support/manual-clock.ts';

export interface AgentState {
  readonly inbox: (string | SystemInfo)[];
  value: unknown;
}

type AgentSelf = Self<AgentCall, AgentCast, string>;
type Step = (self: AgentSelf, state: AgentState) => unknown;

export type AgentCall = { readonly type: 'run'; readonly step: Step } & Request<unknown>;
export type AgentCast = { readonly type: 'do'; readonly step: Step };
export type AgentPid = Pid<AgentCall, AgentCast, string>;
export type AgentName = ProcessName<AgentCall, AgentCast, string>;

export interface AgentArgs {
  readonly trapExit?: boolean;
  /** Runs in `init`; what it returns, if anything, is the result of `init`. */
  readonly init?: (
    self: AgentSelf,
  ) => InitResult<AgentState> | undefined | Promise<InitResult<AgentState> | undefined>;
  readonly terminate?: (reason: ExitReason) => void | Promise<void>;
}

/** A process that runs whatever a test hands it and keeps what arrives at `handleInfo`. */
export const agent: GenServer<AgentArgs, AgentState, AgentCall, AgentCast, string> = {
  async init(self, args) {
    self.trapExit = args.trapExit ?? false;
    return (await args.init?.(self)) ?? { inbox: [], value: undefined };
  },
  async handleCall(call, _from, state, self) {
    return reply(await call.step(self, state));
  },
  async handleCast(cast, state, self) {
    await cast.step(self, state);
  },
  handleInfo(info, state) {
    state.inbox.push(info);
  },
};

/** The same with a `terminate`. */
export function agentWithTerminate(
  terminate: (reason: ExitReason, state: AgentState) => void | Promise<void>,
): typeof agent {
  return { ...agent, terminate };
}

/** A world that stands still until the test moves its clock. */
export class World {
  readonly clock = new ManualClock();
  readonly reports: SupervisorReport[] = [];
  readonly exits: { readonly pid: Pid; readonly reason: ExitReason }[] = [];
  readonly system: ProcessSystem;

  constructor(t: TestContext, options: Partial<ProcessSystemOptions> = {}) {
    this.system = new ProcessSystem({
      clock: this.clock,
      observer: {
        onReport: report => this.reports.push(report),
        onExit: (pid, reason) => this.exits.push({ pid, reason }),
      },
      ...options,
    });
    t.after(() => {
      for (const process of [...this.system.processes()]) process.die('killed');
    });
  }

  agent(
    args: AgentArgs = {},
    options: Parameters<typeof startServer<AgentArgs, AgentState, AgentCall, AgentCast, string>>[3] = {},
  ): Promise<AgentPid> {
    const server = args.terminate === undefined ? agent : agentWithTerminate(args.terminate);
    return startServer(this.system, server, args, options);
  }

  supervisor(
    options: Partial<SupervisorOptions> & Pick<SupervisorOptions, 'children'>,
  ): Promise<SupervisorPid> {
    const all = {
      id: 'sup',
      strategy: 'one_for_one',
      intensity: 0,
      periodMs: 5_000,
      ...options,
    } as SupervisorOptions;
    return startSupervisor(this.system, supervisorSpec(all));
  }

  /** Runs a step inside an agent and returns its result. */
  run(pid: Target<AgentCall>, step: Step): Promise<unknown> {
    return this.system.call(pid, { type: 'run', step });
  }

  async inbox(pid: AgentPid): Promise<readonly (string | SystemInfo)[]> {
    return (await this.run(pid, (_self, state) => [...state.inbox])) as (string | SystemInfo)[];
  }

  /** Has a process end itself with `reason`, and waits until it is gone. */
  async end(pid: Pid, reason: ExitReason): Promise<void> {
    const step = () => {
      throw new ProcessExit(reason);
    };
    const gone = this.goneWith(pid);
    this.system.cast(pid as AgentPid, { type: 'do', step });
    await gone;
    await settle();
  }

  /** The reason with which a process ends or has ended. */
  goneWith(pid: Pid): Promise<ExitReason> {
    const past = this.exits.find(exit => exit.pid === pid);
    if (past !== undefined) return Promise.resolve(past.reason);
    return new Promise(resolve => this.system.watch(pid, resolve));
  }

  /** The pid of a running child. */
  async child(supervisor: SupervisorPid, id: string): Promise<Pid> {
    const found = await eventually(
      async () => (await whichChild(this.system, supervisor, id))?.pid,
      `child ${id}`,
    );
    return found as Pid;
  }

  isAlive(pid: Pid): boolean {
    return this.system.isAlive(pid);
  }
}

/** The specification of an agent as a child. */
export function child(id: string, args: AgentArgs = {}, lifecycle: PlainLifecycle = {}): PlainChildSpec {
  const server = args.terminate === undefined ? agent : agentWithTerminate(args.terminate);
  return serverChild({ id, server, args, ...lifecycle });
}

/** Lets everything run that is due now. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 25; turn++) await new Promise(resolve => setImmediate(resolve));
}

/** Never settles; `noted` only serves to note something on the way. */
export function forever(_noted?: unknown): Promise<void> {
  return new Promise(() => {});
}
