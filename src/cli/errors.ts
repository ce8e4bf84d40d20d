import type { ErrorCatalogue } from '../errors/trunkline-error.ts';

/** What the command line says and exits 1 with. */
export const cliErrors = {
  trunkline_unreachable: {
    sentence: 'No Trunkline answers on that port; start one, or name its port with --port.',
  },
  admin_token_missing: {
    sentence:
      'The admin token is neither in TRUNKLINE_ADMIN_TOKEN nor in the token file that a Trunkline of the same user writes.',
  },
  admin_refused: { sentence: 'The Trunkline refused the request; the message says why.' },
  feed_refused: {
    sentence: 'The Trunkline has no event feed, or refused what was asked of it; the message says why.',
  },
  option_invalid: { sentence: 'An option of the command line has a value that it cannot have.' },
} as const satisfies ErrorCatalogue;

export type CliErrorCode = keyof typeof cliErrors;
