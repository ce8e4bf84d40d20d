import type { BankOptions } from '../bank/bank-options.ts';
import type { ViewLag } from '../rpc/rpc-server.ts';

/** What the process is started with, as JSON in its first argument. */
export interface SolanaNodeOptions extends Omit<BankOptions, 'programs'> {
  /** Loopback port of JSON-RPC and WebSocket; 0 takes a free one. */
  readonly port: number;
  /** Loopback port of Geyser gRPC; 0 takes a free one. */
  readonly geyserPort: number;
  /** What Geyser's clients have to send as `x-token`. */
  readonly geyserToken: string;
}

/** What the parent asks of the node. */
export type NodeCommand =
  | { readonly method: 'fork'; readonly depth: number; readonly drop: boolean }
  | { readonly method: 'skip'; readonly count: number }
  | { readonly method: 'lag'; readonly view: string; readonly lag: ViewLag };

/** From the parent to the node. */
export interface NodeRequest {
  readonly id: number;
  readonly command: NodeCommand;
}

/** From the node to its parent. */
export type NodeMessage =
  | { readonly type: 'ready'; readonly port: number; readonly geyserPort: number }
  | { readonly type: 'failed'; readonly message: string; readonly isPortTaken: boolean }
  | {
      readonly type: 'answer';
      readonly id: number;
      readonly slots?: readonly number[];
      readonly error?: string;
    }
  | { readonly type: 'warning'; readonly message: string };
