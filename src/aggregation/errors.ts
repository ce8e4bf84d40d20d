import type { ErrorCatalogue } from '../errors/trunkline-error.ts';

/** What can go wrong between a subscriber and the streams of a chain. */
export const aggregationErrors = {
  invalid_stream: {
    sentence: 'The subscription params are not a JSON array that starts with a stream name.',
  },
  stream_unavailable: {
    sentence: 'No provider with an open WebSocket took the subscription in time; try again when one is up.',
    retryable: true,
  },
  stream_refused: {
    sentence:
      "Every provider with an open WebSocket refused the subscription; the cause is the last one's answer.",
  },
  too_many_streams: {
    sentence:
      'The chain has as many distinct streams as it may; subscribe to one that exists, or raise the limit.',
    retryable: true,
  },
  hub_closed: { sentence: "The chain's streams have ended, as when the chain is taken out of the config." },
} as const satisfies ErrorCatalogue;

export type AggregationErrorCode = keyof typeof aggregationErrors;
