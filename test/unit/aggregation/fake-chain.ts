import type { EventKind, EventRules, Head } from '../../../src/chains/chain-family.ts';

/** The hash of block `number` on `fork`. */
export function hashOf(number: number, fork = 'a'): string {
  return `0x${fork}${number.toString(16).padStart(8, '0')}`;
}

/** Block `number` of `fork`; forks share the blocks up to `forkedAt`. */
export function headOf(number: number, fork = 'a', forkedAt = Number.POSITIVE_INFINITY): Head {
  const forkAt = (n: number) => (n <= forkedAt ? 'a' : fork);
  return {
    number,
    hash: hashOf(number, forkAt(number)),
    parentHash: hashOf(number - 1, forkAt(number - 1)),
    timestamp: 1_700_000_000 + number * 12,
  };
}

/** A head as an upstream announces it, and as `eth_getBlockByNumber` returns it. */
export function headBytes(head: Head): Buffer {
  return Buffer.from(JSON.stringify(head));
}

/** Log `index` of a block as an upstream announces it. */
export function logBytes(blockNumber: number, index: number, removed = false): Buffer {
  return Buffer.from(
    JSON.stringify({ blockNumber, blockHash: hashOf(blockNumber), logIndex: index, removed }),
  );
}

/** A pending transaction's hash as an upstream announces it. */
export function pendingBytes(hash: string): Buffer {
  return Buffer.from(JSON.stringify(hash));
}

/** The number of a head in its bytes. */
export function numberIn(result: Buffer): number {
  return (JSON.parse(result.toString()) as Head).number;
}

const kinds: Readonly<Record<string, EventKind>> = {
  newHeads: 'heads',
  logs: 'logs',
  newPendingTransactions: 'pending',
};

/** Event rules for the shapes above. */
export const fakeEvents: EventRules = {
  canonical: params => params.replace(/"0x[0-9a-f]*"/gi, hex => hex.toLowerCase()),
  nature: () => ({ breadth: 'some', order: 'any' }),
  kind: params => kinds[(JSON.parse(params) as string[])[0]!],
  head: result => {
    const value: unknown = JSON.parse(result.toString());
    return typeof value === 'object' && value !== null && 'parentHash' in value ? (value as Head) : undefined;
  },
  header: block => block,
  key: (kind, result) => {
    const value: unknown = JSON.parse(result.toString());
    if (kind === 'pending') return typeof value === 'string' ? value : undefined;
    if (typeof value !== 'object' || value === null) return undefined;
    if (kind === 'heads') return 'hash' in value ? String(value.hash) : undefined;
    if (!('blockHash' in value)) return undefined;
    const { blockHash, logIndex, removed } = value as Record<string, unknown>;
    return `${blockHash}:${logIndex}:${removed}`;
  },
};
