import type { EventSelector } from '../../feed/topics/event-selector.ts';

/** The heads of a chain, as `newHeads` and block filters follow them. */
export function headSelector(chain: string): EventSelector {
  return { key: `eth.heads:${chain}`, patterns: [`${chain}.heads`] };
}

/** The hashes of a chain's waiting transactions. */
export function pendingSelector(chain: string): EventSelector {
  return { key: `eth.pending:${chain}`, patterns: [`${chain}.pending`] };
}
