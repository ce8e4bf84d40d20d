import type { PlainChildSpec } from '../src/otp/child-spec.ts';
import { type SupervisorSpec, supervisorSpec } from '../src/otp/supervisor-spec.ts';
import { patient } from './patient.ts';

/** What the session builder is made of. */
export interface SessionsParts {
  /** Creates the accounts that events announce. */
  readonly sessionBuilder: PlainChildSpec;
}

/**
 * The session builder. It stands behind the gateway, by whose way it calls, and the roster, which has started its chain; its
 * events come by a pipeline of that.
 *
 *     sessions             one_for_one
 *     └─ session_builder   creates and verifies accounts; all events are in the storage until it has
 */
export function sessionsSupervisor({ sessionBuilder }: SessionsParts): SupervisorSpec {
  return supervisorSpec({
    id: 'sessions',
    strategy: 'one_for_one',
    intensity: 30,
    periodMs: 60_000,
    about: 'Creates the accounts that events of sessions announce.',
    children: [patient(sessionBuilder)],
  });
}
