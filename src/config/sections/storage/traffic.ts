import { field, section } from '../../field.ts';
import { duration } from '../../values/duration.ts';
import { integer, number } from '../../values/number.ts';
import { breakerFields } from '../breaker-fields.ts';

/** `storage.channel`: between the main thread and a storage thread. */
export const channelSection = section(
  'The channel between the main thread and a storage thread. Every thread has one.',
  {
    capacity: field(integer({ min: 16, max: 1_000_000 }).prefault(10_000), {
      doc: 'Commands that may be under way on one channel at once.',
      unit: 'commands',
      applies: 'restart',
    }),
    backpressure_at: field(number({ min: 0.1, max: 1 }).prefault(0.8), {
      doc: 'The share of `capacity` from which callers wait before they send more.',
      unit: 'ratio',
      applies: 'restart',
    }),
    backpressure_wait: field(duration({ min: 0, max: 60_000 }).prefault('100ms'), {
      doc: 'How long a caller waits for room at most; then its call fails as `storage_overloaded`.',
      unit: 'duration',
      applies: 'restart',
    }),
  },
);

/** `storage.batch`: how commands are put together into messages. */
export const batchSection = section('How commands are put together into one message between the threads.', {
  max_commands: field(integer({ min: 1, max: 100_000 }).optional(), {
    doc: 'Commands after which a message is sent without waiting further.',
    unit: 'commands',
    applies: 'restart',
    derivedDefault: 'that of `storage.preset`',
  }),
  max_delay: field(duration({ min: 0, max: 1000 }).optional(), {
    doc: 'How long a command may wait for others to share its message; 0 sends once per turn of the event loop.',
    unit: 'duration',
    applies: 'restart',
    derivedDefault: 'that of `storage.preset`',
  }),
});

/** `storage.retry`: of calls that may safely run twice. */
export const retrySection = section(
  'Retries of storage calls that do no harm when they run twice. Others are never repeated.',
  {
    attempts: field(integer({ min: 1, max: 10 }).prefault(3), {
      doc: 'How often a call is tried in all.',
      unit: 'attempts',
      applies: 'restart',
    }),
    min_delay: field(duration({ min: 1, max: 60_000 }).prefault('10ms'), {
      doc: 'Wait before the second attempt; doubles with each further one.',
      unit: 'duration',
      applies: 'restart',
    }),
    max_delay: field(duration({ min: 1, max: 60_000 }).prefault('1s'), {
      doc: 'The longest wait between two attempts.',
      unit: 'duration',
      applies: 'restart',
    }),
    jitter: field(number({ min: 0, max: 1 }).prefault(0.2), {
      doc: 'The share by which a wait is made longer or shorter at random, so that calls that failed together do not come back together.',
      unit: 'ratio',
      applies: 'restart',
    }),
  },
);

/** `storage.restart_queue`: calls that wait while the runtime restarts. */
export const restartQueueSection = section('Calls that wait while the storage runtime restarts.', {
  max_calls: field(integer({ min: 0, max: 1_000_000 }).prefault(1000), {
    doc: 'Calls that may wait; further ones fail as `storage_unavailable`.',
    unit: 'calls',
    applies: 'restart',
  }),
  max_wait: field(duration({ min: 0, max: 600_000 }).prefault('60s'), {
    doc: 'How long a call may wait for the restart; its own time-out ends it too.',
    unit: 'duration',
    applies: 'restart',
  }),
});

const cap = (which: string) =>
  field(integer({ min: 1, max: 1_000_000 }).prefault(10_000), {
    doc: `Commands of ${which} priority that may wait for room on the channel; further ones fail as \`overloaded\`.`,
    unit: 'commands',
    applies: 'restart',
  });

/** `storage.priorities`: what may wait per class. */
export const prioritiesSection = section(
  'Commands that wait for room on the channel, by priority. Where all classes wait, they are served 3 : 2 : 1.',
  { high: cap('high'), normal: cap('normal'), low: cap('low') },
);

/** `storage.circuit_breaker`: when a failing storage runtime is left alone. */
export const storageBreakerSection = section(
  'When a storage runtime that fails again and again is left alone, so that callers get their error at once.',
  breakerFields({
    applies: 'restart',
    recoveryTimeout: '30s',
    recoveryDoc:
      'How long an open breaker lets nothing through before it tries again; doubles with each re-opening.',
  }),
);
