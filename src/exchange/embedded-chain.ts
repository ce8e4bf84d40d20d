import type { Clock } from '../clock/clock.ts';
import type { ChainConfig } from '../config/sections/chain.ts';
import type { ProviderConfig } from '../config/sections/provider.ts';
import { Devnet } from '../devnet/devnet.ts';
import { devnetChild } from '../devnet/devnet-process.ts';
import type { PlainChildSpec } from '../otp/child-spec.ts';
import type { GeyserEndpointOptions } from '../sources/geyser/geyser-options.ts';
import type { Log } from '../telemetry/log.ts';

export interface EmbeddedChainListener {
  /** The node and its providers run, as a new chain at new addresses. */
  readonly onStarted: (providers: readonly ProviderConfig[]) => void;
  /** Told why the chain cannot run. */
  readonly onUnavailable: (reason: string) => void;
}

/** A chain that Trunkline runs itself, and its simulated providers. */
export class EmbeddedChain {
  readonly devnet: Devnet;
  readonly child: PlainChildSpec;

  constructor(
    chain: string,
    config: ChainConfig & { readonly devnet: NonNullable<ChainConfig['devnet']> },
    { clock, log }: { readonly clock: Clock; readonly log: Log },
    listener: EmbeddedChainListener,
  ) {
    const exitListeners = new Set<() => void>();
    const { engine, providers, accounts, balance, base_port, confirm_after, finalize_after, fork_every } =
      config.devnet;
    const devnet = new Devnet(
      {
        chain,
        engine: engine ?? 'anvil',
        chainId: config.chain_id,
        providers,
        blockTimeMs: config.block_time,
        accounts,
        balance,
        basePort: base_port,
        confirmAfter: confirm_after,
        finalizeAfter: finalize_after,
        forkEvery: fork_every,
        onExit: () => {
          for (const tell of exitListeners) tell();
        },
      },
      { clock, log },
    );
    this.devnet = devnet;
    this.child = devnetChild({
      chain,
      devnet,
      log,
      onStarted: () => listener.onStarted(devnet.providers.map(providerConfig)),
      onUnavailable: listener.onUnavailable,
      onNodeExit: tell => {
        exitListeners.add(tell);
        return () => exitListeners.delete(tell);
      },
    });
  }

  /** Where its updates stream from, as it runs now. */
  get endpoints(): readonly GeyserEndpointOptions[] {
    return this.devnet.geysers.map(({ id, geyserUrl, token }, index) => ({
      id,
      url: geyserUrl,
      token,
      priority: index + 1,
    }));
  }
}

function providerConfig({ id, url, wsUrl }: Devnet['providers'][number]): ProviderConfig {
  return { id, url, ws_url: wsUrl, priority: 1, weight: 1, headers: {} };
}
