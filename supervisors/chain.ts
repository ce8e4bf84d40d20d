import type { PlainChildSpec } from '../src/otp/child-spec.ts';
import { type ProcessName, processName } from '../src/otp/process-name.ts';
import { supervisorChild, tryStartSupervisor } from '../src/otp/supervisor.ts';
import type { SupervisorCall } from '../src/otp/supervisor-messages.ts';
import { type SupervisorSpec, supervisorSpec } from '../src/otp/supervisor-spec.ts';
import type { Provider } from '../src/providers/provider.ts';
import { type PipelinesParts, pipelinesSupervisor } from './pipelines.ts';
import { providersSupervisor } from './providers.ts';
import { successor } from './successor.ts';

/** What a chain is made of. */
export interface ChainParts {
  readonly name: string;
  /** The embedded chain, when it has one. */
  readonly devnet: PlainChildSpec | undefined;
  readonly messageAggregator: PlainChildSpec;
  readonly headTracker: PlainChildSpec;
  /** Where blocks have logs: one canonical chain into the feed. */
  readonly chainFollower: PlainChildSpec | undefined;
  /** The providers that the config names now. */
  readonly providers: () => readonly Provider[];
  /** Where updates are read by pipelines: makes them anew, at each start; what comes of it reads those that there are by then. */
  readonly pipelines: (() => Promise<() => PipelinesParts>) | undefined;
  /** Stands for the pipelines in the drawn tree. */
  readonly pipelinesTemplate?: () => PipelinesParts;
}

export const chainName = (chain: string): ProcessName<SupervisorCall> =>
  processName<SupervisorCall>({ type: 'supervisor', id: `chain:${chain}` });

export const providersName = (chain: string): ProcessName<SupervisorCall> =>
  processName<SupervisorCall>({ type: 'supervisor', id: `providers:${chain}` });

/**
 * One chain. What comes later depends on what comes before it.
 *
 *     chain:<name>            rest_for_one
 *     ├─ devnet               embedded chains only: the node and its simulated providers
 *     ├─ message_aggregator   one sequence out of many streams
 *     ├─ head_tracker         heads and lag
 *     ├─ chain_follower       EVM: one canonical chain, block by block, into the feed
 *     ├─ providers            see providers.ts
 *     └─ pipelines            Solana: see pipelines.ts
 */
export function chainSupervisor(parts: ChainParts): SupervisorSpec {
  return supervisorSpec({
    id: `chain:${parts.name}`,
    strategy: 'rest_for_one',
    about: 'One chain: its streams, its heads, its upstreams.',
    children: [
      ...(parts.devnet === undefined ? [] : [parts.devnet]),
      parts.messageAggregator,
      parts.headTracker,
      ...(parts.chainFollower === undefined ? [] : [parts.chainFollower]),
      successor({
        ...supervisorChild(providersSupervisor(parts.providers())),
        // Read anew at each start: a restart brings up the providers that the config names by then.
        start: starter =>
          tryStartSupervisor(starter.system, providersSupervisor(parts.providers()), {
            name: providersName(parts.name),
            parent: starter.pid,
          }),
      }),
      ...(parts.pipelines === undefined
        ? []
        : [pipelinesChild(parts.name, parts.pipelines, parts.pipelinesTemplate)]),
    ],
  });
}

function pipelinesChild(
  chain: string,
  build: () => Promise<() => PipelinesParts>,
  template: () => PipelinesParts = () => ({ sources: [], handling: [] }),
): PlainChildSpec {
  return successor({
    ...supervisorChild(pipelinesSupervisor(chain, template)),
    start: async starter =>
      tryStartSupervisor(starter.system, pipelinesSupervisor(chain, await build()), { parent: starter.pid }),
  });
}
