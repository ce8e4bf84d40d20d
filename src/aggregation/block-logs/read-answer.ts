import type { LogFields, LogRules } from '../../chains/chain-family.ts';
import { splitArray } from './split-array.ts';

/** One log of a block. */
export interface BlockLog {
  readonly fields: LogFields;
  /** The provider's bytes; a view into the whole answer. */
  readonly bytes: Buffer;
}

/** The logs in an answer to `eth_getLogs {blockHash}`, by index; `undefined`: it is not a list of logs of this block. */
export function readAnswer(answer: Buffer, blockHash: string, rules: LogRules): BlockLog[] | undefined {
  const elements = splitArray(answer);
  if (elements === undefined) return undefined;
  const logs: BlockLog[] = [];
  for (const bytes of elements) {
    const fields = rules.read(bytes);
    if (fields === undefined || fields.blockHash !== blockHash || fields.removed) return undefined;
    logs.push({ fields, bytes });
  }
  logs.sort((a, b) => a.fields.index - b.fields.index);
  for (let i = 1; i < logs.length; i++)
    if (logs[i]!.fields.index === logs[i - 1]!.fields.index) return undefined;
  return logs;
}

/**
 * What the block's bloom says of the logs: `exact`; `missing`: there must be more of them; `extra`: there cannot be so
 * many; `unknown`: there is no bloom.
 */
export type Verdict = 'exact' | 'missing' | 'extra' | 'unknown';

/** Compares logs, by index, with the bloom of their block. */
export function verdictOn(
  logs: readonly BlockLog[],
  bloom: Uint8Array | undefined,
  rules: LogRules,
): Verdict {
  // Contiguous from 0: as they are by index and none is twice, the last one tells.
  if (logs.length > 0 && logs.at(-1)!.fields.index !== logs.length - 1) return 'missing';
  if (bloom === undefined) return 'unknown';
  const own = rules.bloomOf(logs.map(log => log.fields));
  let isEqual = true;
  for (let i = 0; i < bloom.length; i++) {
    if ((own[i]! & ~bloom[i]!) !== 0) return 'extra';
    if (own[i] !== bloom[i]) isEqual = false;
  }
  return isEqual ? 'exact' : 'missing';
}

/** Equal for lists of the same logs, however a provider spells them. */
export function digestOf(logs: readonly BlockLog[]): string {
  return logs.map(({ fields }) => `${fields.index}:${fields.address}:${fields.topics.join(',')}`).join(';');
}

/** No bit is set: the block says that it has no logs. */
export function isEmptyBloom(bloom: Uint8Array): boolean {
  return bloom.every(byte => byte === 0);
}
