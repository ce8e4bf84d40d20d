import { TrunklineError } from '../errors/trunkline-error.ts';
import { OtpError } from '../otp/errors.ts';

/** The cause of a failed start in one line: what a supervisor reports is nested child by child. */
export function explainFailure(error: unknown): string {
  let current: unknown = error;
  let best = 'it did not start';
  for (let depth = 0; depth < 20 && current !== undefined && current !== null; depth++) {
    if (current instanceof Error && current.message !== '') best = current.message;
    // What it was made from says less: it was written for whoever reads this line.
    if (current instanceof TrunklineError && !(current instanceof OtpError)) break;
    current = nextCause(current);
  }
  return best;
}

function nextCause(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  const { details, cause, reason, shutdown, error } = value as Record<string, unknown>;
  const inDetails =
    typeof details === 'object' && details !== null ? (details as Record<string, unknown>).reason : undefined;
  return inDetails ?? shutdown ?? reason ?? error ?? cause;
}
