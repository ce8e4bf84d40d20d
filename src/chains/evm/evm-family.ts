import type { ChainFamily } from '../chain-family.ts';

/** The EVM: Ethereum and the chains that speak its JSON-RPC. */
export declare const evmFamily: ChainFamily;
