import type { Commitment } from '../../chains/solana/commitment.ts';

/** One Geyser endpoint. */
export interface GeyserEndpointOptions {
  /** Its name in logs, metrics and states. */
  readonly id: string;
  /** `https://…` for TLS, `http://…` without; only host and port count. */
  readonly url: string;
  /** Sent as the metadata `x-token`. @default none */
  readonly token?: string | undefined;
  /** Lower ones are taken first in the mode `standby`. @default 1 */
  readonly priority?: number | undefined;
}

/** How connections are held; durations in milliseconds. */
export interface GeyserConnectionOptions {
  /** Longest message. @default 67108864 */
  readonly maxMessageBytes?: number;
  /** Between HTTP/2 pings. @default 20000 */
  readonly keepaliveIntervalMs?: number;
  /** That such a ping may take. @default 10000 */
  readonly keepaliveTimeoutMs?: number;
  /** Between pings of the protocol itself, which also keep load balancers from cutting the stream. @default 10000 */
  readonly pingIntervalMs?: number;
  /** Without the status of a slot, while the chain goes on, after which a stream is given up; four times as long where slots are told and none settles. @default 15000 */
  readonly stallTimeoutMs?: number;
  /** Until the endpoint answers at all. @default 10000 */
  readonly connectTimeoutMs?: number;
}

/** How a source takes updates from Geyser endpoints. */
export interface GeyserSourceOptions extends GeyserConnectionOptions {
  readonly chain: string;
  readonly commitment: Commitment;
  /** What it is for, where a chain has several of one commitment: in the names of its processes and in the label `source`. @default '' */
  readonly purpose?: string;
  /** `standby`: one endpoint streams, another takes its place when it fails; `race`: all do, and the first arrival counts. @default 'standby' */
  readonly mode?: 'standby' | 'race';
  readonly endpoints: readonly GeyserEndpointOptions[];
  /** Milliseconds before the first reconnection, at most. @default 100 */
  readonly reconnectMinMs?: number;
  /** Milliseconds before a reconnection, at most: each failure in a row doubles them. @default 30000 */
  readonly reconnectMaxMs?: number;
  /** Slots that may be fetched in place of what the streams did not bring. @default 1000 */
  readonly maxBackfill?: number;
  /** Milliseconds for which providers may contradict an endpoint before it counts as broken. @default 30000 */
  readonly patienceMs?: number;
}

/** The same with its defaults. */
export type CompleteGeyserOptions = Required<GeyserSourceOptions>;

/** Fills in the defaults. */
export function completeOptions(options: GeyserSourceOptions): CompleteGeyserOptions {
  return {
    maxMessageBytes: 64 * 1024 * 1024,
    keepaliveIntervalMs: 20_000,
    keepaliveTimeoutMs: 10_000,
    pingIntervalMs: 10_000,
    stallTimeoutMs: 15_000,
    connectTimeoutMs: 10_000,
    mode: 'standby',
    purpose: '',
    reconnectMinMs: 100,
    reconnectMaxMs: 30_000,
    maxBackfill: 1000,
    patienceMs: 30_000,
    ...options,
  };
}
