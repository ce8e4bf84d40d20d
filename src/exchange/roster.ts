import { chainName, providersName } from '../../supervisors/chain.ts';
import { chainsName } from '../../supervisors/chains.ts';
import { handlingName, pipelinesId, sourceChild, sourcesName } from '../../supervisors/pipelines.ts';
import { providerChild } from '../../supervisors/provider.ts';
import type { ChainConfig } from '../config/sections/chain.ts';
import { type PlainChildSpec, serverChild } from '../otp/child-spec.ts';
import type { GenServer } from '../otp/gen-server.ts';
import { processName } from '../otp/process-name.ts';
import type { Request } from '../otp/request.ts';
import { reply } from '../otp/results.ts';
import type { Self } from '../otp/self.ts';
import {
  deleteChild,
  restartChild,
  startChild,
  startDynamicChild,
  terminateChild,
} from '../otp/supervisor.ts';
import type { Log } from '../telemetry/log.ts';
import type { ChainAssembly } from './chain-assembly.ts';
import type { ChainPipelines } from './chain-pipelines.ts';
import type { ChainChange } from './config-changes.ts';

export interface RosterArgs {
  readonly log: Log;
  /** The chains that should run, by name; the roster keeps it in step. */
  readonly assemblies: Map<string, ChainAssembly>;
  readonly createAssembly: (name: string, config: ChainConfig) => ChainAssembly;
  /** Clients find the chain from now on; in place of an earlier one of that name. */
  readonly onChainShown: (assembly: ChainAssembly) => void;
  /** Clients do not find the chain any more. */
  readonly onChainHidden: (assembly: ChainAssembly) => void;
  /** What clients hold of the chain, connections and calls in flight, comes to its end. */
  readonly onChainEnded: (assembly: ChainAssembly) => void;
  /** A chain runs on with other tuning. */
  readonly onChainTuned: (assembly: ChainAssembly) => void;
}

type Call = { readonly type: 'apply'; readonly changes: readonly ChainChange[] } & Request<void>;

export const rosterName = processName<Call>({ type: 'roster', id: 'main' });

/**
 * Starts the chains of the config and applies changes of it, each to the smallest part that it concerns.
 * Takes the call `apply`. Owns no state of its own: a restart starts every chain that does not run.
 */
const roster: GenServer<RosterArgs, RosterArgs, Call> = {
  label: 'roster',
  init: async (self, args) => {
    for (const assembly of args.assemblies.values()) {
      if (!self.system.isAlive(chainName(assembly.runtime.name))) await showChain(self, args, assembly);
    }
    return args;
  },
  handleCall: async (call, _from, args, self) => {
    // Pipelines take their time to end; those of several chains need not wait for each other.
    const ofPipelines: Promise<void>[] = [];
    for (const change of call.changes) {
      if (change.kind === 'pipelines_changed') ofPipelines.push(tryApply(self, args, change));
      else {
        // A chain may begin with what another one has let go.
        await Promise.all(ofPipelines);
        await tryApply(self, args, change);
      }
    }
    await Promise.all(ofPipelines);
    return reply(undefined);
  },
  formatStatus: args => ({ chains: args.assemblies.size }),
};

/** One chain that cannot be changed must not keep the others from their changes. */
async function tryApply(self: Self<Call>, args: RosterArgs, change: ChainChange): Promise<void> {
  const fields = { chain: change.chain, change: change.kind };
  try {
    await apply(self, args, change);
    args.log.info('config change applied', fields);
  } catch (error) {
    args.log.error('a config change was not applied', { ...fields, error });
  }
}

async function apply(self: Self<Call>, args: RosterArgs, change: ChainChange): Promise<void> {
  const current = args.assemblies.get(change.chain);
  if (change.kind === 'chain_removed') {
    if (current === undefined) return;
    args.onChainHidden(current);
    args.assemblies.delete(change.chain);
    await endChain(self, args, current);
  } else if (change.kind === 'pipelines_changed') {
    if (current?.pipelines !== undefined) await changePipelines(self, current.pipelines, change);
  } else if (change.kind !== 'chain_tuned') await replaceChain(self, args, change, current);
  else if (current === undefined || !self.system.isAlive(providersName(change.chain))) {
    // It did not start with its old settings: perhaps it does with the new ones.
    await replaceChain(self, args, change, current);
  } else await tuneChain(self, args, change, current);
}

/** Clients find a chain before it runs: until then it says that it is starting. */
async function showChain(self: Self<Call>, args: RosterArgs, assembly: ChainAssembly): Promise<void> {
  args.onChainShown(assembly);
  const started = await startDynamicChild(self, chainsName, assembly.parts);
  if (started.ok) return;
  assembly.runtime.unavailable = 'the chain did not start; the log says why';
  args.log.error('a chain did not start', { chain: assembly.runtime.name, error: started.error });
}

async function replaceChain(
  self: Self<Call>,
  args: RosterArgs,
  { chain, config }: { readonly chain: string; readonly config: ChainConfig },
  current: ChainAssembly | undefined,
): Promise<void> {
  if (current !== undefined) {
    // Clients go on finding it: told to try again, not that there is no such chain.
    current.runtime.unavailable = `${chain} is restarting`;
    await endChain(self, args, current);
  }
  const assembly = args.createAssembly(chain, config);
  args.assemblies.set(chain, assembly);
  await showChain(self, args, assembly);
  // Again, for those who came to the old one while it ended.
  if (current !== undefined) args.onChainEnded(current);
}

async function endChain(self: Self<Call>, args: RosterArgs, assembly: ChainAssembly): Promise<void> {
  args.onChainEnded(assembly);
  const supervisor = self.system.registry.whereis(chainName(assembly.runtime.name));
  if (supervisor !== undefined) await terminateChild(self, chainsName, supervisor);
  assembly.retire();
}

/** Each ends once it has handled what it took, and begins as the config has it now; those that are slow hold up no other. */
async function changePipelines(
  self: Self<Call>,
  pipelines: ChainPipelines,
  { chain, removedPipelines, startedPipelines }: ChainChange & { readonly kind: 'pipelines_changed' },
): Promise<void> {
  const [sources, handling] = [sourcesName(chain), handlingName(chain)];
  if (!self.system.isAlive(handling)) {
    await restartPipelines(self, chain);
    return;
  }
  const end = async (id: string): Promise<void> => {
    // Before its supervisor is told, which would do nothing else until it has ended.
    await pipelines.removePipeline(id);
    await terminateChild(self, handling, `pipeline:${id}`);
    await deleteChild(self, handling, `pipeline:${id}`);
  };
  const replace = async (id: string): Promise<void> => {
    await end(id);
    const added = await pipelines.addPipeline(id);
    if (added === undefined) return;
    for (const [supervisor, child] of [
      [sources, sourceChild(added.source)],
      [handling, added.pipeline],
    ] as const) {
      const started = await startChild(self, supervisor, child);
      if (!started.ok && started.error === 'start_failed') throw new Error(`${child.id} did not start`);
    }
  };
  const results = await Promise.allSettled([...removedPipelines.map(end), ...startedPipelines.map(replace)]);
  const failed = results.find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
}

/** They end once they have handled what they took, and begin as the config has them now, where they were. */
async function restartPipelines(self: Self<Call>, chain: string): Promise<void> {
  const supervisor = chainName(chain);
  await terminateChild(self, supervisor, pipelinesId);
  await restartChild(self, supervisor, pipelinesId);
}

async function tuneChain(
  self: Self<Call>,
  args: RosterArgs,
  change: ChainChange & { readonly kind: 'chain_tuned' },
  current: ChainAssembly,
): Promise<void> {
  current.runtime.config = change.config;
  const { pipelines } = current;
  const wasIdle: boolean = pipelines?.isIdle ?? false;
  args.onChainTuned(current);
  const supervisor = providersName(change.chain);
  const stop = async (id: string): Promise<void> => {
    await terminateChild(self, supervisor, `provider:${id}`);
    await deleteChild(self, supervisor, `provider:${id}`);
  };
  // First out of the hot path, so that no call meets a provider whose processes end.
  for (const id of change.removedProviders) {
    current.removeProvider(id);
    await stop(id);
  }
  for (const config of change.startedProviders) {
    const provider = current.addProvider(config);
    await stop(config.id);
    await startChild(self, supervisor, providerChild(provider));
  }
  if (wasIdle && pipelines?.isIdle === false) await restartPipelines(self, change.chain);
}

/** The child specification of the roster. */
export function rosterChild(args: RosterArgs): PlainChildSpec {
  return serverChild({
    id: 'roster',
    server: roster,
    args,
    name: rosterName,
    shutdown: 10_000,
    about: 'Starts the chains of the config and applies changes of it.',
  });
}
