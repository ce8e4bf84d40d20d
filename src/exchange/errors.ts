import type { ErrorCatalogue } from '../errors/trunkline-error.ts';

/** What the admin API answers with when a request makes no sense here. */
export const exchangeErrors = {
  admin_request_invalid: {
    sentence:
      'The body of an admin request lacks a field or has one of the wrong type; the message names it.',
  },
  no_embedded_chain: {
    sentence:
      'The chain is none of the embedded ones, which alone can be given faults; the message lists them.',
  },
  no_session_builder: {
    sentence: 'The session builder was asked for something, and the config has no section `sessions`.',
  },
  profile_running: {
    sentence: 'A CPU profile is being taken already; there is one at a time, of a minute at most.',
    retryable: true,
  },
  replay_running: {
    sentence: 'Dead letters of this pipeline are being replayed already; try again when that is done.',
    retryable: true,
  },
  own_call_failed: {
    sentence:
      'A call that Trunkline made for itself, for a pipeline or the session builder, got an error or no answer in time; the message has the reason.',
    retryable: true,
  },
} as const satisfies ErrorCatalogue;

export type ExchangeErrorCode = keyof typeof exchangeErrors;
