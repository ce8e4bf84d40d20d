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
} as const satisfies ErrorCatalogue;

export type ExchangeErrorCode = keyof typeof exchangeErrors;
