import type { HeadTracker } from '../aggregation/head-tracker.ts';
import type { StreamHub } from '../aggregation/stream-hub.ts';
import type { ChainFamily } from '../chains/chain-family.ts';
import type { ChainConfig } from '../config/sections/chain.ts';
import type { ProviderTable } from '../providers/provider-table.ts';

/**
 * What the hot path may read of one chain: plain objects, each owned by a process of the chain's supervisor.
 * `hub` is undefined while its owner is down; everything that needs it fails closed then.
 */
export interface ChainRuntime {
  readonly name: string;
  /** Which chain it is: the chain id of the EVM, in decimal; the genesis hash of Solana. */
  readonly identity: string;
  readonly family: ChainFamily;
  config: ChainConfig;
  readonly table: ProviderTable;
  readonly heads: HeadTracker;
  hub: StreamHub | undefined;
  /** Why the chain cannot serve at all; undefined when it can. */
  unavailable: string | undefined;
}

/** Finds a chain by its name, or by what its family calls it: its chain id (`1`), its CAIP-2 id (`eip155:1`). https://chainagnostic.org/CAIPs/caip-2 */
export class ChainDirectory {
  readonly #byName = new Map<string, ChainRuntime>();
  readonly #byAlias = new Map<string, ChainRuntime>();

  get chains(): readonly ChainRuntime[] {
    return [...this.#byName.values()];
  }

  get names(): readonly string[] {
    return [...this.#byName.keys()];
  }

  /** @param alias as in a URL's path: percent-encoded or not, with one trailing slash or none */
  find(alias: string): ChainRuntime | undefined {
    return this.#byAlias.get(alias) ?? this.#byAlias.get(plainAlias(alias));
  }

  put(chain: ChainRuntime): void {
    this.#byName.set(chain.name, chain);
    this.#index();
  }

  remove(name: string): void {
    this.#byName.delete(name);
    this.#index();
  }

  #index(): void {
    this.#byAlias.clear();
    for (const chain of this.#byName.values()) {
      for (const alias of chain.family.aliases(chain.identity)) this.#byAlias.set(alias, chain);
    }
    // A name wins over another chain's alias.
    for (const chain of this.#byName.values()) this.#byAlias.set(chain.name, chain);
  }
}

/** The alias without its trailing slash and percent-encoding; as it is when that is malformed. */
function plainAlias(alias: string): string {
  const bare = alias.endsWith('/') ? alias.slice(0, -1) : alias;
  if (!bare.includes('%')) return bare;
  try {
    return decodeURIComponent(bare);
  } catch {
    return alias;
  }
}
