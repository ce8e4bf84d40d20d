import type { TransactionErrorJson } from '../bank/bank-events.ts';
import { instructionErrors, transactionErrors } from '../bank/error-tables.ts';

/**
 * A transaction's error as Agave keeps it: bincode of `TransactionError`, a variant's number in 32 bits and its fields
 * behind it.
 */
export function wireError(error: TransactionErrorJson): Buffer {
  if (typeof error === 'string') return variant(transactionErrors.number(error));
  const [name = '', value] = Object.entries(error)[0] ?? [];
  const number = variant(transactionErrors.number(name));
  if (name !== 'InstructionError') return Buffer.concat([number, Buffer.from([firstNumber(value)])]);
  const [index, cause] = value as [number, unknown];
  return Buffer.concat([number, Buffer.from([index]), instructionError(cause)]);
}

function instructionError(cause: unknown): Buffer {
  if (typeof cause === 'string') return variant(instructionErrors.number(cause));
  const [name = '', value] = Object.entries(cause as object)[0] ?? [];
  const number = variant(instructionErrors.number(name));
  if (name === 'Custom') return Buffer.concat([number, uint32(Number(value))]);
  const text = Buffer.from(String(value));
  return Buffer.concat([number, uint32(text.length), uint32(0), text]);
}

/** The one field of errors that have one: an index, bare or named. */
function firstNumber(value: unknown): number {
  return typeof value === 'number' ? value : Number(Object.values(value as object)[0]);
}

/** An error without a number of its own is told as the first one. */
function variant(number: number | undefined): Buffer {
  return uint32(number ?? 0);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
