import { isSlot } from '../slots/believed-slots.ts';

/** What a notification of `logsSubscribe` says, its logs left out. */
export interface LogNotification {
  readonly slot: number;
  /** Base58. */
  readonly signature: string;
  readonly isFailed: boolean;
}

/** Reads `{"context":{"slot"},"value":{"signature","err","logs"}}`; undefined: it is something else. */
export function readLogNotification(result: Buffer): LogNotification | undefined {
  const { context, value } = readObject(result);
  const slot = property(context, 'slot');
  const signature = property(value, 'signature');
  if (!isSlot(slot) || typeof signature !== 'string') return undefined;
  const error = property(value, 'err');
  return { slot, signature, isFailed: error !== null && error !== undefined };
}

/** Reads `{"slot","parent","root"}` of `slotSubscribe`; undefined: it is something else. */
export function readSlotNotification(
  result: Buffer,
): { readonly slot: number; readonly parent: number } | undefined {
  const { slot, parent } = readObject(result);
  return isSlot(slot) && isSlot(parent) ? { slot, parent } : undefined;
}

function readObject(bytes: Buffer): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(bytes.toString());
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
