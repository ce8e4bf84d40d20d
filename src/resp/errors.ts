import {
  type ErrorCatalogue,
  TrunklineError,
  type TrunklineErrorOptions,
} from '../errors/trunkline-error.ts';

/** Why the RESP port does not open. What its clients are answered with is in Redis' own words instead. */
export const respErrors = {
  resp_port_in_use: {
    sentence:
      'Another process, perhaps a Redis, listens on `storage.resp.port` already; choose another port or stop it.',
  },
  resp_listen_failed: {
    sentence:
      'The RESP port cannot be opened; the message says why. Check `storage.resp.host` and `storage.resp.port`.',
  },
  resp_exposed: {
    sentence:
      'The RESP port would be reachable from other machines without a password: set `storage.resp.password`, or a loopback address as `storage.resp.host`.',
  },
} as const satisfies ErrorCatalogue;

/** A code of `respErrors`. */
export type RespErrorCode = keyof typeof respErrors;

/** An error of the RESP listener. */
export class RespListenError extends TrunklineError<RespErrorCode> {
  constructor(
    code: RespErrorCode,
    message: string = respErrors[code].sentence,
    options?: TrunklineErrorOptions,
  ) {
    super(respErrors, code, message, options);
  }
}
