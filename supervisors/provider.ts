import { type SupervisorSpec, supervisorSpec } from '../src/otp/supervisor-spec.ts';
import type { Provider } from '../src/providers/provider.ts';
import { providerChildren } from '../src/providers/provider-children.ts';

/**
 * One upstream.
 *
 *     provider:<id>             one_for_one
 *     ├─ circuit_breaker:http   when it has an HTTP address
 *     ├─ circuit_breaker:ws     when it has a WebSocket address
 *     ├─ websocket              connects, pings, reconnects
 *     └─ health_probe           chain id, syncing, head, latency
 */
export function providerSupervisor(provider: Provider): SupervisorSpec {
  return supervisorSpec({
    id: `provider:${provider.id}`,
    strategy: 'one_for_one',
    about: 'One upstream: a breaker per transport, its WebSocket, its health probe.',
    children: providerChildren(provider),
  });
}
