import { providersName } from '../../supervisors/chain.ts';
import { chainsName } from '../../supervisors/chains.ts';
import { providerSupervisor } from '../../supervisors/provider.ts';
import type { ChainConfig } from '../config/sections/chain.ts';
import { type PlainChildSpec, serverChild } from '../otp/child-spec.ts';
import type { GenServer } from '../otp/gen-server.ts';
import { processName } from '../otp/process-name.ts';
import type { Request } from '../otp/request.ts';
import { reply } from '../otp/results.ts';
import type { Self } from '../otp/self.ts';
import {
  deleteChild,
  startChild,
  startDynamicChild,
  supervisorChild,
  terminateChild,
  whichChildren,
} from '../otp/supervisor.ts';
import type { Log } from '../telemetry/log.ts';
import type { ChainAssembly } from './chain-assembly.ts';
import type { ChainChange } from './config-changes.ts';

export interface RosterArgs {
  readonly log: Log;
  /** The chains that should run, by name; the roster keeps it in step. */
  readonly assemblies: Map<string, ChainAssembly>;
  readonly createAssembly: (name: string, config: ChainConfig) => ChainAssembly;
  /** A chain can be found by clients from now on, or not any more. */
  readonly onChainUp: (assembly: ChainAssembly) => void;
  readonly onChainDown: (assembly: ChainAssembly) => void;
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
    const running = new Set((await whichChildren(self, chainsName)).map(child => child.id));
    for (const assembly of args.assemblies.values()) {
      if (!running.has(`chain:${assembly.runtime.name}`)) await startChain(self, args, assembly);
    }
    return args;
  },
  handleCall: async (call, _from, args, self) => {
    for (const change of call.changes) await apply(self, args, change);
    return reply(undefined);
  },
  formatStatus: args => ({ chains: args.assemblies.size }),
};

async function startChain(self: Self<Call>, args: RosterArgs, assembly: ChainAssembly): Promise<void> {
  const started = await startDynamicChild(self, chainsName, assembly.parts);
  if (!started.ok) {
    assembly.runtime.unavailable = 'the chain did not start; the log says why';
    args.log.error('a chain did not start', { chain: assembly.runtime.name, error: started.error });
  }
  args.onChainUp(assembly);
}

async function stopChain(self: Self<Call>, args: RosterArgs, assembly: ChainAssembly): Promise<void> {
  args.onChainDown(assembly);
  for (const child of await whichChildren(self, chainsName)) {
    if (child.id === `chain:${assembly.runtime.name}` && child.pid !== undefined)
      await terminateChild(self, chainsName, child.pid);
  }
  assembly.close();
}

async function apply(self: Self<Call>, args: RosterArgs, change: ChainChange): Promise<void> {
  const { assemblies } = args;
  const current = assemblies.get(change.chain);
  switch (change.kind) {
    case 'chain_removed':
      if (current !== undefined) await stopChain(self, args, current);
      assemblies.delete(change.chain);
      break;
    case 'chain_added':
    case 'chain_replaced': {
      if (current !== undefined) await stopChain(self, args, current);
      const assembly = args.createAssembly(change.chain, change.config);
      assemblies.set(change.chain, assembly);
      await startChain(self, args, assembly);
      break;
    }
    case 'chain_tuned':
      if (current === undefined) break;
      current.runtime.config = change.config;
      args.onChainTuned(current);
      for (const id of change.removedProviders) await stopProvider(self, current, id);
      for (const provider of change.startedProviders) {
        await stopProvider(self, current, provider.id);
        const child = supervisorChild(providerSupervisor(current.addProvider(provider)));
        await startChild(self, providersName(change.chain), child);
      }
      break;
  }
  args.log.info('config change applied', { chain: change.chain, change: change.kind });
}

async function stopProvider(self: Self<Call>, assembly: ChainAssembly, id: string): Promise<void> {
  const supervisor = providersName(assembly.runtime.name);
  await terminateChild(self, supervisor, `provider:${id}`);
  await deleteChild(self, supervisor, `provider:${id}`);
  assembly.removeProvider(id);
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
