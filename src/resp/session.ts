/** Whether replies are sent: `skipNext` becomes `skip` for one command, then `on`. */
export type ReplyMode = 'on' | 'off' | 'skipNext' | 'skip';

/** What is known of one connection besides its bytes. */
export interface Session {
  readonly id: number;
  /** `address:port` of the client. */
  readonly address: string;
  /** `address:port` that it connected to. */
  readonly localAddress: string;
  /** Monotonic milliseconds. */
  readonly openedAt: number;
  lastUsedAt: number;
  protocol: 2 | 3;
  isAuthenticated: boolean;
  name: string;
  libraryName: string;
  libraryVersion: string;
  /** Full name of the last command: `client|list`. */
  lastCommand: string;
  replyMode: ReplyMode;
}
