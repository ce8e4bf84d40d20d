import {
  type ErrorCatalogue,
  TrunklineError,
  type TrunklineErrorOptions,
} from '../errors/trunkline-error.ts';

/** Every error that the process layer throws. */
export const otpErrors = {
  call_timeout: { sentence: 'A process did not answer a call within its time-out.', retryable: true },
  call_noproc: { sentence: 'A call was made to a process that does not exist.', retryable: true },
  call_exited: { sentence: 'A process ended before it answered a call.', retryable: true },
  calling_self: { sentence: 'A process called itself, which could only time out.' },
  mailbox_full: {
    sentence: 'A message was refused because the mailbox of its receiver is full.',
    retryable: true,
  },
  process_start_failed: {
    sentence: 'A process could not be started: its init failed, or its name is taken.',
  },
  process_start_ignored: { sentence: 'A process declined to start.' },
  process_system_stopped: { sentence: 'A process was to be started while Trunkline is stopping.' },
  supervisor_spec_invalid: { sentence: 'A supervisor or child specification contradicts itself.' },
} as const satisfies ErrorCatalogue;

export type OtpErrorCode = keyof typeof otpErrors;

/** An error of the process layer. */
export class OtpError extends TrunklineError<OtpErrorCode> {
  constructor(code: OtpErrorCode, message: string, options?: TrunklineErrorOptions) {
    super(otpErrors, code, message, options);
    this.name = 'OtpError';
  }
}
