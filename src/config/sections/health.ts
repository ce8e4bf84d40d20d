import { field, section } from '../field.ts';
import { duration } from '../values/duration.ts';
import { integer } from '../values/number.ts';

/** `health`: how a provider is watched. */
export const healthSection = section('How providers are watched, and when one is too far behind.', {
  probe_interval: field(duration({ min: 100, max: 3_600_000 }).prefault('30s'), {
    doc: 'How often a provider is asked whether it is syncing and which chain it serves.',
    unit: 'duration',
    applies: 'restart-child',
  }),
  probe_timeout: field(duration({ min: 50, max: 60_000 }).prefault('5s'), {
    doc: 'How long a provider may take to answer a probe.',
    unit: 'duration',
    applies: 'restart-child',
  }),
  head_poll_interval: field(duration({ min: 100, max: 3_600_000 }).prefault('12s'), {
    doc: 'How often a provider without an open WebSocket is asked for its newest block.',
    unit: 'duration',
    applies: 'restart-child',
    derivedDefault: '`block_time`, from 1s to 15s',
  }),
  max_block_lag: field(integer({ min: 0, max: 1_000_000 }).prefault(5), {
    doc: 'Blocks that a provider may be behind the best one before reads of the newest state avoid it.',
    unit: 'blocks',
    applies: 'restart-child',
  }),
  max_block_lead: field(integer({ min: 1, max: 1_000_000_000 }).prefault(64), {
    doc: 'Blocks that a provider may be ahead of what the others and the time that passed allow, before its head is ignored until another provider confirms it.',
    unit: 'blocks',
    applies: 'restart-child',
    child: 'chain',
  }),
});
