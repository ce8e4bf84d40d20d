import type { SessionsConfig } from '../config/sections/sessions.ts';
import type { RunningPipeline } from '../pipelines/runtime/running-pipeline.ts';
import { sessionPipelineId } from '../sessions/session-pipeline.ts';
import type { SessionStream } from '../sessions/session-status.ts';
import type { UpdateSource } from '../sources/source.ts';

/** What is looked at of the pipelines of a chain. */
export interface SessionStreamSources {
  readonly running: readonly Pick<RunningPipeline, 'id' | 'state' | 'status'>[];
  readonly sources: readonly Pick<UpdateSource, 'name' | 'commitment' | 'purpose' | 'state'>[];
}

/** The stream of the session builder: a pipeline that runs is told nothing as long as its source has no stream. */
export function sessionStream(
  { source, commitment }: Pick<SessionsConfig, 'source' | 'commitment'>,
  pipelines: SessionStreamSources | undefined,
): SessionStream | undefined {
  const found = pipelines?.running.find(({ id }) => id === sessionPipelineId);
  if (found === undefined) return undefined;
  const read = pipelines?.sources.find(
    ({ name, commitment: content, purpose = '' }) =>
      name === source && content === commitment && purpose === '',
  );
  const status = read?.state().status;
  const isOpen = status !== 'failed' && status !== 'connecting';
  const { slot, parseErrors } = found.status();
  return { state: found.state === 'running' && !isOpen ? status : found.state, slot, parseErrors };
}
