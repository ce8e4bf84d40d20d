/** What a pipeline is doing. `error`: it waits to be looked at; updates wait meanwhile, as in `paused`. */
export type PipelineStateName = 'initializing' | 'running' | 'paused' | 'error' | 'shutdown';

/**
 * What moves a pipeline from state to state: `start` (its process starts), `opened`, `pause`, `resume`, `restart` (handlers
 * begin anew with what waits), `reset` (the error was looked at), `fail`, `stop`.
 */
export type PipelineEvent = 'start' | 'opened' | 'pause' | 'resume' | 'restart' | 'reset' | 'fail' | 'stop';

/** Every transition; an event that is not listed for a state is refused. */
export const transitions: Readonly<
  Record<PipelineStateName, Readonly<Partial<Record<PipelineEvent, PipelineStateName>>>>
> = {
  initializing: { opened: 'running', fail: 'error', stop: 'shutdown' },
  running: { pause: 'paused', restart: 'running', fail: 'error', stop: 'shutdown' },
  paused: { resume: 'running', restart: 'running', fail: 'error', stop: 'shutdown' },
  error: { reset: 'running', restart: 'running', fail: 'error', stop: 'shutdown' },
  shutdown: { start: 'initializing' },
};

/** All states, in the order of a life. */
export const pipelineStates = Object.keys(transitions) as readonly PipelineStateName[];
