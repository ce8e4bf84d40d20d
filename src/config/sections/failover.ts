import { field, section } from '../field.ts';
import { duration } from '../values/duration.ts';
import { integer, number } from '../values/number.ts';

const retryBudget = section('Bounds what failover adds to the load of the providers that are left.', {
  ratio: field(number({ min: 0, max: 1 }).prefault(0.2), {
    doc: 'Further attempts that may run at once, as a share of the requests in flight.',
    unit: 'ratio',
    applies: 'live',
  }),
  minimum: field(integer({ min: 0, max: 10_000 }).prefault(3), {
    doc: 'Further attempts that are always allowed, however few requests are in flight.',
    unit: 'attempts',
    applies: 'live',
  }),
});

/** `failover`: how long and how often a call is tried. */
export const failoverSection = section('How long and how often a call is tried.', {
  deadline: field(duration({ min: 50, max: 600_000 }).prefault('30s'), {
    doc: 'How long a call may take in all, over every attempt.',
    unit: 'duration',
    applies: 'live',
  }),
  attempt_share: field(number({ min: 0.05, max: 1 }).prefault(0.6), {
    doc: 'The share of the time left that one attempt may take while another provider is left.',
    unit: 'ratio',
    applies: 'live',
  }),
  max_attempts: field(integer({ min: 1, max: 20 }).prefault(3), {
    doc: 'Providers that a read is tried at. Writes and unknown methods are sent once.',
    unit: 'attempts',
    applies: 'live',
  }),
  hedge_min_delay: field(duration({ min: 50, max: 60_000 }).prefault('100ms'), {
    doc: 'How long a read waits at least before a second provider is asked beside a silent first one; more where the method is usually slower.',
    unit: 'duration',
    applies: 'live',
  }),
  raw_write_timeout: field(duration({ min: 100, max: 600_000 }).prefault('3s'), {
    doc: 'How long a signed transaction waits for one provider before its hash is looked up at the others.',
    unit: 'duration',
    applies: 'live',
  }),
  retry_budget: field(retryBudget.prefault({}), {
    doc: 'Bounds what failover adds to the load of the providers that are left.',
    applies: 'live',
  }),
  cooldown: field(duration({ min: 100, max: 3_600_000 }).prefault('2s'), {
    doc: 'How long a provider that answers "too many requests" is left alone when it names no time itself.',
    unit: 'duration',
    applies: 'restart-child',
  }),
  max_cooldown: field(duration({ min: 100, max: 86_400_000 }).prefault('1m'), {
    doc: 'The longest `Retry-After` of a provider that is honoured.',
    unit: 'duration',
    applies: 'restart-child',
  }),
  unsupported_ttl: field(duration({ min: 1000 }).prefault('10m'), {
    doc: 'How long a provider that does not offer a method is not asked for that method again.',
    unit: 'duration',
    applies: 'restart-child',
  }),
});
