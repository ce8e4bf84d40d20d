import type { TransactionUpdate } from '../../chains/solana/updates.ts';
import type { LogAttribution } from './attribute-logs.ts';
import { buildInstructionTree, InstructionNode, type InstructionTree } from './instruction-tree.ts';
import type { InstructionUpdate } from './instruction-update.ts';

/** Where a transaction object carries its tree: not in a WeakMap, whose entries cost the collector 20 µs each. */
const treeKey = Symbol('instruction tree');

interface Carrier {
  readonly [treeKey]?: InstructionTree;
}

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

/** What is known of the log lines that an instruction wrote. */
export interface InstructionLogs {
  /** Those that are known, in order; it certainly wrote them. */
  readonly lines: readonly string[];
  /** Why there may be more; undefined: these are all. */
  readonly unknown: string | undefined;
}

/** As `logs` of the instruction, and what it wrote before the logs were cut, too. */
export function instructionLogs(instruction: InstructionUpdate): InstructionLogs {
  const attribution = instruction instanceof InstructionNode ? instruction.attribution() : undefined;
  if (attribution === undefined || !(instruction instanceof InstructionNode)) {
    const { logs } = instruction;
    return { lines: logs ?? [], unknown: logs === undefined ? 'there are no logs' : undefined };
  }
  const { position } = instruction;
  return {
    lines: attribution.lines[position] ?? [],
    unknown: attribution.isComplete[position] ? undefined : whyUnknown(attribution),
  };
}

function whyUnknown({ isContradictory }: LogAttribution): string {
  return isContradictory ? 'the logs contradict the instructions' : 'the logs are cut';
}

function treeOf(transaction: TransactionUpdate): InstructionTree {
  const known = (transaction as Carrier)[treeKey];
  if (known !== undefined) return known;
  const tree = buildInstructionTree(transaction);
  // Not enumerable: a copy of the transaction has a tree of its own.
  Reflect.defineProperty(transaction, treeKey, { value: tree });
  return tree;
}
