/** Settings of the RESP port. */
export interface RespOptions {
  /** Address to listen on; other than loopback only with a password. */
  readonly host: string;
  /** TCP port; 0 takes any free one. */
  readonly port: number;
  /** What clients authenticate with. @default none is needed */
  readonly password?: string | undefined;
  /** Connections that are open at once. */
  readonly maxConnections: number;
  /** Longest argument, in bytes. */
  readonly maxBulkBytes: number;
  /** Arguments of one command, its name included. */
  readonly maxArguments: number;
  /** Longest inline command, in bytes. */
  readonly maxInlineBytes: number;
  /** Bytes that may wait for a client that does not read before it is closed. */
  readonly maxOutputBytes: number;
  /** Bytes that may wait for all clients together before those are closed that most of them wait for. */
  readonly maxTotalOutputBytes: number;
  /** Milliseconds that a connection may be silent, subscribers excepted; 0: for ever. */
  readonly idleTimeoutMs: number;
  /** Index of the store that the commands work on, in the storage runtime's list. */
  readonly store: number;
  /** Commands of all connections that wait for the storage at once; further ones stay unread. @default 5000 */
  readonly maxInFlight?: number;
  /** Bytes of all connections' incomplete commands; then a connection that sends a large one is closed. @default 268435456 */
  readonly maxQueryBytes?: number;
  /** Milliseconds that a client has to authenticate itself, where there is a password. @default 60000 */
  readonly authenticationTimeoutMs?: number;
  /** Milliseconds that commands in flight get when the listener stops. @default 5000 */
  readonly drainTimeoutMs?: number;
}
