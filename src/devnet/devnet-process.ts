import { TrunklineError } from '../errors/trunkline-error.ts';
import { type PlainChildSpec, serverChild } from '../otp/child-spec.ts';
import type { GenServer } from '../otp/gen-server.ts';
import { processName } from '../otp/process-name.ts';
import { nextState, stop } from '../otp/results.ts';
import type { Self } from '../otp/self.ts';
import type { Log } from '../telemetry/log.ts';
import type { Devnet } from './devnet.ts';

export interface DevnetProcessArgs {
  readonly chain: string;
  readonly devnet: Devnet;
  readonly log: Log;
  /** The node and its providers run; called at each start, before anything that depends on them is started. */
  readonly onStarted: () => void;
  /** Told why the chain cannot run. */
  readonly onUnavailable: (reason: string) => void;
  /** Registers a listener for the unexpected end of the node; returns how to take it off. */
  readonly onNodeExit: (listener: () => void) => () => void;
}

type Info = { readonly type: 'node_exited' } | { readonly type: 'try_again' };

interface State {
  readonly args: DevnetProcessArgs;
  readonly startedAt: number;
  readonly status: 'running' | 'unavailable';
}

const retryMs = 5_000;
/** A node that ran for less than this is not started again at once more than `quickRestarts` times in a row. */
const shortRunMs = 30_000;
const quickRestarts = 2;

/**
 * Owns an embedded chain: one local node and the simulated providers in front of it. A node that ends is started
 * again by the supervisor, as a new, empty chain; so is one whose process was killed. A node that cannot start, or
 * keeps ending, leaves the chain unavailable with a clear reason and is tried again every 5 s, so that one broken chain
 * does not use up the restarts of all.
 */
function devnetServer(): GenServer<DevnetProcessArgs, State, never, never, Info> {
  // Kept over restarts: a process that is killed while it starts the node goes on with that, and is waited for.
  let starting: Promise<unknown> = Promise.resolve();
  let shortRuns = 0;
  return {
    label: 'devnet',
    init: async (self, args) => {
      const unlisten = args.onNodeExit(() => self.system.send(self.pid, { type: 'node_exited' }));
      self.system.watch(self.pid, unlisten);
      await starting;
      const attempt = tryStart(self, args);
      starting = attempt;
      const isRunning = await attempt;
      if (!isRunning) self.sendAfter(retryMs, { type: 'try_again' });
      return { args, startedAt: self.system.clock.now(), status: isRunning ? 'running' : 'unavailable' };
    },
    handleInfo: (info, state, self) => {
      const { args, startedAt } = state;
      if (info.type === 'node_exited') {
        const isShort = self.system.clock.now() - startedAt < shortRunMs;
        shortRuns = isShort ? shortRuns + 1 : 0;
        args.log.warn('the node of the embedded chain ended; a new one is started', { chain: args.chain });
        if (shortRuns <= quickRestarts) return stop({ shutdown: 'node_exited' });
        args.onUnavailable(`the node of ${args.chain} keeps ending; the log says how`);
        self.sendAfter(retryMs, { type: 'try_again' });
        return nextState<State>({ ...state, status: 'unavailable' });
      }
      // The supervisor starts it again, and with it all that depends on it.
      if (info.type === 'try_again') return stop({ shutdown: 'try_again' });
    },
    terminate: (_reason, { args }) => args.devnet.stop(),
    formatStatus: state => state.status,
  };
}

/** Settles once it is certain whether the node runs; never rejects. */
async function tryStart(self: Self<never, never, Info>, args: DevnetProcessArgs): Promise<boolean> {
  const { devnet, chain, log, onStarted, onUnavailable } = args;
  try {
    // A process that was killed has left its node running.
    await devnet.stop();
    if (self.signal.aborted) return false;
    await devnet.start();
    if (!self.signal.aborted) onStarted();
    return true;
  } catch (error) {
    const reason = error instanceof TrunklineError ? error.message : 'the embedded chain did not start';
    log.error('embedded chain unavailable', { chain, error });
    onUnavailable(reason);
    await devnet.stop();
    return false;
  }
}

/** The child specification of a chain's embedded devnet. */
export function devnetChild(args: DevnetProcessArgs): PlainChildSpec {
  return serverChild({
    id: 'devnet',
    server: devnetServer(),
    args,
    name: processName<never, never, Info>({ type: 'devnet', id: args.chain }),
    about: 'The embedded chain: a local node and simulated providers in front of it.',
  });
}
