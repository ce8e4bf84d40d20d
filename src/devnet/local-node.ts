/** What runs an embedded chain: anvil an EVM one, litesvm a Solana one. */
export type DevnetEngine = 'anvil' | 'litesvm';

/** How a node's process ended: one of the two is null. */
export interface NodeExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A chain of its own on a loopback port, in a process that ends together with this one. */
export interface LocalNode {
  readonly engine: DevnetEngine;
  readonly port: number;
  /** HTTP address; it holds no key. */
  readonly url: string;
  readonly wsUrl: string;
  /** Process id while it runs. */
  readonly pid: number | undefined;
  /** Address of Geyser gRPC, where the chain has it. */
  readonly geyserUrl?: string;
  /** What Geyser's clients have to send as `x-token`; from `start()` on. */
  readonly geyserToken?: string;
  /** Starts the node and resolves once it answers. */
  start(): Promise<void>;
  /** Ends it; resolves once it is gone. Harmless when it does not run. */
  stop(): Promise<void>;
  /** Makes what is served under the path `/<view>` lag by so many slots; undefined: the providers lag by themselves. */
  setLag?(view: string, lag: { readonly http: number; readonly ws: number }): Promise<void>;
  fork?(depth: number, options?: { readonly drop?: boolean }): Promise<readonly number[]>;
  skip?(count: number): Promise<void>;
}
