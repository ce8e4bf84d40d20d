/** What ends a feed for good; a lost connection does not. */
export class FeedError extends Error {
  override readonly name = 'FeedError';
  /** Trunkline's stable code, such as `topic_invalid` or `cursor_malformed`; `url_invalid` when there is nothing to connect to. */
  readonly code: string;
  /** The code of the JSON-RPC error, where the server sent one. */
  readonly rpcCode: number | undefined;

  constructor(code: string, message: string, options: { rpcCode?: number; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.rpcCode = options.rpcCode;
  }
}
