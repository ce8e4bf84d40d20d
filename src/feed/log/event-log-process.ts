import { type PlainChildSpec, serverChild } from '../../otp/child-spec.ts';
import type { GenServer } from '../../otp/gen-server.ts';
import { type ProcessName, processName } from '../../otp/process-name.ts';
import type { Request } from '../../otp/request.ts';
import { reply } from '../../otp/results.ts';
import type { EventLog } from './event-log.ts';
import type { EventLogStats } from './event-log-options.ts';

/** What the process is asked. */
export type EventLogCall = { readonly type: 'stats' } & Request<EventLogStats>;

/** What the process is started with. */
export interface EventLogArgs {
  /** The log; it outlives the process. */
  readonly eventLog: EventLog;
  /** Called when it is open, before the process counts as started. @default nothing */
  readonly onOpened?: () => void;
  /** Milliseconds between two looks at what is too old. @default 10000 */
  readonly retentionIntervalMs?: number;
  /** Milliseconds that the start waits for the storage; then it fails, and its supervisor decides. @default 30000 */
  readonly openWaitMs?: number;
}

const defaults = { retentionIntervalMs: 10_000, openWaitMs: 30_000 };
const shutdownMs = 10_000;

/** The name of the event log's process. */
export const eventLogName: ProcessName<EventLogCall> = processName<EventLogCall>({
  type: 'event_log',
  id: 'main',
});

/**
 * The process that opens the event log and removes what is too old.
 *
 * Takes: `stats`. Owns: the timer of the retention; nothing that dies with it. The `EventLog` stays when the process
 * restarts, with what is not committed yet, so that a restart loses nothing. An orderly stop waits for the commit of
 * what was appended.
 */
const eventLogServer: GenServer<EventLogArgs, EventLog, EventLogCall> = {
  label: 'event_log',
  async init(self, { eventLog, onOpened, retentionIntervalMs, openWaitMs }) {
    const { clock } = self.system;
    await new Promise<void>((resolve, reject) => {
      const waitMs = openWaitMs ?? defaults.openWaitMs;
      const timer = clock.setTimeout(
        () => reject(new Error(`the storage did not answer within ${waitMs} ms`)),
        waitMs,
      );
      eventLog.open().then(() => {
        clock.clearTimeout(timer);
        resolve();
      }, reject);
    });
    onOpened?.();
    const timer = clock.setInterval(
      () => void eventLog.trim(),
      retentionIntervalMs ?? defaults.retentionIntervalMs,
    );
    // Not `terminate`: that does not run when the process is killed.
    self.system.watch(self.pid, () => clock.clearInterval(timer));
    return eventLog;
  },
  handleCall: (_call, _from, eventLog) => reply(eventLog.stats()),
  // Not `close`: it may be stopped only to be started again.
  terminate: (_reason, eventLog) => eventLog.flush(),
  formatStatus: eventLog => {
    const { earliest, head, bytes, backlogBytes } = eventLog.stats();
    return { earliest, head, bytes, backlogBytes };
  },
};

/** The specification of the event log's process. */
export function eventLogChild(args: EventLogArgs): PlainChildSpec {
  return serverChild({
    id: 'event_log',
    server: eventLogServer,
    args,
    name: eventLogName,
    shutdown: shutdownMs,
    about: 'Opens the durable sequence of all events, and removes what is older than its retention.',
  });
}
