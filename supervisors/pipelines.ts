import type { PlainChildSpec } from '../src/otp/child-spec.ts';
import { type ProcessName, processName } from '../src/otp/process-name.ts';
import { supervisorChild, tryStartSupervisor } from '../src/otp/supervisor.ts';
import type { SupervisorCall } from '../src/otp/supervisor-messages.ts';
import { type SupervisorSpec, supervisorSpec } from '../src/otp/supervisor-spec.ts';
import { successor } from './successor.ts';

/** The id of a chain's pipelines in its supervisor. */
export const pipelinesId = 'pipelines';

export const sourcesName = (chain: string): ProcessName<SupervisorCall> =>
  processName<SupervisorCall>({ type: 'supervisor', id: `sources:${chain}` });

export const handlingName = (chain: string): ProcessName<SupervisorCall> =>
  processName<SupervisorCall>({ type: 'supervisor', id: `handling:${chain}` });

/** A source and what makes it run. */
export interface SourceParts {
  readonly id: string;
  readonly children: readonly PlainChildSpec[];
}

/** What the pipelines of a chain are made of. */
export interface PipelinesParts {
  /** One for each source and commitment that a pipeline reads. */
  readonly sources: readonly SourceParts[];
  /** The pipelines of the config and of services, and the gatherer, which starts and ends the built-in ones. */
  readonly handling: readonly PlainChildSpec[];
}

/**
 * What reads the updates of a Solana chain. Stopped in reverse: the pipelines handle what they took, then the streams end.
 *
 *     pipelines                          rest_for_one
 *     ├─ sources                         one_for_one
 *     │  └─ source:<name>:<commitment>   one_for_one
 *     │     ├─ geyser_connection:<id>    a gRPC stream each; or `logs_source`
 *     │     └─ backfill                  fetches what the streams did not bring
 *     └─ handling                        one_for_one
 *        ├─ pipeline:<id>                one a pipeline
 *        └─ gatherer                     what the readers of the feed follow
 */
export function pipelinesSupervisor(chain: string, read: () => PipelinesParts): SupervisorSpec {
  const handling = () => handlingSupervisor(read().handling);
  const sources = () => sourcesSupervisor(read().sources);
  return supervisorSpec({
    id: pipelinesId,
    strategy: 'rest_for_one',
    about: 'What reads the updates of the chain: streams, parsers, handlers.',
    children: [lateChild(sources, sourcesName(chain)), lateChild(handling, handlingName(chain))],
  });
}

/** A supervisor whose children are read anew at each start: a restart brings up those that there are by then. */
function lateChild(read: () => SupervisorSpec, name: ProcessName<SupervisorCall>): PlainChildSpec {
  return successor({
    ...supervisorChild(read()),
    start: starter => tryStartSupervisor(starter.system, read(), { name, parent: starter.pid }),
  });
}

/** A source's supervisor as a child of `sources`. */
export function sourceChild({ id, children }: SourceParts): PlainChildSpec {
  return successor(
    supervisorChild(
      supervisorSpec({
        id: `source:${id}`,
        strategy: 'one_for_one',
        intensity: 3 * children.length,
        periodMs: 5_000,
        about: 'One stream of updates: its connections, and what fetches what they did not bring.',
        children,
      }),
    ),
  );
}

function sourcesSupervisor(sources: PipelinesParts['sources']): SupervisorSpec {
  return supervisorSpec({
    id: 'sources',
    strategy: 'one_for_one',
    intensity: 3 * Math.max(1, sources.length),
    periodMs: 5_000,
    about: 'The streams of updates; each fails by itself.',
    children: sources.map(sourceChild),
  });
}

function handlingSupervisor(children: readonly PlainChildSpec[]): SupervisorSpec {
  return supervisorSpec({
    id: 'handling',
    strategy: 'one_for_one',
    intensity: 3 * Math.max(1, children.length),
    periodMs: 5_000,
    about: 'The pipelines; each fails by itself.',
    children,
  });
}
