import { AccountCache } from '../../../../src/pipelines/cache/account-cache.ts';
import { ProgramCache } from '../../../../src/pipelines/cache/program-cache.ts';
import type { ModuleOffer } from '../../../../src/pipelines/handlers/module-handler.ts';
import { silentMetrics } from '../../../../src/telemetry/metrics.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

/** What modules are offered where there is no chain. */
export function moduleOffer(): ModuleOffer {
  const calls = { call: () => Promise.reject(new Error('there is no chain')) };
  const parts = { calls, clock: new ManualClock(), metrics: silentMetrics };
  const chain = 'solana-devnet';
  return {
    chain,
    calls,
    accounts: new AccountCache({ chain }, parts),
    programs: new ProgramCache({ chain }, parts),
  };
}
