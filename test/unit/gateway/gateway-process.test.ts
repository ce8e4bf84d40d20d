import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { systemClock } from '../../../src/clock/system-clock.ts';
import { serverSection } from '../../../src/config/sections/server.ts';
import { AdminRoutes } from '../../../src/gateway/admin-routes.ts';
import { ChainDirectory } from '../../../src/gateway/chain-directory.ts';
import type { Gateway } from '../../../src/gateway/gateway.ts';
import { gatewayChild } from '../../../src/gateway/gateway-process.ts';
import { StatusRoutes } from '../../../src/gateway/status-routes.ts';
import { ProcessSystem } from '../../../src/otp/process-system.ts';
import { startSupervisor, whichChildren } from '../../../src/otp/supervisor.ts';
import { supervisorSpec } from '../../../src/otp/supervisor-spec.ts';
import { HealthRegistry } from '../../../src/telemetry/health-registry.ts';
import { silentLog } from '../../../src/telemetry/log.ts';
import { silentMetrics } from '../../../src/telemetry/metrics.ts';
import { eventually } from '../../support/eventually.ts';

async function supervised(t: TestContext) {
  const system = new ProcessSystem({ clock: systemClock });
  const gateways: Gateway[] = [];
  const child = gatewayChild({
    config: () => serverSection.parse({ port: 0, drain_timeout: 100 }),
    dependencies: {
      chains: new ChainDirectory(),
      status: new StatusRoutes({
        health: new HealthRegistry(),
        metrics: silentMetrics,
        stats: () => ({}),
        isDraining: () => false,
      }),
      admin: new AdminRoutes('token', [], { log: silentLog }),
      clock: systemClock,
      log: silentLog,
      metrics: silentMetrics,
      random: Math.random,
    },
    onListening: gateway => gateways.push(gateway),
  });
  const root = await startSupervisor(
    system,
    supervisorSpec({ id: 'root', strategy: 'one_for_one', children: [child] }),
  );
  t.after(() => system.stop());
  return { system, root, gateways, pid: async () => (await whichChildren(system, root))[0]!.pid! };
}

describe('the gateway process', () => {
  it('listens again on the same port when it was killed, though nobody had chosen that port', async t => {
    const { system, gateways, pid } = await supervised(t);
    const { port } = gateways[0]!;
    system.exit(await pid(), 'kill');
    await eventually(() => gateways.length === 2, 'a new gateway');
    assert.equal(gateways[1]!.port, port);
    assert.equal(gateways[0]!.isDraining, true);
    assert.equal((await fetch(`http://127.0.0.1:${port}/health`)).status, 200);
  });

  it('drains when it is stopped', async t => {
    const { system, gateways } = await supervised(t);
    const { port } = gateways[0]!;
    await system.stop();
    assert.equal(gateways[0]!.isDraining, true);
    await assert.rejects(fetch(`http://127.0.0.1:${port}/health`));
  });
});
