import type { ErrorCatalogue } from '../errors/trunkline-error.ts';

/** What can go wrong where updates are fetched by calls. */
export const sourceErrors = {
  backfill_refused: {
    sentence:
      'The providers cannot give what a stream missed, and asking again will not help: the range becomes a gap.',
  },
  backfill_undecided: {
    sentence:
      'For a while no provider answered a call of a backfill in the way that what else is known lets expect: what was told of the range is doubted.',
    retryable: true,
  },
  backfill_malformed: {
    sentence: 'A provider answered a call of a backfill with something else than the method returns.',
    retryable: true,
  },
} as const satisfies ErrorCatalogue;

export type SourceErrorCode = keyof typeof sourceErrors;
