import type { TransactionUpdate } from '../../chains/solana/updates.ts';
import { buildInstructionTree, type InstructionTree } from './instruction-tree.ts';
import type { InstructionUpdate } from './instruction-update.ts';

const trees = new WeakMap<TransactionUpdate, InstructionTree>();

/**
 * The instructions of a transaction's message, with what they invoked in `inner`; built once a transaction object, and
 * the log lines attributed once somebody reads them. Of a transaction that `instructionProblem` complains of, none.
 */
export function instructionsOf(transaction: TransactionUpdate): readonly InstructionUpdate[] {
  return treeOf(transaction).roots;
}

/** All instructions of a transaction in the order of execution: each before what it invoked. */
export function walkInstructions(transaction: TransactionUpdate): readonly InstructionUpdate[] {
  return treeOf(transaction).all;
}

/** Why a transaction's instructions do not read (an index that points nowhere); undefined when they do. */
export function instructionProblem(transaction: TransactionUpdate): string | undefined {
  return treeOf(transaction).problem;
}

/** The instruction at a path, as a thread that got the transaction and the path needs it. */
export function instructionAt(
  transaction: TransactionUpdate,
  path: readonly number[],
): InstructionUpdate | undefined {
  let level = instructionsOf(transaction);
  let found: InstructionUpdate | undefined;
  for (const index of path) {
    found = level[index];
    if (found === undefined) return undefined;
    level = found.inner;
  }
  return found;
}

function treeOf(transaction: TransactionUpdate): InstructionTree {
  let tree = trees.get(transaction);
  if (tree === undefined) {
    tree = buildInstructionTree(transaction);
    trees.set(transaction, tree);
  }
  return tree;
}
