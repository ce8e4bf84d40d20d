import { type PlainChildSpec, serverChild } from '../otp/child-spec.ts';
import type { GenServer } from '../otp/gen-server.ts';
import { type ProcessName, processName } from '../otp/process-name.ts';
import type { Request } from '../otp/request.ts';
import { reply } from '../otp/results.ts';
import type { SessionBuilder } from './session-builder.ts';
import type { SessionServiceState, SessionStatus } from './session-status.ts';

/** What the process is asked. */
export type SessionBuilderCall =
  | ({ readonly type: 'status'; readonly limit?: number } & Request<SessionStatus>)
  | ({ readonly type: 'command'; readonly command: 'pause' | 'resume' } & Request<SessionServiceState>);

type Cast = { readonly type: 'fault'; readonly error: unknown };

/** The name of the session builder's process. */
export const sessionBuilderName: ProcessName<SessionBuilderCall, Cast> = processName<
  SessionBuilderCall,
  Cast
>({
  type: 'session_builder',
});

/**
 * The process that starts, steers and ends the session builder.
 *
 * Takes: `status`, `command`; `fault`, its own: a mistake of the builder ends it. Owns: whether the builder runs.
 * A restart loses nothing: all events are in the storage, and creations go on from there.
 */
const sessionBuilderServer: GenServer<SessionBuilder, SessionBuilder, SessionBuilderCall, Cast> = {
  label: 'session builder',
  async init(self, builder) {
    self.system.watch(
      self.pid,
      builder.onFault(error => self.cast(self.pid, { type: 'fault', error })),
    );
    await builder.open();
    return builder;
  },
  async handleCall(call, _from, builder) {
    if (call.type === 'status')
      return reply(await builder.status(call.limit === undefined ? {} : { limit: call.limit }));
    builder[call.command]();
    return reply(builder.state);
  },
  handleCast({ error }) {
    throw error;
  },
  terminate: (_reason, builder) => builder.stop(),
  formatStatus(builder) {
    const { state, queue_size, creations_active, accounts_created } = builder.stats();
    return { state, queue_size, creations_active, accounts_created };
  },
};

/** The specification of the session builder's process. */
export function sessionBuilderChild(builder: SessionBuilder): PlainChildSpec {
  return serverChild({
    id: 'session_builder',
    server: sessionBuilderServer,
    args: builder,
    name: sessionBuilderName,
    about:
      'Creates the accounts that the session program announces; all events are in the storage until it has.',
  });
}
