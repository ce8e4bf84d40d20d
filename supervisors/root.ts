import type { PlainChildSpec } from '../src/otp/child-spec.ts';
import { supervisorChild } from '../src/otp/supervisor.ts';
import { type SupervisorSpec, supervisorSpec } from '../src/otp/supervisor-spec.ts';
import type { RuntimeMonitorArgs } from '../src/telemetry/runtime-monitor.ts';
import type { ChainParts } from './chain.ts';
import { chainsName, chainsSupervisor } from './chains.ts';
import { type FeedParts, feedSupervisor } from './feed.ts';
import { type SessionsParts, sessionsSupervisor } from './sessions.ts';
import { type StorageParts, storageSupervisor } from './storage.ts';
import { successor } from './successor.ts';
import { telemetrySupervisor } from './telemetry.ts';

/** What the whole is made of. */
export interface RootParts {
  readonly telemetry: RuntimeMonitorArgs;
  /** Only when it is configured. */
  readonly storage?: StorageParts;
  readonly feed: FeedParts;
  /** Stands for the chains in the drawn tree. */
  readonly chainTemplate?: ChainParts;
  /** Only when it is configured. */
  readonly sessions?: SessionsParts;
  readonly gateway: PlainChildSpec;
  readonly roster: PlainChildSpec;
  readonly config: PlainChildSpec;
}

/**
 * The whole Trunkline. Stopped in reverse: first no more config changes, then the session builder ends, then the gateway
 * drains, then the chains end, then the feed writes what they left, then the storage answers what it accepted and closes
 * its files.
 * The gateway stands before the roster, so that the death of the roster drops no client and a port that is in use is
 * said before any chain is started.
 *
 *     root           rest_for_one
 *     ├─ telemetry   see telemetry.ts
 *     ├─ storage     see storage.ts; only when it is configured
 *     ├─ feed        see feed.ts
 *     ├─ chains      see chains.ts
 *     ├─ gateway     HTTP and WebSocket listeners
 *     ├─ roster      starts the chains of the config, applies changes
 *     ├─ sessions    see sessions.ts; only when it is configured
 *     └─ config      watches the file
 */
export function rootSupervisor(parts: RootParts): SupervisorSpec {
  return supervisorSpec({
    id: 'root',
    strategy: 'rest_for_one',
    about: 'The whole Trunkline.',
    children: [
      successor(supervisorChild(telemetrySupervisor(parts.telemetry))),
      ...(parts.storage === undefined ? [] : [successor(supervisorChild(storageSupervisor(parts.storage)))]),
      successor(supervisorChild(feedSupervisor(parts.feed))),
      successor(supervisorChild(chainsSupervisor(parts.chainTemplate), { name: chainsName })),
      parts.gateway,
      parts.roster,
      ...(parts.sessions === undefined
        ? []
        : [successor(supervisorChild(sessionsSupervisor(parts.sessions)))]),
      parts.config,
    ],
  });
}
