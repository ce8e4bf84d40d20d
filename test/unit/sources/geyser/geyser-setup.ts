import type { TestContext } from 'node:test';
import { systemClock } from '../../../../src/clock/system-clock.ts';
import { ProcessSystem } from '../../../../src/otp/process-system.ts';
import { startSupervisor } from '../../../../src/otp/supervisor.ts';
import { supervisorSpec } from '../../../../src/otp/supervisor-spec.ts';
import type { GeyserSourceOptions } from '../../../../src/sources/geyser/geyser-options.ts';
import { GeyserSource, geyserSourceChildren } from '../../../../src/sources/geyser/geyser-source.ts';
import type { SourceSubscription } from '../../../../src/sources/source.ts';
import type { UpdateFilter } from '../../../../src/sources/update-filter.ts';
import { silentLog } from '../../../../src/telemetry/log.ts';
import { silentMetrics } from '../../../../src/telemetry/metrics.ts';
import { CuttableProxy } from '../../../support/cuttable-proxy.ts';
import { RecordingSourceListener } from '../../../support/recording-source-listener.ts';
import { ScriptedGeyser } from '../../../support/scripted-geyser.ts';
import { addressOf, ScriptedSolana } from '../../../support/scripted-solana.ts';

/** A filter with everything that a test leaves out empty. */
export function filterOf(filter: Partial<UpdateFilter> = {}): UpdateFilter {
  return {
    kind: 'transaction',
    programs: [],
    accounts: [],
    required: [],
    excluded: [],
    owners: [],
    memcmp: [],
    dataSize: undefined,
    failed: false,
    votes: false,
    ...filter,
  };
}

/** A subscription to the transactions of the scripted program. */
export function subscriptionOf(
  since?: number,
  id = 'pipe',
  filter: Partial<UpdateFilter> = {},
): SourceSubscription {
  return { id, since, filter: filterOf({ programs: [addressOf('program')], ...filter }) };
}

/** A supervised Geyser source before one or more scripted servers; all of it ends with the test. */
export async function setUpGeyser(t: TestContext, options: Partial<GeyserSourceOptions> = {}, servers = 1) {
  const chain = new ScriptedSolana();
  const geysers: ScriptedGeyser[] = [];
  const proxies: CuttableProxy[] = [];
  for (let i = 0; i < servers; i++) {
    const geyser = await new ScriptedGeyser().start();
    geysers.push(geyser);
    proxies.push(await CuttableProxy.start(t, () => geyser.port));
  }
  const listener = new RecordingSourceListener();
  const source = new GeyserSource(
    {
      chain: 'test',
      commitment: 'confirmed',
      endpoints: proxies.map(({ port }, i) => ({
        id: `geyser-${i + 1}`,
        url: `http://127.0.0.1:${port}`,
        token: 'secret',
        priority: i + 1,
      })),
      reconnectMinMs: 5,
      reconnectMaxMs: 50,
      ...options,
    },
    { listener, calls: chain, clock: systemClock, log: silentLog, metrics: silentMetrics },
  );
  const system = new ProcessSystem({ clock: systemClock });
  await startSupervisor(
    system,
    supervisorSpec({ id: 'source:test', strategy: 'one_for_one', children: geyserSourceChildren(source) }),
  );
  t.after(async () => {
    await system.stop();
    for (const geyser of geysers) geyser.stop();
  });
  return { chain, geyser: geysers[0]!, geysers, listener, source, system, proxy: proxies[0]! };
}
