import type { Clock } from '../clock/clock.ts';
import { ConfigWatcher } from '../config/config-watcher.ts';
import type { ConfigDiff } from '../config/diff.ts';
import { formatDiagnostics } from '../config/format-diagnostics.ts';
import type { Environment } from '../config/interpolate.ts';
import type { LoadedConfig } from '../config/parse-config.ts';
import { type PlainChildSpec, serverChild } from '../otp/child-spec.ts';
import type { GenServer } from '../otp/gen-server.ts';
import { processName } from '../otp/process-name.ts';
import { ignore } from '../otp/results.ts';
import type { Log } from '../telemetry/log.ts';
import { chainChanges } from './config-changes.ts';
import { rosterName } from './roster.ts';

/** The file behind the running config. */
export interface ConfigFile {
  readonly path: string;
  readonly env: Environment;
}

export interface ConfigProcessArgs {
  /** Undefined: the config came from no file, and nothing is watched. */
  readonly file: ConfigFile | undefined;
  readonly log: Log;
  readonly clock: Clock;
  /** What Trunkline was started with. */
  readonly running: () => LoadedConfig;
  /** Everything that reads its settings as it goes takes them from this config from now on. */
  readonly onSwap: (loaded: LoadedConfig, difference: ConfigDiff) => void;
}

interface State {
  readonly watcher: ConfigWatcher;
  lastResult: string;
}

/**
 * Watches the config file: validates everything, then swaps. A file that is wrong changes nothing.
 * Takes no messages. A restart loses nothing: it reads the file again, and what was not taken over yet is.
 */
function configServer(): GenServer<ConfigProcessArgs, State> {
  // Kept over restarts: the roster may have died before it had applied what everything else has swapped to already.
  let applied: LoadedConfig | undefined;
  return {
    label: 'config',
    init: async (self, { file, running, log, clock, onSwap }) => {
      if (file === undefined) return ignore();
      applied ??= running();
      const accept = async (loaded: LoadedConfig, difference: ConfigDiff) => {
        // Not what runs: after a crash that is the new one already.
        const before = (applied ?? running()).config;
        onSwap(loaded, difference);
        const changes = chainChanges(difference, loaded.config, before);
        if (changes.length > 0) await self.system.call(rosterName, { type: 'apply', changes }, 'infinity');
        applied = loaded;
        state.lastResult = 'accepted';
        if (difference.isEmpty) return;
        log.info('new config accepted', { changes: difference.changes.map(change => change.path) });
        for (const { path } of difference.restartNeeded)
          log.warn('this change waits for a restart of Trunkline', { path });
      };
      const watcher = new ConfigWatcher(
        {
          path: file.path,
          env: file.env,
          running: applied,
          onAccepted: accept,
          onRejected: diagnostics => {
            state.lastResult = 'rejected';
            log.error(`new config rejected, the running one stays:\n${formatDiagnostics(diagnostics)}`);
          },
          onWarning: message => log.warn(message),
        },
        { clock },
      );
      const state: State = { watcher, lastResult: 'unchanged' };
      // Not `terminate` alone: that does not run when the process is killed, and two watchers would apply all twice.
      self.system.watch(self.pid, () => void watcher.stop());
      await watcher.start();
      return state;
    },
    terminate: (_reason, state) => state.watcher.stop(),
    formatStatus: state => ({ file: state.lastResult }),
  };
}

/** The child specification of the config watcher. */
export function configChild(args: ConfigProcessArgs): PlainChildSpec {
  return serverChild({
    id: 'config',
    server: configServer(),
    args,
    name: processName({ type: 'config', id: 'main' }),
    about: 'Watches the config file: validates everything, then swaps.',
  });
}
