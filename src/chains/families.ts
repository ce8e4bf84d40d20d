import type { ChainFamily } from './chain-family.ts';
import { evmFamily } from './evm/evm-family.ts';
import { solanaFamily } from './solana/solana-family.ts';

const families: Readonly<Record<ChainFamily['name'], ChainFamily>> = { evm: evmFamily, solana: solanaFamily };

/** The family of chains that a chain's `family` names. */
export function familyOf(name: ChainFamily['name']): ChainFamily {
  return families[name];
}
