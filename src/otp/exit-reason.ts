/**
 * Why a process ended, as in Erlang: an atom becomes a string, `{shutdown, Term}` becomes `{ shutdown }`, and a
 * throw becomes `{ error }`.
 *
 * `normal`, `shutdown` and `{ shutdown }` are orderly; everything else is abnormal. `kill` is the signal that
 * cannot be trapped, `killed` the reason that its victim leaves behind.
 */
export type ExitReason = string | { readonly shutdown: unknown } | { readonly error: unknown };

/** Throw it in a handler to end the process with `reason`, as `exit(Reason)` does in Erlang. */
export class ProcessExit extends Error {
  readonly reason: ExitReason;

  constructor(reason: ExitReason) {
    super(`process exit: ${describeReason(reason)}`);
    this.name = 'ProcessExit';
    this.reason = reason;
  }
}

/** The exit reason that a throw in a handler stands for. */
export function reasonOf(thrown: unknown): ExitReason {
  return thrown instanceof ProcessExit ? thrown.reason : { error: thrown };
}

/** True for `normal`, `shutdown` and `{ shutdown }`: a transient child is not restarted after them. */
export function isOrderly(reason: ExitReason): boolean {
  return reason === 'normal' || isShutdown(reason);
}

/** True for `shutdown` and `{ shutdown }`. */
export function isShutdown(reason: ExitReason): boolean {
  return reason === 'shutdown' || (typeof reason === 'object' && 'shutdown' in reason);
}

/** The reason as one line of text for a log; never more than 500 characters. */
export function describeReason(reason: ExitReason): string {
  if (typeof reason === 'string') return reason.slice(0, 500);
  if ('shutdown' in reason) return `shutdown: ${describeTerm(reason.shutdown)}`.slice(0, 500);
  return `error: ${describeTerm(reason.error)}`.slice(0, 500);
}

function describeTerm(term: unknown): string {
  if (term instanceof Error) return `${term.name}: ${term.message}`;
  if (typeof term === 'string') return term;
  try {
    return JSON.stringify(term) ?? String(term);
  } catch {
    return String(term);
  }
}
