import { z } from 'zod';
import { field, section } from '../../field.ts';
import { bytes } from '../../values/bytes.ts';
import { chainReference } from '../../values/chain-reference.ts';
import { choice } from '../../values/choice.ts';
import { duration } from '../../values/duration.ts';
import { flag } from '../../values/flag.ts';
import { integer } from '../../values/number.ts';
import { backoffFields } from '../backoff-fields.ts';
import { filterSection } from './filter.ts';
import { handlerSection } from './handler.ts';
import { parserSection } from './parser.ts';

/** What a pipeline may be called: it is a metric label, and the name of a filter in the stream. */
export const pipelineNamePattern = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

const retrySection = section(
  'How a handler that failed is tried again.',
  backoffFields('Tries in all; then the value goes to the dead letters.', {
    applies: 'restart-child',
    child: 'pipelines',
  }),
);

const bufferSection = section('Values that wait for the handlers.', {
  max_capacity: field(integer({ min: 1, max: 10_000_000 }).prefault(10_000), {
    doc: 'How many wait at most.',
    unit: 'values',
    applies: 'restart-child',
    child: 'pipelines',
  }),
  max_bytes: field(bytes({ min: 2 ** 16, max: 2 ** 36 }).prefault('64MiB'), {
    doc: 'How much memory they take at most, with those that handlers have in hand; estimated by the lengths of the updates that they are made of. Whichever bound is reached first counts. A larger update waits alone.',
    unit: 'bytes',
    applies: 'restart-child',
    child: 'pipelines',
  }),
  batch_size: field(integer({ min: 1, max: 100_000 }).prefault(100), {
    doc: 'How many a handler that takes batches gets at once.',
    unit: 'values',
    applies: 'restart-child',
    child: 'pipelines',
  }),
  batch_timeout: field(duration({ min: 0, max: 60_000 }).prefault('10ms'), {
    doc: 'How long a batch waits until it is full.',
    unit: 'duration',
    applies: 'restart-child',
    child: 'pipelines',
  }),
  overflow_policy: field(choice(['block', 'drop_oldest', 'drop_newest', 'spill']).prefault('block'), {
    doc: 'What happens when it is full. `block`: the source waits, and with it the other pipelines of its stream; `drop_oldest`, `drop_newest`: values are left out, counted and told; `spill`: they go to the storage until there is room.',
    applies: 'restart-child',
    child: 'pipelines',
  }),
});

/** One entry of `pipelines`, named by its key. */
export const pipelineSection = section('Updates of a Solana chain, read by a parser and given to handlers.', {
  chain: field(chainReference(), {
    doc: 'The chain, by its name under `chains`.',
    applies: 'restart-child',
    child: 'pipelines',
  }),
  enabled: field(flag().prefault(true), {
    doc: 'Whether it runs; `false` keeps its entry and its place without starting it.',
    applies: 'restart-child',
    child: 'pipelines',
  }),
  source: field(choice(['geyser', 'logs']).prefault('geyser'), {
    doc: '`geyser`: the gRPC stream of the chain; `logs`: `logsSubscribe` at its providers, for `kind: transaction` and `instruction`.',
    applies: 'restart-child',
    child: 'pipelines',
  }),
  commitment: field(choice(['processed', 'confirmed', 'finalized']).prefault('confirmed'), {
    doc: 'How sure a slot is before its updates are taken. At `processed` values of an abandoned slot are told again as removed.',
    applies: 'restart-child',
    child: 'pipelines',
  }),
  kind: field(
    choice(['instruction', 'transaction', 'account', 'slot', 'block_meta', 'block']).prefault('instruction'),
    {
      doc: 'Which updates it reads.',
      applies: 'restart-child',
      child: 'pipelines',
    },
  ),
  filter: field(filterSection.prefault({}), {
    doc: 'Which updates it gets.',
    applies: 'restart-child',
    child: 'pipelines',
  }),
  parser: field(parserSection.prefault({}), {
    doc: 'What it makes of an update.',
    applies: 'restart-child',
    child: 'pipelines',
  }),
  parse_threads: field(integer({ min: 0, max: 64 }).prefault(0), {
    doc: 'Threads for a parser that takes much time; 0: it runs beside everything else.',
    unit: 'threads',
    applies: 'restart-child',
    child: 'pipelines',
  }),
  max_parse_errors: field(integer({ min: 0, max: 1_000_000 }).prefault(0), {
    doc: 'Updates in a row that its parser cannot read after which the pipeline waits, in the state `error`, for somebody to look; 0: it goes on, and counts them.',
    unit: 'updates',
    applies: 'restart-child',
    child: 'pipelines',
  }),
  handlers: field(z.array(handlerSection).min(1).max(32), {
    doc: 'What is done with each value.',
    applies: 'restart-child',
    child: 'pipelines',
  }),
  mode: field(choice(['sequential', 'parallel', 'conditional']).prefault('sequential'), {
    doc: '`sequential`: the handlers one after another, as listed; `parallel`: all at once; `conditional`: those whose `when` holds, one after another.',
    applies: 'restart-child',
    child: 'pipelines',
  }),
  concurrency: field(integer({ min: 1, max: 10_000 }).prefault(1), {
    doc: 'Values that are handled at once; above 1 their order is kept as far as `order_by` says.',
    unit: 'values',
    applies: 'restart-child',
    child: 'pipelines',
  }),
  order_by: field(choice(['none', 'slot', 'signature', 'account', 'program']).prefault('none'), {
    doc: 'Values that agree in this are handled one after another, in their order.',
    applies: 'restart-child',
    child: 'pipelines',
  }),
  retry: field(retrySection.prefault({}), {
    doc: 'How a handler that failed is tried again.',
    applies: 'restart-child',
    child: 'pipelines',
  }),
  buffer: field(bufferSection.prefault({}), {
    doc: 'Values that wait for the handlers.',
    applies: 'restart-child',
    child: 'pipelines',
  }),
  max_dead_letters: field(integer({ min: 1, max: 1_000_000 }).prefault(10_000), {
    doc: 'Values that no handler would take, kept to be looked at and replayed; beyond it the oldest goes.',
    unit: 'values',
    applies: 'restart-child',
    child: 'pipelines',
  }),
  drain_timeout: field(duration({ min: 0, max: 600_000 }).prefault('30s'), {
    doc: 'How long it may take, at its end, to handle what it has taken; the rest comes again after its next start.',
    unit: 'duration',
    applies: 'restart-child',
    child: 'pipelines',
  }),
});

export type PipelineConfig = z.output<typeof pipelineSection>;
