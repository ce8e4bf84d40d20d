import { type SupervisorSpec, supervisorSpec } from '../src/otp/supervisor-spec.ts';
import { type RuntimeMonitorArgs, runtimeMonitorChild } from '../src/telemetry/runtime-monitor.ts';

/**
 * What watches the process itself. Logs and metrics are plain objects that need no process.
 *
 *     telemetry            one_for_one
 *     └─ runtime_monitor   event-loop delay, garbage collection, liveness
 */
export function telemetrySupervisor(args: RuntimeMonitorArgs): SupervisorSpec {
  return supervisorSpec({
    id: 'telemetry',
    strategy: 'one_for_one',
    about: 'Watches the process itself.',
    children: [runtimeMonitorChild(args)],
  });
}
