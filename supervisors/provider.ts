import type { PlainChildSpec } from '../src/otp/child-spec.ts';
import { supervisorChild } from '../src/otp/supervisor.ts';
import { type SupervisorSpec, supervisorSpec } from '../src/otp/supervisor-spec.ts';
import type { Provider } from '../src/providers/provider.ts';
import { providerChildren } from '../src/providers/provider-children.ts';
import { successor } from './successor.ts';

/**
 * One upstream.
 *
 *     provider:<id>             one_for_one
 *     ├─ circuit_breaker:http   when it has an HTTP address
 *     ├─ circuit_breaker:ws     when it has a WebSocket address
 *     ├─ websocket              connects, pings, reconnects
 *     └─ health_probe           chain id, syncing, head, latency
 */
function providerSupervisor(provider: Provider): SupervisorSpec {
  return supervisorSpec({
    id: `provider:${provider.id}`,
    strategy: 'one_for_one',
    about: 'One upstream: a breaker per transport, its WebSocket, its health probe.',
    children: providerChildren(provider),
  });
}

/** A provider's supervisor as a child of `providers`. */
export function providerChild(provider: Provider): PlainChildSpec {
  return successor(supervisorChild(providerSupervisor(provider)));
}
