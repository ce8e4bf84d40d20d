import type { Head } from '../chain-family.ts';

/**
 * A slot as a head. Solana tells neither hashes nor times with its slots: the hash is the slot's text, so that equal
 * slots of several providers are one head, and the time is unknown.
 *
 * @param parent the slot before it on its fork, where that is known
 */
export function slotHead(slot: number, parent?: number): Head {
  return {
    number: slot,
    hash: String(slot),
    parentHash: parent === undefined ? '' : String(parent),
    timestamp: 0,
  };
}

/** The head in the answer of `getSlot`; `undefined`: not a slot. */
export function readSlotHead(result: Buffer): Head | undefined {
  const slot = readSlot(result);
  return slot === undefined ? undefined : slotHead(slot);
}

/** A whole number written as JSON; `undefined`: anything else, or above 2^53 - 1. */
export function readSlot(source: Buffer, start = 0, end = source.length): number | undefined {
  if (end <= start || end - start > 16) return undefined;
  let value = 0;
  for (let at = start; at < end; at++) {
    const digit = source[at]! - 0x30;
    if (digit < 0 || digit > 9) return undefined;
    value = value * 10 + digit;
  }
  return Number.isSafeInteger(value) ? value : undefined;
}
