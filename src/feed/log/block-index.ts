import type { Head } from '../../chains/chain-family.ts';
import { endOf, numberOfKey, sortableNumber } from './log-keys.ts';

/** A canonical block in the log. */
export interface IndexedBlock {
  readonly head: Head;
  /** The offset of its `head` event; its logs follow. */
  readonly offset: number;
  /** How many `log` events it has. */
  readonly logs: number;
}

/** The key of a chain's block in the index. */
export function blockKey(chain: string, number: number): Buffer {
  return Buffer.concat([prefixOf(chain), sortableNumber(number)]);
}

/** The range of all of a chain's blocks. */
export function blockRange(chain: string): readonly [Buffer, Buffer] {
  const prefix = prefixOf(chain);
  return [prefix, endOf(prefix)];
}

const prefixOf = (chain: string): Buffer => Buffer.from(`b/${chain}/`);

export function encodeBlock({ head, offset, logs }: IndexedBlock): Buffer {
  return Buffer.from(JSON.stringify([head.hash, head.parentHash, head.timestamp, offset, logs]));
}

/** Undefined: not a record of a block. */
export function decodeBlock(key: Buffer, value: Buffer): IndexedBlock | undefined {
  let fields: unknown;
  try {
    fields = JSON.parse(value.toString());
  } catch {
    return undefined;
  }
  if (!Array.isArray(fields)) return undefined;
  const [hash, parentHash, timestamp, offset, logs] = fields as readonly unknown[];
  if (typeof hash !== 'string' || typeof parentHash !== 'string') return undefined;
  if (typeof timestamp !== 'number' || typeof offset !== 'number' || typeof logs !== 'number')
    return undefined;
  return { head: { number: numberOfKey(key), hash, parentHash, timestamp }, offset, logs };
}
