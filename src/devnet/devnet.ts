import { randomBytes } from 'node:crypto';
import type { Clock } from '../clock/clock.ts';
import { TrunklineError } from '../errors/trunkline-error.ts';
import type { Log } from '../telemetry/log.ts';
import { type AnvilExit, AnvilProcess } from './anvil-process.ts';
import { devnetErrors } from './errors.ts';
import type { GivenFaultOptions } from './fault-options.ts';
import { FaultProxy } from './fault-proxy.ts';
import type { ActiveFault } from './fault-set.ts';
import type { ProviderCounters } from './provider-counters.ts';

export interface DevnetOptions {
  /** The chain's name in the config. */
  readonly chain: string;
  readonly chainId: number;
  /** Simulated providers. @default 3 */
  readonly providers?: number;
  /** Milliseconds between blocks. @default a block per transaction, and none without one */
  readonly blockTimeMs?: number;
  /** Funded accounts with well-known keys. @default 10 */
  readonly accounts?: number;
  /** Balance of each account at the start, in ether. @default 10000 */
  readonly balance?: number;
  /** Loopback port of anvil, the providers taking those after it; 0 takes free ones. @default 0 */
  readonly basePort?: number;
  /** Called once when anvil ends without `stop()`; the providers then answer 502. */
  readonly onExit?: (exit: AnvilExit) => void;
}

/** What a devnet is doing; no URLs, as those hold keys. */
export interface DevnetStatus {
  readonly chain: string;
  readonly chainId: number;
  readonly anvil: { readonly isRunning: boolean; readonly port: number; readonly pid: number | undefined };
  readonly providers: readonly {
    readonly id: string;
    readonly port: number;
    readonly faults: readonly ActiveFault[];
    readonly counters: ProviderCounters;
  }[];
}

/** A local chain: one anvil, and simulated providers `node-1` to `node-N` in front of it. */
export class Devnet {
  readonly anvil: AnvilProcess;
  readonly #options: DevnetOptions;
  readonly #deps: { readonly clock: Clock; readonly log: Log };
  #providers: readonly FaultProxy[] = [];

  constructor(options: DevnetOptions, deps: { readonly clock: Clock; readonly log: Log }) {
    this.#options = options;
    this.#deps = { clock: deps.clock, log: deps.log.child({ chain: options.chain }) };
    const { chainId, blockTimeMs, accounts, balance, basePort = 0, onExit } = options;
    this.anvil = new AnvilProcess(
      {
        chainId,
        ...(blockTimeMs === undefined ? {} : { blockTimeMs }),
        ...(accounts === undefined ? {} : { accounts }),
        ...(balance === undefined ? {} : { balance }),
        ...(basePort === 0 ? {} : { port: basePort }),
        ...(onExit === undefined ? {} : { onExit }),
      },
      this.#deps,
    );
  }

  /** The simulated providers, from `start()` on. */
  get providers(): readonly FaultProxy[] {
    return this.#providers;
  }

  /**
   * Starts anvil, then the providers; on a failure nothing is left running.
   *
   * @throws TrunklineError `devnet_anvil_missing`, `devnet_anvil_failed`, `devnet_port_taken`
   */
  async start(): Promise<void> {
    const { providers = 3, basePort = 0 } = this.#options;
    await this.anvil.start();
    const proxies = Array.from({ length: providers }, (_, index) => {
      const port = basePort === 0 ? undefined : basePort + 1 + index;
      // A key as vendors have it, so that whatever prints a URL is caught with it.
      const key = randomBytes(16).toString('hex');
      const options = {
        id: `node-${index + 1}`,
        upstreamUrl: this.anvil.url,
        key,
        ...(port === undefined ? {} : { port }),
      };
      return new FaultProxy(options, this.#deps);
    });
    this.#providers = proxies;
    try {
      await Promise.all(proxies.map(proxy => proxy.start()));
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Stops the providers, then anvil. */
  async stop(): Promise<void> {
    await Promise.all(this.#providers.map(provider => provider.stop()));
    await this.anvil.stop();
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
   * Gives a provider a fault.
   *
   * @throws TrunklineError `devnet_provider_unknown`, `devnet_fault_unknown`, `devnet_fault_option_invalid`
   */
  async fault(idOrNumber: string | number, kind: string, options: GivenFaultOptions = {}): Promise<void> {
    await this.provider(idOrNumber).fault(kind, options);
  }

  /**
   * Ends all faults of one provider, or of all.
   *
   * @throws TrunklineError `devnet_provider_unknown`, `devnet_port_taken`
   */
  async heal(idOrNumber?: string | number): Promise<void> {
    const healed = idOrNumber === undefined ? this.#providers : [this.provider(idOrNumber)];
    await Promise.all(healed.map(provider => provider.heal()));
  }

  status(): DevnetStatus {
    const { chain, chainId } = this.#options;
    return {
      chain,
      chainId,
      anvil: { isRunning: this.anvil.pid !== undefined, port: this.anvil.port, pid: this.anvil.pid },
      providers: this.#providers.map(provider => ({
        id: provider.id,
        port: provider.port,
        faults: provider.faults,
        counters: provider.counters(),
      })),
    };
  }
}
