import { type PlainChildSpec, serverChild } from '../../otp/child-spec.ts';
import type { GenServer } from '../../otp/gen-server.ts';
import { type ProcessName, processName } from '../../otp/process-name.ts';
import type { SendTimer } from '../../otp/self.ts';
import { purposeField } from '../source.ts';
import type { LogsSource } from './logs-source.ts';

type LogsSourceCast =
  | { readonly type: 'look' }
  | { readonly type: 'done' }
  | { readonly type: 'failed'; readonly error: unknown };

interface State {
  readonly source: LogsSource;
  isBusy: boolean;
  timer: SendTimer | undefined;
  /** A comparison was asked for while one was under way. */
  isAsked: boolean;
}

/**
 * The process that makes a logs source run: listens, and compares with what providers list every now and then.
 * Takes `look`, `done` and `failed`, all its own. Its end ends the subscriptions; the next one finds by its first comparison
 * what came meanwhile.
 */
const logsSourceServer: GenServer<LogsSource, State, never, LogsSourceCast, { readonly type: 'due' }> = {
  label: 'logs_source',

  init(self, source) {
    self.system.watch(self.pid, () => source.stop());
    source.start(() => self.cast(self.pid, { type: 'look' }));
    self.cast(self.pid, { type: 'look' });
    return { source, isBusy: false, timer: undefined, isAsked: false };
  },

  handleCast(cast, state, self) {
    if (cast.type === 'failed') throw cast.error;
    if (cast.type === 'done') {
      state.isBusy = false;
      if (!state.isAsked) {
        state.timer = self.sendAfter(state.source.reconcileIntervalMs, { type: 'due' });
        return;
      }
    }
    compare(state, self);
  },

  handleInfo(_info, state, self) {
    compare(state, self);
  },
};

function compare(state: State, self: Parameters<NonNullable<typeof logsSourceServer.handleCast>>[2]): void {
  state.isAsked = state.isBusy;
  if (state.isBusy) return;
  state.timer?.cancel();
  state.isBusy = true;
  state.source.reconcile(self.signal).then(
    () => self.cast(self.pid, { type: 'done' }),
    error => {
      if (!self.signal.aborted) self.cast(self.pid, { type: 'failed', error });
    },
  );
}

/** The name of that process. */
export const logsSourceName = (source: LogsSource): ProcessName<never, LogsSourceCast> => {
  const { chain, commitment } = source;
  return processName<never, LogsSourceCast>({
    type: 'logs_source',
    chain,
    commitment,
    ...purposeField(source),
  });
};

/** The specification of the process that makes a logs source run. */
export function logsSourceChild(source: LogsSource): PlainChildSpec {
  return serverChild({
    id: 'logs_source',
    server: logsSourceServer,
    args: source,
    name: logsSourceName(source),
    about: 'Takes updates from log subscriptions, and compares with what providers list.',
  });
}
