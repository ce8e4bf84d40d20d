import {
  type ErrorCatalogue,
  TrunklineError,
  type TrunklineErrorOptions,
} from '../errors/trunkline-error.ts';

/** Errors of the session builder. */
export const sessionErrors = {
  session_keypair_missing: {
    sentence: 'There is no keypair file at `sessions.keypair`; make one with `solana-keygen new -o <file>`.',
  },
  session_keypair_unsafe: {
    sentence:
      'Others than its owner may read the keypair file; the message says which command takes that right away.',
  },
  session_keypair_invalid: {
    sentence: 'The keypair file does not hold a key as the Solana CLI writes it: a JSON array of 64 bytes.',
  },
  session_answer_invalid: {
    sentence: 'The chain answered a call of the session builder with something that does not read.',
    retryable: true,
  },
  session_stopped: {
    sentence: 'The session builder stops; the event stays in the queue and comes again at the next start.',
    retryable: true,
  },
} as const satisfies ErrorCatalogue;

/** A stable code of the session builder's errors. */
export type SessionErrorCode = keyof typeof sessionErrors;

/** An error of the session builder. */
export class SessionError extends TrunklineError<SessionErrorCode> {
  constructor(code: SessionErrorCode, message: string, options?: TrunklineErrorOptions) {
    super(sessionErrors, code, message, options);
  }
}
