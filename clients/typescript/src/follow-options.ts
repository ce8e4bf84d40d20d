import type { ReconnectOptions } from './backoff.ts';
import type { Environment } from './environment.ts';
import type { HeartbeatOptions } from './feed-connection.ts';

/** Where a feed begins that has no cursor yet: behind the last event, at the oldest that is kept, at a block, at a time. */
export type FollowStart =
  | 'latest'
  | 'earliest'
  /** `chain` may be left out when all topics are of one. */
  | { readonly block: number; readonly chain?: string }
  /** Milliseconds since the Unix epoch, or ISO 8601. */
  | { readonly time: number | string };

/** How it goes with the connection. */
export type FollowState =
  | { readonly state: 'connecting' }
  /** Events behind `cursor` come. */
  | { readonly state: 'live'; readonly cursor: string }
  /** Disconnected until the consumer has taken what is buffered. */
  | { readonly state: 'paused' }
  /** Disconnected, or (`wasOpen` is false) no connection was made; `attempt` counts the failures in a row. */
  | {
      readonly state: 'waiting';
      readonly delayMs: number;
      readonly reason: string;
      readonly wasOpen: boolean;
      readonly attempt: number;
    }
  | { readonly state: 'ended' };

export interface FollowOptions {
  /** Of the feed, such as `ws://127.0.0.1:4000/feed`. */
  readonly url: string;
  /** Topics and patterns, 1 to 64: `*` stands for one token, `>` at the end for one or more. */
  readonly topics: readonly string[];
  /** The cursor of the last item that was handled; what was missed since comes first. Goes before `from`. */
  readonly cursor?: string | undefined;
  /** @default 'latest' */
  readonly from?: FollowStart | undefined;
  /**
   * What the server does when the connection does not keep up. `catch_up`: it reads from its log, nothing is lost;
   * `drop_oldest`: leaves out what is too old, with a gap; `disconnect`: ends the connection, which is then resumed.
   * @default 'catch_up'
   */
  readonly strategy?: 'catch_up' | 'drop_oldest' | 'disconnect' | undefined;
  /** Ends the iteration, without an error. */
  readonly signal?: AbortSignal | undefined;
  readonly reconnect?: ReconnectOptions | undefined;
  readonly heartbeat?: HeartbeatOptions | undefined;
  /** Items that wait for the consumer at most; then the connection is given up until it has caught up. @default 4096 */
  readonly maxBufferedItems?: number | undefined;
  /** The same in characters of their messages. @default 8388608 */
  readonly maxBufferedLength?: number | undefined;
  /** Called at every change of the connection. */
  readonly onState?: ((state: FollowState) => void) | undefined;
  /** Parts of the platform to be replaced. */
  readonly environment?: Partial<Environment> | undefined;
}
