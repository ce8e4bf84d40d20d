import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { systemClock } from '../../../src/clock/system-clock.ts';
import { processName } from '../../../src/otp/process-name.ts';
import { ProcessSystem } from '../../../src/otp/process-system.ts';
import { startSupervisor } from '../../../src/otp/supervisor.ts';
import { supervisorSpec } from '../../../src/otp/supervisor-spec.ts';
import type { RespListener } from '../../../src/resp/resp-listener.ts';
import { respListenerChild } from '../../../src/resp/resp-process.ts';
import { silentLog } from '../../../src/telemetry/log.ts';
import { PromMetricRegistry } from '../../../src/telemetry/prom-metric-registry.ts';
import { eventually } from '../../support/eventually.ts';
import { MapStorage } from '../../support/map-storage.ts';
import { RespWire, respOptions } from '../../support/resp-server.ts';

describe('respListenerChild', () => {
  it('listens under its supervisor, on the same port after a crash, and lets go of it at the end', async t => {
    const system = new ProcessSystem({ clock: systemClock });
    t.after(() => system.stop(1000));
    const listeners: RespListener[] = [];
    const child = respListenerChild({
      options: () => respOptions,
      dependencies: {
        storage: new MapStorage(),
        figures: () => ({ isReady: true, keys: 0, keysWithExpiry: 0, usedBytes: 0, maxBytes: 0 }),
        clock: systemClock,
        log: silentLog,
        metrics: new PromMetricRegistry(),
      },
      onListening: listener => listeners.push(listener),
    });
    const spec = supervisorSpec({ id: 'root', strategy: 'one_for_one', children: [child] });
    await startSupervisor(system, spec);
    const port = listeners[0]!.port;
    const before = new RespWire(port);
    assert.equal(await before.command('PING'), 'PONG');

    const listenerPid = system.registry.whereis(processName({ type: 'resp_listener', id: 'main' }));
    assert.ok(listenerPid);
    system.exit(listenerPid, 'kill');
    await before.closed;
    await eventually(() => listeners.length === 2);
    assert.equal(listeners[1]!.port, port);
    const next = new RespWire(port);
    assert.equal(await next.command('PING'), 'PONG');

    await system.stop(5000);
    await next.closed;
    const late = new RespWire(port);
    await late.closed;
    assert.equal(late.rest, '');
  });
});
