import { type PlainChildSpec, serverChild } from '../otp/child-spec.ts';
import type { GenServer } from '../otp/gen-server.ts';
import { processName } from '../otp/process-name.ts';
import { type RespDependencies, RespListener } from './resp-listener.ts';
import type { RespOptions } from './resp-options.ts';

export interface RespListenerArgs {
  readonly options: () => RespOptions;
  readonly dependencies: RespDependencies;
  /** Called with each listener that is open: at the start and after a restart. */
  readonly onListening: (listener: RespListener) => void;
}

const listenerName = processName({ type: 'resp_listener', id: 'main' });

/** Beyond the drain itself, for the connections to close. */
const shutdownGraceMs = 2000;

/**
 * Owns the RESP port and its connections. Takes no messages: commands go through plain objects.
 * A restart loses the connections, their subscriptions and the SCAN cursors; the port stays the same.
 */
function listenerServer(): GenServer<RespListenerArgs, RespListener> {
  // Kept over restarts: a port that the system chose once is the address that clients know.
  let port: number | undefined;
  return {
    label: 'resp_listener',
    init: async (self, { options, dependencies, onListening }) => {
      const configured = options();
      const listener = new RespListener({ ...configured, port: port ?? configured.port }, dependencies);
      // Not `terminate` alone: that does not run when the process is killed, and its successor wants the port.
      self.system.watch(self.pid, () => listener.close());
      await listener.listen();
      port = listener.port;
      onListening(listener);
      return listener;
    },
    terminate: (_reason, listener) => listener.drain(),
    formatStatus: listener => ({
      port: listener.port,
      connections: listener.connectionCount,
      inFlight: listener.inFlight,
      ...(listener.isDraining ? { draining: true } : {}),
    }),
  };
}

/** The child specification of the RESP listener. */
export function respListenerChild(args: RespListenerArgs): PlainChildSpec {
  return serverChild({
    id: 'resp_listener',
    server: listenerServer(),
    args,
    name: listenerName,
    shutdown: (args.options().drainTimeoutMs ?? 5000) + shutdownGraceMs,
    about: 'The key-value store for Redis clients: RESP2 and RESP3.',
  });
}
