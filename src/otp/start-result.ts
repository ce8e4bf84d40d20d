import { OtpError } from './errors.ts';
import { describeReason } from './exit-reason.ts';
import type { Pid } from './pid.ts';
import type { StartResult } from './process.ts';

/**
 * The pid of a start that went well.
 *
 * @throws OtpError `process_start_failed`, `process_start_ignored`
 */
export function startedPid<P extends Pid>(result: StartResult<P>): P {
  if (result.kind === 'ok') return result.pid;
  if (result.kind === 'ignore') throw new OtpError('process_start_ignored', 'init declined to start');
  const { reason } = result;
  throw new OtpError('process_start_failed', `the process did not start: ${describeReason(reason)}`, {
    details: { reason },
    cause: typeof reason === 'object' && 'error' in reason ? reason.error : undefined,
  });
}
