import type { ChainDemand } from '../../aggregation/demand/chain-demand.ts';
import type { ClaimOptions, Demand, TopicClaim } from '../../aggregation/demand/demand.ts';
import { selectorDemand } from './selector-demand.ts';

/** Where logs and waiting transactions are claimed. */
export type LogClaims = Pick<ChainDemand, 'claimLogs' | 'claimPending' | 'logsSince' | 'pendingSince'>;

/** What topics need of a chain of blocks with logs: `<chain>.logs.<address>.<topic0>` and `<chain>.pending`. */
export class LogTopicDemand implements Demand {
  readonly #chain: string;
  readonly #demand: LogClaims;

  /** @param chain its name */
  constructor(chain: string, demand: LogClaims) {
    this.#chain = chain;
    this.#demand = demand;
  }

  claimTopics(patterns: readonly string[], options: ClaimOptions): TopicClaim | undefined {
    const demand = this.#demand;
    const { logs, pending } = selectorDemand(patterns, this.#chain);
    const claims = logs.map(pattern => demand.claimLogs(pattern, options));
    if (pending) claims.push(demand.claimPending(options));
    if (claims.length === 0) return undefined;
    return {
      gathered: () => [
        ...logs.map(pattern => ({ what: 'logs', since: demand.logsSince(pattern) })),
        ...(pending ? [{ what: 'transactions', since: demand.pendingSince() }] : []),
      ],
      release: () => {
        for (const claim of claims) claim.release();
      },
    };
  }
}
