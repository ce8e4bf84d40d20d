import type { TimerHandle } from '../../clock/clock.ts';
import { type PlainChildSpec, serverChild } from '../../otp/child-spec.ts';
import type { GenServer } from '../../otp/gen-server.ts';
import { type ProcessName, processName } from '../../otp/process-name.ts';
import type { Request } from '../../otp/request.ts';
import { reply } from '../../otp/results.ts';
import type { Self } from '../../otp/self.ts';
import type { PipelineStateName } from './pipeline-state.ts';
import type { PipelineStatus } from './pipeline-status.ts';
import type { RunningPipeline } from './running-pipeline.ts';

/** What a pipeline can be told: see `RunningPipeline`. */
export type PipelineCommand = 'pause' | 'resume' | 'restart' | 'reset';

/** What the process is asked. A command answers with the state that it led to, or with why it was refused. */
export type PipelineCall =
  | ({ readonly type: 'status' } & Request<PipelineStatus>)
  | ({ readonly type: 'command'; readonly command: PipelineCommand } & Request<PipelineCommandResult>);

/** What came of a command. */
export type PipelineCommandResult =
  | { readonly isRefused: false; readonly state: PipelineStateName }
  | { readonly isRefused: true; readonly state: PipelineStateName; readonly message: string };

/** What the process is started with. */
export interface PipelineProcessArgs {
  /** The pipeline; it outlives the process. */
  readonly pipeline: RunningPipeline;
}

/** Milliseconds beyond the time for draining in which handlers close and the checkpoint is stored. */
const closeMs = 5_000;

/** The name of a pipeline's process. */
export function pipelineName(id: string): ProcessName<PipelineCall> {
  return processName<PipelineCall>({ type: 'pipeline', id });
}

type PipelineCast = { readonly type: 'opened' } | { readonly type: 'open_failed' };
type PipelineInfo = { readonly type: 'open_due' };

interface State {
  readonly pipeline: RunningPipeline;
  /** Tries to open it that failed, in a row. */
  failures: number;
}

/** Milliseconds before the second try to open it; doubles up to `maxRetryMs`. */
const minRetryMs = 500;
const maxRetryMs = 30_000;
/** Milliseconds that the start of whatever comes after it waits for a pipeline to open. */
const openWaitMs = 2_000;

/**
 * The process that opens, steers and stops one pipeline.
 *
 * Takes: `status`, `command`; `opened`, `open_failed` and `open_due`, its own. Owns: whether the pipeline is open; updates,
 * retries and timers are the pipeline's own, so that a process that is killed loses nothing: the next one goes on with the
 * same pipeline. A pipeline whose state cannot be read is tried again and again, and keeps nobody else from starting. An
 * orderly stop drains it within its `drainTimeoutMs` and stores the checkpoint.
 */
const pipelineServer: GenServer<PipelineProcessArgs, State, PipelineCall, PipelineCast, PipelineInfo> = {
  label: 'pipeline',
  async init(self, { pipeline }) {
    const { clock } = self.system;
    const opening = open(self, pipeline);
    let timer: TimerHandle | undefined;
    const late = new Promise<void>(resolve => {
      timer = clock.setTimeout(resolve, openWaitMs);
    });
    await Promise.race([opening, late]);
    clock.clearTimeout(timer);
    return { pipeline, failures: 0 };
  },
  handleCast(cast, state, self) {
    if (cast.type === 'opened') {
      state.failures = 0;
      return;
    }
    self.sendAfter(Math.min(maxRetryMs, minRetryMs * 2 ** Math.min(20, state.failures++)), {
      type: 'open_due',
    });
  },
  handleInfo(_info, { pipeline }, self) {
    void open(self, pipeline);
  },
  handleCall(call, _from, { pipeline }) {
    if (call.type === 'status') return reply(pipeline.status());
    try {
      pipeline[call.command]();
    } catch (error) {
      return reply({ isRefused: true, state: pipeline.state, message: (error as Error).message });
    }
    return reply({ isRefused: false, state: pipeline.state });
  },
  terminate: (_reason, { pipeline }) => pipeline.stop(),
  formatStatus({ pipeline }) {
    const { state, checkpoint, handled, queueDepth } = pipeline.status();
    return { state, checkpoint, handled, queueDepth };
  },
};

/** Settles when it is open or cannot be opened; never rejects. */
function open(
  self: Self<PipelineCall, PipelineCast, PipelineInfo>,
  pipeline: RunningPipeline,
): Promise<void> {
  return pipeline.open().then(
    () => self.cast(self.pid, { type: 'opened' }),
    () => self.cast(self.pid, { type: 'open_failed' }),
  );
}

/** The specification of a pipeline's process. */
export function pipelineChild(pipeline: RunningPipeline): PlainChildSpec {
  return serverChild({
    id: `pipeline:${pipeline.id}`,
    server: pipelineServer,
    args: { pipeline },
    name: pipelineName(pipeline.id),
    shutdown: pipeline.definition.drainTimeoutMs + closeMs,
    about: 'Opens, steers and stops one pipeline; what is on its way through it outlives the process.',
  });
}
