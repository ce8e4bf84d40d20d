import { processName } from '../src/otp/process-name.ts';
import { supervisorChild } from '../src/otp/supervisor.ts';
import type { DynamicSupervisorCall } from '../src/otp/supervisor-messages.ts';
import { type DynamicSupervisorSpec, dynamicSupervisorSpec } from '../src/otp/supervisor-spec.ts';
import { type ChainParts, chainName, chainSupervisor } from './chain.ts';
import { successor } from './successor.ts';

export const chainsName = processName<DynamicSupervisorCall<ChainParts>>({
  type: 'supervisor',
  id: 'chains',
});

/**
 * The chains that the config names; the roster starts and stops them.
 *
 *     chains            dynamic
 *     └─ chain:<name>   one a chain, see chain.ts
 */
export function chainsSupervisor(template?: ChainParts): DynamicSupervisorSpec<ChainParts> {
  return dynamicSupervisorSpec<ChainParts>({
    id: 'chains',
    intensity: 20,
    periodMs: 60_000,
    about: 'The chains that the config names; they come and go with it.',
    child: parts => successor(supervisorChild(chainSupervisor(parts), { name: chainName(parts.name) })),
    ...(template === undefined ? {} : { template: supervisorChild(chainSupervisor(template)) }),
  });
}
