import { type SupervisorSpec, supervisorSpec } from '../src/otp/supervisor-spec.ts';
import type { Provider } from '../src/providers/provider.ts';
import { providerChild } from './provider.ts';

/**
 * All upstreams of a chain; each fails by itself.
 *
 *     providers          one_for_one
 *     └─ provider:<id>   one a provider, see provider.ts
 */
export function providersSupervisor(providers: readonly Provider[]): SupervisorSpec {
  return supervisorSpec({
    id: 'providers',
    strategy: 'one_for_one',
    // Every provider of a chain may go down at once, and each of their supervisors may give up once.
    intensity: 3 * Math.max(1, providers.length),
    periodMs: 5_000,
    about: 'The upstreams of the chain; each fails by itself.',
    children: providers.map(providerChild),
  });
}
