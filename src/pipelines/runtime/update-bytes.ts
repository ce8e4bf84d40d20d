import type { CompiledInstruction, SolanaUpdate, TransactionUpdate } from '../../chains/solana/updates.ts';

/** What an object with its fields takes, and one of the many arrays of bytes beside what is in it. */
const objectBytes = 200;
const arrayBytes = 100;

/** Bytes of memory that an update takes, by the lengths of what it holds; an estimate. */
export function bytesOf(update: SolanaUpdate): number {
  switch (update.kind) {
    case 'account':
      return 2 * objectBytes + update.data.length;
    case 'transaction':
      return bytesOfTransaction(update);
    case 'block': {
      let bytes = objectBytes;
      for (const transaction of update.transactions) bytes += bytesOfTransaction(transaction);
      return bytes;
    }
    default:
      return objectBytes;
  }
}

function bytesOfTransaction({ accountKeys, error, instructions, inner, logs }: TransactionUpdate): number {
  let bytes = 2 * objectBytes + accountKeys.length * (arrayBytes + 32) + (error?.length ?? 0);
  for (const instruction of instructions) bytes += bytesOfInstruction(instruction);
  for (const group of inner) {
    bytes += objectBytes;
    for (const instruction of group.instructions) bytes += bytesOfInstruction(instruction);
  }
  if (logs !== undefined) for (const line of logs) bytes += arrayBytes + line.length;
  return bytes;
}

const bytesOfInstruction = ({ accounts, data }: CompiledInstruction): number =>
  2 * arrayBytes + accounts.length + data.length;
