import type { GenStatem } from '../otp/gen-statem.ts';
import { processName } from '../otp/process-name.ts';
import { keepState, startIn, toState } from '../otp/statem-events.ts';
import type { Log } from '../telemetry/log.ts';
import type { CounterCell } from '../telemetry/metrics.ts';
import type { SocketEnd } from './socket-connection.ts';
import type { SocketOwner, UpstreamSocket } from './upstream-socket.ts';

export interface WebsocketProcessArgs {
  readonly socket: UpstreamSocket;
  /** Milliseconds before the first reconnection. @default 500 */
  readonly reconnectMinMs: number;
  /** Milliseconds at most: each failure doubles the wait. @default 30000 */
  readonly reconnectMaxMs: number;
  readonly log: Log;
  readonly connects: { readonly ok: CounterCell; readonly failed: CounterCell };
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** The first two come from the socket itself, `connect_now` from the health process: the provider answers again. */
export type WebsocketCast =
  | { readonly type: 'opened' }
  | { readonly type: 'ended'; readonly end: SocketEnd }
  | { readonly type: 'connect_now' };

interface Data extends WebsocketProcessArgs {
  readonly owner: SocketOwner;
  /** Connections in a row that failed or did not last. */
  readonly failures: number;
}

/** A connection that lasted this long was a good one: the next wait is the shortest again. */
const STABLE_MS = 10_000;

/** The process that owns a provider's WebSocket. */
export const websocketName = (chain: string, provider: string) =>
  processName<never, WebsocketCast>({ type: 'websocket', chain, provider });

/**
 * Keeps a provider's WebSocket connected, with jittered exponential waits in between. Takes `opened`, `ended`
 * and `connect_now`, which ends a wait.
 * Its end, orderly or not, ends the connection and with it all subscriptions: whoever holds one hears `onEnd`.
 */
export const websocketProcess: GenStatem<
  WebsocketProcessArgs,
  'connecting' | 'open' | 'waiting',
  Data,
  never,
  WebsocketCast
> = {
  label: 'websocket',

  init(self, args) {
    const { socket } = args;
    const owner: SocketOwner = {
      onOpen: () => self.cast(self.pid, { type: 'opened' }),
      onEnd: end => self.cast(self.pid, { type: 'ended', end }),
    };
    self.system.watch(self.pid, () => socket.disown(owner));
    socket.connect(owner);
    return startIn('connecting', { ...args, owner, failures: 0 });
  },

  handleEvent(event, state, data) {
    if (event.type === 'timeout') return keepState({ data: { ...data, failures: 0 } });
    if (event.type === 'state_timeout') {
      data.socket.connect(data.owner);
      return toState('connecting');
    }
    if (event.type !== 'cast') return;
    if (event.message.type === 'connect_now') {
      if (state !== 'waiting') return;
      data.socket.connect(data.owner);
      return toState('connecting');
    }
    if (event.message.type === 'opened') {
      data.connects.ok.inc();
      data.log.info('WebSocket connected');
      return toState('open', { timeouts: { stable: STABLE_MS } });
    }
    const { end } = event.message;
    if (state === 'connecting') data.connects.failed.inc();
    const longest = Math.min(data.reconnectMaxMs, data.reconnectMinMs * 2 ** Math.min(data.failures, 20));
    const waitMs = Math.round(longest * (0.5 + 0.5 * data.random()));
    data.log.warn('WebSocket ended', { end, reconnectMs: waitMs });
    return toState('waiting', {
      data: { ...data, failures: data.failures + 1 },
      stateTimeout: waitMs,
      timeouts: { stable: 'cancel' },
    });
  },
};
