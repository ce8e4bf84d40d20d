/** Which block to read. */
export type BlockReference =
  | { readonly hash: string }
  | { readonly number: number }
  | { readonly tag: 'latest' | 'safe' | 'finalized' };

/** How a block is read. */
export interface BlockReadOptions {
  /** Asked first; the others are asked when it does not have the block. @default whichever is best */
  readonly providerId?: string;
  /** Nobody waits for the answer any more. */
  readonly signal?: AbortSignal;
}

/** How the logs of a block are read. */
export interface LogReadOptions {
  /** Asked first, even when its head is not known to have come to the block. */
  readonly providerId?: string;
  /** Not asked. @default none */
  readonly avoid?: readonly string[];
  /** Nobody waits for the answer any more. */
  readonly signal?: AbortSignal;
}

/** The logs of a block as one provider has them; to be verified. */
export interface BlockLogsAnswer {
  /** A JSON array. */
  readonly logs: Buffer;
  readonly providerId: string;
}

/**
 * What the follower of a chain may ask its providers. Neither method rejects, and both settle within bounded time;
 * `undefined`: nobody has it, or nobody said so in time.
 */
export interface ChainReads {
  /** The block as `eth_getBlockByHash` gives it, without its transactions' bodies: the bytes of the result. */
  block(by: BlockReference, options?: BlockReadOptions): Promise<Buffer | undefined>;
  /** All logs of the block by its hash, from a provider that has come to it; providers are asked one after the other. */
  blockLogs(
    block: { readonly hash: string; readonly number: number },
    options?: LogReadOptions,
  ): Promise<BlockLogsAnswer | undefined>;
}
