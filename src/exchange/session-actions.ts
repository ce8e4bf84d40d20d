import { TrunklineError } from '../errors/trunkline-error.ts';
import type { AdminAction } from '../gateway/admin-routes.ts';
import type { ProcessSystem } from '../otp/process-system.ts';
import type { SessionBuilder } from '../sessions/session-builder.ts';
import { sessionBuilderName } from '../sessions/session-builder-process.ts';
import type { SessionHealth, SessionStatus } from '../sessions/session-status.ts';
import { asBody, integer, invalid, text } from './admin-body.ts';
import { exchangeErrors } from './errors.ts';

export interface SessionActionSources {
  /** Undefined where the config has no `sessions`. */
  readonly sessions: () => Pick<SessionBuilder, 'status' | 'health' | 'stats'> | undefined;
  /** Where the process of the session builder is found. */
  readonly system: Pick<ProcessSystem, 'call'>;
}

/** What `/admin/sessions` answers. */
export interface SessionsAnswer {
  readonly health: SessionHealth;
  readonly status: SessionStatus;
}

const commands = ['pause', 'resume'] as const;
/** Milliseconds; the process answers at once unless it is starting. */
const commandTimeoutMs = 5_000;
const maxEntries = 1_000;

/** What operators can ask of the session builder, and tell it. */
export function sessionActions({ sessions, system }: SessionActionSources): AdminAction[] {
  const builder = () => {
    const found = sessions();
    if (found !== undefined) return found;
    throw new TrunklineError(
      exchangeErrors,
      'no_session_builder',
      'there is no session builder: the config has no section `sessions`',
    );
  };
  const answer = async (limit?: number): Promise<SessionsAnswer> => ({
    health: builder().health(),
    status: await builder().status(limit === undefined ? {} : { limit }),
  });
  return [
    { method: 'GET', path: 'sessions', run: () => answer() },
    {
      method: 'POST',
      path: 'sessions',
      run: input => answer(integer(asBody(input), 'limit', { min: 1, max: maxEntries, fallback: 20 })),
    },
    {
      method: 'POST',
      path: 'sessions/command',
      run: async input => {
        const body = asBody(input);
        const command = commands.find(known => known === text(body, 'command'));
        if (command === undefined) throw invalid(`"command" is one of ${commands.join(', ')}`);
        builder();
        return {
          state: await system.call(sessionBuilderName, { type: 'command', command }, commandTimeoutMs),
        };
      },
    },
  ];
}
