import { randomBytes } from 'node:crypto';
import type { Clock } from '../clock/clock.ts';
import { TrunklineError } from '../errors/trunkline-error.ts';
import type { Log } from '../telemetry/log.ts';
import { AnvilProcess } from './anvil-process.ts';
import { devnetErrors } from './errors.ts';
import { type GivenFaultOptions, parseFaultKind, parseFaultOptions } from './fault-options.ts';
import { FaultProxy, type FaultProxyOptions } from './fault-proxy.ts';
import { faultRoutes } from './fault-routes.ts';
import type { ActiveFault } from './fault-set.ts';
import { type GrpcCounters, GrpcFaultProxy } from './grpc-fault-proxy.ts';
import type { DevnetEngine, LocalNode, NodeExit } from './local-node.ts';
import type { ProviderCounters } from './provider-counters.ts';
import { SolanaProcess } from './solana/node/solana-process.ts';
import { solanaDialect } from './solana/solana-dialect.ts';

export interface DevnetOptions {
  /** The chain's name in the config. */
  readonly chain: string;
  /** What runs the chain. @default 'anvil' */
  readonly engine?: DevnetEngine;
  /** Of anvil. @default 31337 */
  readonly chainId?: number | undefined;
  /** Simulated providers. @default 3 */
  readonly providers?: number;
  /** Milliseconds between blocks. @default of anvil a block per transaction, and none without one; of litesvm 400 */
  readonly blockTimeMs?: number;
  /** Funded accounts with well-known keys. @default 10 */
  readonly accounts?: number;
  /** Balance of each account at the start, in ether or SOL. @default 10000 */
  readonly balance?: number;
  /**
   * Loopback port of the node, those after it being taken by litesvm's Geyser, the providers and their Geyser; 0 takes
   * free ones. @default 0
   */
  readonly basePort?: number;
  /** Of litesvm: slots after which a block is confirmed. @default 1 */
  readonly confirmAfter?: number;
  /** Of litesvm: slots after which a block is finalized. @default 32 */
  readonly finalizeAfter?: number;
  /** Of litesvm: slots between forks that come by themselves; 0: none do. @default 0 */
  readonly forkEvery?: number;
  /** Called once when the node ends without `stop()`; the providers then answer 502. */
  readonly onExit?: (exit: NodeExit) => void;
}

/** What a devnet is doing; no URLs, as those hold keys. */
export interface DevnetStatus {
  readonly chain: string;
  readonly engine: DevnetEngine;
  /** Of anvil. */
  readonly chainId: number | undefined;
  readonly node: { readonly isRunning: boolean; readonly port: number; readonly pid: number | undefined };
  readonly providers: readonly {
    readonly id: string;
    readonly port: number;
    readonly faults: readonly ActiveFault[];
    readonly counters: ProviderCounters;
    /** Where the chain has Geyser. */
    readonly geyser: { readonly port: number; readonly counters: GrpcCounters } | undefined;
  }[];
}

/** A local chain: one node, and simulated providers `node-1` to `node-N` in front of it. */
export class Devnet {
  readonly node: LocalNode;
  readonly #options: DevnetOptions;
  readonly #deps: { readonly clock: Clock; readonly log: Log };
  #providers: readonly FaultProxy[] = [];
  #geysers: readonly GrpcFaultProxy[] = [];

  constructor(options: DevnetOptions, deps: { readonly clock: Clock; readonly log: Log }) {
    this.#options = options;
    this.#deps = { clock: deps.clock, log: deps.log.child({ chain: options.chain }) };
    this.node = createNode(options, this.#deps);
  }

  /** The simulated providers, from `start()` on. */
  get providers(): readonly FaultProxy[] {
    return this.#providers;
  }

  /** The Geyser sides of the providers, in the same order, from `start()` on; none where the chain has no Geyser. */
  get geysers(): readonly GrpcFaultProxy[] {
    return this.#geysers;
  }

  /**
   * Starts the node, then the providers; on a failure nothing is left running.
   *
   * @throws TrunklineError `devnet_anvil_missing`, `devnet_anvil_failed`, `devnet_solana_failed`, `devnet_port_taken`
   */
  async start(): Promise<void> {
    await this.node.start();
    this.#providers = this.#createProviders();
    this.#geysers = this.#createGeysers();
    try {
      await Promise.all([...this.#providers, ...this.#geysers].map(proxy => proxy.start()));
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Stops the providers, then the node. */
  async stop(): Promise<void> {
    await Promise.all([...this.#providers, ...this.#geysers].map(provider => provider.stop()));
    await this.node.stop();
  }

  /**
   * Returns a provider by id (`node-2`) or number (`2`).
   *
   * @throws TrunklineError `devnet_provider_unknown`, with the ids that there are
   */
  provider(idOrNumber: string | number): FaultProxy {
    const wanted = String(idOrNumber);
    const found = this.#providers.find(({ id }) => id === wanted || id === `node-${wanted}`);
    if (found !== undefined) return found;
    const { chain } = this.#options;
    const ids = this.#providers.map(({ id }) => id);
    throw new TrunklineError(
      devnetErrors,
      'devnet_provider_unknown',
      `${chain} has no provider "${wanted}"; there are: ${ids.join(', ')}`,
      { details: { chain, provider: wanted, ids } },
    );
  }

  /**
   * Gives a provider a fault, on those of its sides that the fault reaches.
   *
   * @throws TrunklineError `devnet_provider_unknown`, `devnet_fault_unknown`, `devnet_fault_option_invalid`
   */
  async fault(idOrNumber: string | number, kind: string, options: GivenFaultOptions = {}): Promise<void> {
    const provider = this.provider(idOrNumber);
    const parsed = parseFaultKind(kind);
    const values = parseFaultOptions(parsed, options);
    const routes = faultRoutes(parsed, 'transport' in values ? String(values.transport) : 'any');
    const geyser = this.#geyserOf(provider);
    if (routes.rpc) await provider.fault(kind, options);
    else if (geyser === undefined)
      throw new TrunklineError(
        devnetErrors,
        'devnet_fault_unknown',
        `${this.#options.chain} has no Geyser: a fault "${kind}" there reaches nothing`,
      );
    if (routes.grpc) await geyser?.fault(kind, options);
  }

  /**
   * Ends all faults of one provider, or of all.
   *
   * @throws TrunklineError `devnet_provider_unknown`, `devnet_port_taken`
   */
  async heal(idOrNumber?: string | number): Promise<void> {
    const healed = idOrNumber === undefined ? this.#providers : [this.provider(idOrNumber)];
    await Promise.all(healed.flatMap(provider => [provider.heal(), this.#geyserOf(provider)?.heal()]));
  }

  /**
   * Abandons the newest `depth` slots, at most those that are not confirmed yet; returns the dead ones, newest first.
   * Their transactions come again in a later slot, unless `drop` is set.
   *
   * @throws TrunklineError `devnet_command_unknown` where the engine has no forks, `devnet_solana_failed`
   */
  async fork(depth: number, options: { readonly drop?: boolean } = {}): Promise<readonly number[]> {
    return (await this.node.fork?.(depth, options)) ?? this.#refuse('fork');
  }

  /**
   * Leaves out the next `count` slots.
   *
   * @throws TrunklineError `devnet_command_unknown` where the engine has no slots, `devnet_solana_failed`
   */
  async skip(count: number): Promise<void> {
    if (this.node.skip === undefined) this.#refuse('skip slots');
    await this.node.skip(count);
  }

  status(): DevnetStatus {
    const { chain } = this.#options;
    const { engine, pid, port } = this.node;
    return {
      chain,
      engine,
      chainId: engine === 'anvil' ? chainIdOf(this.#options) : undefined,
      node: { isRunning: pid !== undefined, port, pid },
      providers: this.#providers.map(provider => {
        const geyser = this.#geyserOf(provider);
        const known = new Set(provider.faults.map(({ kind }) => kind));
        return {
          id: provider.id,
          port: provider.port,
          faults: [...provider.faults, ...(geyser?.faults.filter(({ kind }) => !known.has(kind)) ?? [])],
          counters: provider.counters(),
          geyser: geyser === undefined ? undefined : { port: geyser.port, counters: geyser.counters() },
        };
      }),
    };
  }

  #createProviders(): FaultProxy[] {
    const { basePort = 0 } = this.#options;
    const first = this.node.geyserUrl === undefined ? 1 : 2;
    const { node } = this;
    return this.#ids().map((id, index) => {
      // The key is as vendors have it, so that whatever prints a URL is caught with it.
      const options = {
        id,
        key: randomBytes(16).toString('hex'),
        ...(basePort === 0 ? {} : { port: basePort + first + index }),
      };
      if (node.setLag === undefined) return new FaultProxy({ ...options, upstreamUrl: node.url }, this.#deps);
      const onLag: FaultProxyOptions['onLag'] = async lag => node.setLag?.(id, lag);
      const solana = { dialect: solanaDialect, onLag, upstreamUrl: `${node.url}${id}` };
      return new FaultProxy({ ...options, ...solana }, this.#deps);
    });
  }

  #createGeysers(): GrpcFaultProxy[] {
    const { geyserUrl, geyserToken } = this.node;
    if (geyserUrl === undefined) return [];
    const { basePort = 0 } = this.#options;
    const ids = this.#ids();
    return ids.map((id, index) => {
      const options = {
        id,
        upstreamUrl: geyserUrl,
        token: randomBytes(16).toString('hex'),
        ...(geyserToken === undefined ? {} : { upstreamToken: geyserToken }),
        ...(basePort === 0 ? {} : { port: basePort + 2 + ids.length + index }),
      };
      return new GrpcFaultProxy(options, this.#deps);
    });
  }

  #ids(): string[] {
    return Array.from({ length: this.#options.providers ?? 3 }, (_, index) => `node-${index + 1}`);
  }

  #geyserOf(provider: FaultProxy): GrpcFaultProxy | undefined {
    return this.#geysers.find(({ id }) => id === provider.id);
  }

  #refuse(what: string): never {
    const { chain } = this.#options;
    const message = `${chain} runs on ${this.node.engine}, which cannot ${what}`;
    throw new TrunklineError(devnetErrors, 'devnet_command_unknown', message);
  }
}

const defaultChainId = 31_337;

function chainIdOf({ chainId = defaultChainId }: DevnetOptions): number {
  return chainId;
}

function createNode(options: DevnetOptions, deps: { readonly clock: Clock; readonly log: Log }): LocalNode {
  const { chain, blockTimeMs, accounts, balance, basePort = 0, onExit } = options;
  const { confirmAfter, finalizeAfter, forkEvery } = options;
  const shared = {
    ...(blockTimeMs === undefined ? {} : { blockTimeMs }),
    ...(accounts === undefined ? {} : { accounts }),
    ...(balance === undefined ? {} : { balance }),
    ...(basePort === 0 ? {} : { port: basePort }),
    ...(onExit === undefined ? {} : { onExit }),
  };
  if (options.engine !== 'litesvm') return new AnvilProcess({ chainId: chainIdOf(options), ...shared }, deps);
  const solana = {
    ...(confirmAfter === undefined ? {} : { confirmAfter }),
    ...(finalizeAfter === undefined ? {} : { finalizeAfter }),
    ...(forkEvery === undefined ? {} : { forkEvery }),
    ...(basePort === 0 ? {} : { geyserPort: basePort + 1 }),
  };
  return new SolanaProcess({ chain, ...shared, ...solana }, deps);
}
