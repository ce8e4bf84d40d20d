import type { AdminAction } from '../gateway/admin-routes.ts';
import type { ProcessSystem } from '../otp/process-system.ts';
import { PipelineError } from '../pipelines/errors.ts';
import { type PipelineCommand, pipelineName } from '../pipelines/runtime/pipeline-process.ts';
import type { PipelineStatus } from '../pipelines/runtime/pipeline-status.ts';
import type { RunningPipeline } from '../pipelines/runtime/running-pipeline.ts';
import { type SourceState, sourceLabel } from '../sources/source.ts';
import { asBody, invalid, text } from './admin-body.ts';
import type { BrokenPipeline, ChainPipelines } from './chain-pipelines.ts';

export interface PipelineActionSources {
  /** What reads the updates of each Solana chain. */
  readonly pipelines: () => Iterable<Pick<ChainPipelines, 'running' | 'broken' | 'sources'>>;
  /** Where the processes of pipelines are found. */
  readonly system: Pick<ProcessSystem, 'call'>;
}

/** A source of updates as it is answered. */
export interface ShownSource extends SourceState {
  readonly chain: string;
  readonly source: string;
  readonly commitment: string;
}

/** What `GET /admin/pipelines` answers. */
export interface PipelinesAnswer {
  readonly sources: readonly ShownSource[];
  readonly pipelines: readonly PipelineStatus[];
  readonly broken: readonly BrokenPipeline[];
}

const commands = ['pause', 'resume', 'restart', 'reset'] as const satisfies readonly PipelineCommand[];
/** Milliseconds; a command changes a state and waits for nothing. */
const commandTimeoutMs = 5_000;

/** What operators can ask of pipelines, and tell them. */
export function pipelineActions(sources: PipelineActionSources): AdminAction[] {
  return [
    {
      method: 'GET',
      path: 'pipelines',
      run: (): PipelinesAnswer => {
        const groups = [...sources.pipelines()];
        return {
          sources: groups.flatMap(group =>
            group.sources.map(source => {
              const { chain, name, commitment, purpose } = source;
              return { chain, source: sourceLabel(name, purpose), commitment, ...source.state() };
            }),
          ),
          pipelines: groups.flatMap(({ running }) => running.map(pipeline => pipeline.status())),
          broken: groups.flatMap(({ broken }) => broken),
        };
      },
    },
    {
      method: 'POST',
      path: 'pipelines/command',
      run: async input => {
        const body = asBody(input);
        const command = commands.find(known => known === text(body, 'command'));
        if (command === undefined) throw invalid(`"command" is one of ${commands.join(', ')}`);
        const pipeline = findPipeline(sources, text(body, 'pipeline'));
        const request = { type: 'command', command } as const;
        const result = await sources.system
          .call(pipelineName(pipeline.id), request, commandTimeoutMs)
          .catch((error: unknown) => {
            throw (error as { code?: unknown }).code === 'call_noproc' ? notRunning(pipeline) : error;
          });
        if (result.isRefused) {
          const { id } = pipeline;
          const message = `pipeline ${id} is ${result.state}; ${command} is for one that is ${accepting[command]}`;
          throw new PipelineError('pipeline_refused', message);
        }
        return { pipeline: pipeline.id, state: result.state };
      },
    },
  ];
}

const accepting: Readonly<Record<PipelineCommand, string>> = {
  pause: 'running',
  resume: 'paused',
  restart: 'running, paused or in error',
  reset: 'in error',
};

/** @throws PipelineError `pipeline_unknown`, with the names that there are */
export function findPipeline({ pipelines }: Pick<PipelineActionSources, 'pipelines'>, id: string) {
  const groups = [...pipelines()];
  const running = groups.flatMap(group => group.running);
  const found = running.find(pipeline => pipeline.id === id);
  if (found !== undefined) return found;
  const broken = groups.flatMap(group => group.broken).find(pipeline => pipeline.id === id);
  if (broken !== undefined)
    throw new PipelineError('pipeline_refused', `pipeline ${id} could not be made: ${broken.message}`);
  throw new PipelineError(
    'pipeline_unknown',
    `there is no pipeline ${JSON.stringify(id.slice(0, 128))}; there are: ${listed(running)}`,
  );
}

/** A pipeline whose process is not there takes no commands; those that gather for the feed have none. */
export function notRunning(pipeline: RunningPipeline): PipelineError {
  const { id, state, error } = pipeline.status();
  if (state === 'running')
    return new PipelineError('pipeline_refused', `pipeline ${id} is the feed’s own: it takes no commands`);
  return new PipelineError(
    'pipeline_refused',
    `pipeline ${id} does not run: it is ${state}${error === undefined ? '' : `; its last error: ${error}`}`,
  );
}

const maxListed = 20;

function listed(pipelines: readonly RunningPipeline[]): string {
  // Those of the config first: a chain has one for each program that is followed.
  const ids = pipelines
    .map(({ id }) => id)
    .sort((a, b) => Number(a.startsWith('feed.')) - Number(b.startsWith('feed.')));
  const more = ids.length > maxListed ? ` and ${ids.length - maxListed} more` : '';
  return ids.length === 0 ? 'none' : `${ids.slice(0, maxListed).join(', ')}${more}`;
}
