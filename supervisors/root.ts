import type { PlainChildSpec } from '../src/otp/child-spec.ts';
import { supervisorChild } from '../src/otp/supervisor.ts';
import { type SupervisorSpec, supervisorSpec } from '../src/otp/supervisor-spec.ts';
import type { RuntimeMonitorArgs } from '../src/telemetry/runtime-monitor.ts';
import type { ChainParts } from './chain.ts';
import { chainsName, chainsSupervisor } from './chains.ts';
import { telemetrySupervisor } from './telemetry.ts';

/** What the whole is made of. */
export interface RootParts {
  readonly telemetry: RuntimeMonitorArgs;
  /** Stands for the chains in the drawn tree. */
  readonly chainTemplate?: ChainParts;
  readonly roster: PlainChildSpec;
  readonly gateway: PlainChildSpec;
  readonly config: PlainChildSpec;
}

/**
 * The whole Trunkline. Stopped in reverse: first no more config changes, then the gateway drains, then the chains end.
 *
 *     root           rest_for_one
 *     ├─ telemetry   see telemetry.ts
 *     ├─ chains      see chains.ts
 *     ├─ roster      starts the chains of the config, applies changes
 *     ├─ gateway     HTTP and WebSocket listeners
 *     └─ config      watches the file
 */
export function rootSupervisor(parts: RootParts): SupervisorSpec {
  return supervisorSpec({
    id: 'root',
    strategy: 'rest_for_one',
    about: 'The whole Trunkline.',
    children: [
      supervisorChild(telemetrySupervisor(parts.telemetry)),
      supervisorChild(chainsSupervisor(parts.chainTemplate), { name: chainsName }),
      parts.roster,
      parts.gateway,
      parts.config,
    ],
  });
}
