import type { Provider } from '../../providers/provider.ts';
import type { UpstreamCall } from '../../providers/upstream-call.ts';
import type { Steering } from '../call.ts';
import type { ChainRuntime } from '../chain-directory.ts';
import { type StrategyName, strategies } from './strategies.ts';

export interface Refusal {
  readonly id: string;
  readonly reason: string;
}

/** Chooses the provider of the next dispatch by plain reads: breaker, cool-down, head, then the chain's strategy. */
export class Selector {
  readonly #chain: ChainRuntime;
  readonly #random: () => number;
  readonly #fit: Provider[] = [];
  #turn = 0;

  constructor(chain: ChainRuntime, random: () => number) {
    this.#chain = chain;
    this.#random = random;
  }

  /**
   * The provider to ask next, none of `tried`; undefined when nobody is left.
   * A read at a tag goes to providers at or above the highest head a client may have seen; when none is there,
   * to the one that comes closest, however far behind it is.
   */
  select(
    call: UpstreamCall,
    steering: Steering,
    tried: readonly Provider[],
    now: number,
  ): Provider | undefined {
    const wanted = steering.useProvider;
    if (wanted !== undefined) {
      const provider = this.#chain.table.get(wanted);
      return provider === undefined || tried.includes(provider) || provider.refusal(call, now) !== undefined
        ? undefined
        : provider;
    }
    const fit = this.#fit;
    fit.length = 0;
    let freshest: Provider | undefined;
    let freshestHead = -1;
    const needed = this.#neededHead(call);
    for (const provider of this.#chain.table.providers) {
      if (tried.includes(provider)) continue;
      const refusal = provider.refusal(call, now);
      if (refusal !== undefined && refusal !== 'behind') continue;
      // The head that is believed of it: what it claims may be absurd.
      const head = needed === 0 ? 0 : (this.#chain.heads.head(provider.id) ?? 0);
      if (refusal === undefined && head >= needed) fit.push(provider);
      else if (head > freshestHead) {
        freshest = provider;
        freshestHead = head;
      }
    }
    if (fit.length === 0) return freshest;
    if (fit.length === 1) return fit[0];
    const strategy: StrategyName = steering.strategy ?? this.#chain.config.selection.strategy;
    return strategies[strategy](fit, call.policy.label, this.#turn++, this.#random);
  }

  /**
   * Whether a provider that is none of `tried` takes no calls only because its processes are being started or its health is
   * being checked: it is a matter of milliseconds until it does, or is known not to.
   */
  isAnyReturning(steering: Steering, tried: readonly Provider[], now: number): boolean {
    return this.#eligible(steering).some(provider => !tried.includes(provider) && provider.isReturning(now));
  }

  /** Nobody is left to ask: has those of the others that are down checked at once, as they may have come back. */
  want(steering: Steering, tried: readonly Provider[], now: number): void {
    for (const provider of this.#eligible(steering)) if (!tried.includes(provider)) provider.want(now);
  }

  /** Whether each provider that may be asked has said that it does not have the method. */
  isUnsupported(call: UpstreamCall, steering: Steering, now: number): boolean {
    const eligible = this.#eligible(steering);
    return (
      eligible.length > 0 && eligible.every(provider => provider.refusal(call, now) === 'unsupported_method')
    );
  }

  /** Why each provider of the chain cannot take the call now; the reasons hold no URL and no key. */
  refusals(call: UpstreamCall, now: number): Refusal[] {
    const refusals: Refusal[] = [];
    for (const provider of this.#chain.table.providers) {
      const reason = provider.refusal(call, now);
      if (reason !== undefined) refusals.push({ id: provider.id, reason });
    }
    return refusals;
  }

  #eligible({ useProvider }: Steering): readonly Provider[] {
    const { providers } = this.#chain.table;
    return useProvider === undefined ? providers : providers.filter(({ id }) => id === useProvider);
  }

  #neededHead(call: UpstreamCall): number {
    const { demand } = call;
    if (demand.kind === 'number') return demand.number;
    if (demand.kind !== 'tag') return 0;
    if (demand.tag === 'latest' || demand.tag === 'pending') return this.#chain.heads.floor;
    // Slots go by too fast to leave out all providers but the one that reported last.
    return demand.atLeast ?? 0;
  }
}
