import type { ErrorCatalogue } from '../../errors/trunkline-error.ts';

/** What can be wrong with a message of a Geyser stream. */
export const geyserErrors = {
  geyser_message_malformed: {
    sentence:
      'A message of a Geyser endpoint is not what its protocol says: the stream is ended and taken up again where it was.',
    retryable: true,
  },
} as const satisfies ErrorCatalogue;
