import type { PlainChildSpec } from '../src/otp/child-spec.ts';
import { type SupervisorSpec, supervisorSpec } from '../src/otp/supervisor-spec.ts';
import { patient } from './patient.ts';

/** What the feed is made of. */
export interface FeedParts {
  /** Opens the log of events and removes what is too old. */
  readonly eventLog: PlainChildSpec;
}

/**
 * The sequence of all events. It stands before the chains, which write to it, and behind the storage, in which it is.
 *
 *     feed           one_for_one
 *     └─ event_log   the durable sequence behind `/feed`, `eth_subscribe` and filters
 */
export function feedSupervisor({ eventLog }: FeedParts): SupervisorSpec {
  return supervisorSpec({
    id: 'feed',
    strategy: 'one_for_one',
    intensity: 30,
    periodMs: 60_000,
    about: 'The events of all chains as one sequence.',
    children: [patient(eventLog)],
  });
}
