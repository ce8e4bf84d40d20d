import type { ServerConfig } from '../config/sections/server.ts';
import { type PlainChildSpec, serverChild } from '../otp/child-spec.ts';
import type { GenServer } from '../otp/gen-server.ts';
import { processName } from '../otp/process-name.ts';
import { Gateway, type GatewayDependencies } from './gateway.ts';

export interface GatewayProcessArgs {
  readonly config: () => ServerConfig;
  readonly dependencies: GatewayDependencies;
  /** Called with each gateway that listens: at the start and after a restart. */
  readonly onListening: (gateway: Gateway) => void;
}

const gatewayName = processName({ type: 'gateway', id: 'main' });

/** Beyond the drain itself, for the listener to close. */
const shutdownGraceMs = 2_000;

/**
 * Owns the listening socket and everything behind it. Takes no messages: requests go through plain objects.
 * A restart loses the client connections and the calls in flight; the port stays the same.
 */
function gatewayServer(): GenServer<GatewayProcessArgs, Gateway> {
  // Kept over restarts: a port that the system chose once is the address that clients know.
  let port: number | undefined;
  return {
    label: 'gateway',
    init: async (self, { config, dependencies, onListening }) => {
      const server = config();
      const gateway = new Gateway({ ...server, port: port ?? server.port }, dependencies);
      // Not `terminate` alone: that does not run when the process is killed, and its successor wants the port.
      self.system.watch(self.pid, () => gateway.close());
      await gateway.listen();
      port = gateway.port;
      onListening(gateway);
      return gateway;
    },
    terminate: (_reason, gateway) => gateway.drain(),
    formatStatus: gateway => ({
      port: gateway.port,
      inFlight: gateway.pipeline.inFlight,
      sockets: gateway.socketCount,
      ...(gateway.isDraining ? { draining: true } : {}),
    }),
  };
}

/** The child specification of the gateway. */
export function gatewayChild(args: GatewayProcessArgs): PlainChildSpec {
  return serverChild({
    id: 'gateway',
    server: gatewayServer(),
    args,
    name: gatewayName,
    shutdown: args.config().drain_timeout + shutdownGraceMs,
    about: 'HTTP and WebSocket listeners; drains when it is stopped.',
  });
}
