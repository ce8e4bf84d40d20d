import type { ChainFamily } from '../chains/chain-family.ts';
import type { Transport } from './attempt-counters.ts';
import type { ProviderErrorCode } from './errors.ts';
import type { ProbeChannel, ProbeResult } from './probe-channel.ts';

/** What one transport of a provider was found to lead to. */
export type ChainVerdict =
  | { readonly kind: 'right' }
  | { readonly kind: 'wrong'; readonly reported: string }
  /** It answered, but not that: rate-limited, for one. */
  | { readonly kind: 'unclear'; readonly reason: string; readonly isRateLimited: boolean }
  | { readonly kind: 'lost'; readonly code: ProviderErrorCode; readonly reason: string };

/** What a health check found. */
export interface HealthReport {
  readonly verdicts: ReadonlyMap<Transport, ChainVerdict>;
  /** Whether the provider is still catching up. */
  readonly isSyncing: boolean;
  /** Blocks that it is behind by its own account. */
  readonly blocksBehind: number;
}

export interface HealthCheckOptions {
  readonly family: ChainFamily;
  /** The chain that the provider has to serve. */
  readonly identity: string;
  /** Milliseconds for each question. */
  readonly timeoutMs: number;
}

/** Asks over each of `transports` which chain the provider serves, then whether it is syncing. Never rejects. */
export async function checkHealth(
  channel: ProbeChannel,
  transports: readonly Transport[],
  { family, identity, timeoutMs }: HealthCheckOptions,
): Promise<HealthReport> {
  const asked = transports.map(async (transport): Promise<[Transport, ChainVerdict]> => {
    const result = await channel.ask(family.probes.identity, transport, timeoutMs);
    return [transport, verdictOf(result, identity)];
  });
  const verdicts = new Map(await Promise.all(asked));
  const sound = transports.find(transport => verdicts.get(transport)?.kind === 'right');
  if (sound === undefined) return { verdicts, isSyncing: false, blocksBehind: 0 };
  const syncing = await channel.ask(family.probes.syncing, sound, timeoutMs);
  // Many hosted providers do not offer this question: only a clear yes is one.
  const told = syncing.kind === 'value' ? syncing.value : false;
  return { verdicts, isSyncing: told === true, blocksBehind: typeof told === 'number' ? told : 0 };
}

function verdictOf(result: ProbeResult<string>, identity: string): ChainVerdict {
  switch (result.kind) {
    case 'value':
      return result.value === identity ? { kind: 'right' } : { kind: 'wrong', reported: result.value };
    case 'refused':
      return { kind: 'unclear', reason: result.reason, isRateLimited: result.failure === 'rate_limited' };
    case 'lost':
      return result;
  }
}
