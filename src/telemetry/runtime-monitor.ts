import type { Clock } from '../clock/clock.ts';
import { type ChildSpec, serverChild } from '../otp/child-spec.ts';
import type { GenServer } from '../otp/gen-server.ts';
import { EventLoopMonitor } from './event-loop-monitor.ts';
import { eventLoopCheck, type HealthRegistry } from './health-registry.ts';
import type { MetricRegistry } from './metrics.ts';
import { observeRuntime } from './observe-runtime.ts';

export interface RuntimeMonitorArgs {
  readonly clock: Clock;
  readonly metrics: MetricRegistry;
  readonly health: HealthRegistry;
}

/**
 * Owns the watch over the JavaScript runtime: event-loop delay, garbage collection, and the liveness check on them.
 * Takes no messages. A restart loses one window of delay samples.
 */
const runtimeMonitor: GenServer<RuntimeMonitorArgs, undefined> = {
  label: 'runtime_monitor',
  init: (self, { clock, metrics, health }) => {
    const eventLoop = new EventLoopMonitor({}, { clock });
    const unobserve = observeRuntime({ metrics, eventLoop });
    const unregister = health.register('event_loop', 'liveness', eventLoopCheck(eventLoop));
    // Not `terminate`: that does not run when the process is killed.
    self.system.watch(self.pid, () => {
      unregister();
      unobserve();
      eventLoop.stop();
    });
    return undefined;
  },
};

/** The child specification of the runtime monitor. */
export function runtimeMonitorChild(args: RuntimeMonitorArgs): ChildSpec & { significant?: false } {
  return serverChild({
    id: 'runtime_monitor',
    server: runtimeMonitor,
    args,
    about: 'Watches event-loop delay and garbage collection; answers the liveness check.',
  });
}
