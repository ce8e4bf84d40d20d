import type {
  CompiledInnerInstruction,
  CompiledInstruction,
  TransactionUpdate,
} from '../../chains/solana/updates.ts';
import { attributeLogs, type ExpectedInstruction, type LogAttribution } from './attribute-logs.ts';
import type { InstructionUpdate } from './instruction-update.ts';

/** Deepest nesting that is believed; the runtime allows 5, and 9 with SIMD-0268. */
const maxDepth = 16;

/** What a transaction invoked. */
export interface InstructionTree {
  /** Those of the message, in order; none when `problem` is set. */
  readonly roots: readonly InstructionUpdate[];
  /** All, in the order of execution: each before what it invoked. */
  readonly all: readonly InstructionUpdate[];
  /** Why the transaction does not read: an index that points nowhere. */
  readonly problem: string | undefined;
}

/**
 * The tree of a transaction, built from its stack heights; where those are missing from the depths in its logs, and
 * flat (everything directly below the message's instruction) where neither is there or they contradict themselves.
 * Never throws, whatever the source sent.
 */
export function buildInstructionTree(transaction: TransactionUpdate): InstructionTree {
  const builder = new TreeBuilder(transaction);
  const problem = builder.build();
  return problem === undefined
    ? { roots: builder.roots, all: builder.all, problem }
    : { roots: [], all: [], problem };
}

/** An instruction whose accounts and log lines are looked up when they are read first. */
export class InstructionNode implements InstructionUpdate {
  readonly kind = 'instruction';
  readonly slot: number;
  readonly transaction: TransactionUpdate;
  readonly program: Uint8Array;
  readonly data: Uint8Array;
  readonly path: readonly number[];
  readonly inner: InstructionNode[] = [];
  /** Its place in the order of execution. */
  readonly position: number;
  readonly #tree: TreeBuilder;
  readonly #compiled: CompiledInstruction;
  #accounts: readonly Uint8Array[] | undefined;

  constructor(
    tree: TreeBuilder,
    compiled: CompiledInstruction,
    program: Uint8Array,
    path: readonly number[],
    position: number,
  ) {
    this.slot = tree.transaction.slot;
    this.transaction = tree.transaction;
    this.program = program;
    this.data = compiled.data;
    this.path = path;
    this.position = position;
    this.#tree = tree;
    this.#compiled = compiled;
  }

  get accounts(): readonly Uint8Array[] {
    if (this.#accounts === undefined) {
      const keys = this.transaction.accountKeys;
      this.#accounts = Array.from(this.#compiled.accounts, index => keys[index] as Uint8Array);
    }
    return this.#accounts;
  }

  get logs(): readonly string[] | undefined {
    const attribution = this.attribution();
    return attribution?.isComplete[this.position] ? attribution.lines[this.position] : undefined;
  }

  /** The log lines of all instructions of the transaction; undefined: the source has no logs. */
  attribution(): LogAttribution | undefined {
    return this.#tree.attribution();
  }
}

class TreeBuilder {
  readonly transaction: TransactionUpdate;
  readonly roots: InstructionNode[] = [];
  readonly all: InstructionNode[] = [];
  /** What the logs have to show, in the order of execution. */
  readonly #expected: ExpectedInstruction[] = [];
  #attribution: LogAttribution | undefined;

  constructor(transaction: TransactionUpdate) {
    this.transaction = transaction;
  }

  /** Returns what is wrong with the transaction, if anything. */
  build(): string | undefined {
    const problem = this.#checkIndexes();
    if (problem !== undefined) return problem;
    const groups = this.#groups();
    for (const [index, compiled] of this.transaction.instructions.entries()) {
      this.#expect(compiled, 1);
      const group = groups.get(index) ?? [];
      const heights = group.map(({ stackHeight }) => stackHeight);
      const isNested = nests(heights);
      for (const [at, inner] of group.entries()) this.#expect(inner, isNested ? heights[at] : undefined);
    }
    const isDepthMissing = this.#expected.some(({ depth }) => depth === undefined);
    const logDepths = isDepthMissing ? this.attribution()?.depths : undefined;
    for (const [index, compiled] of this.transaction.instructions.entries()) {
      const root = this.#add(compiled, [index]);
      this.roots.push(root);
      const group = groups.get(index);
      if (group === undefined) continue;
      const from = this.all.length;
      const depths = group.map((_, at) => this.#expected[from + at]?.depth ?? logDepths?.[from + at]);
      this.#addInner(root, group, nests(depths) ? depths : undefined);
    }
    return undefined;
  }

  attribution(): LogAttribution | undefined {
    const { logs, isFailed } = this.transaction;
    if (logs === undefined) return undefined;
    this.#attribution ??= attributeLogs(this.#expected, logs, isFailed);
    return this.#attribution;
  }

  #groups(): ReadonlyMap<number, readonly CompiledInnerInstruction[]> {
    const groups = new Map<number, CompiledInnerInstruction[]>();
    for (const { index, instructions } of this.transaction.inner) {
      const group = groups.get(index);
      if (group === undefined) groups.set(index, [...instructions]);
      else for (const instruction of instructions) group.push(instruction);
    }
    return groups;
  }

  #addInner(
    root: InstructionNode,
    group: readonly CompiledInstruction[],
    depths: readonly number[] | undefined,
  ): void {
    const open = [root];
    for (const [at, compiled] of group.entries()) {
      if (depths !== undefined) open.length = (depths[at] as number) - 1;
      const parent = (depths === undefined ? root : open.at(-1)) as InstructionNode;
      const node = this.#add(compiled, [...parent.path, parent.inner.length]);
      parent.inner.push(node);
      open.push(node);
    }
  }

  #expect(compiled: CompiledInstruction, depth: number | undefined): void {
    const program = this.transaction.accountKeys[compiled.programIndex] as Uint8Array;
    this.#expected.push({ program, depth });
  }

  #add(compiled: CompiledInstruction, path: readonly number[]): InstructionNode {
    const program = this.transaction.accountKeys[compiled.programIndex] as Uint8Array;
    const node = new InstructionNode(this, compiled, program, path, this.all.length);
    this.all.push(node);
    return node;
  }

  #checkIndexes(): string | undefined {
    const { accountKeys, instructions, inner } = this.transaction;
    const check = (compiled: CompiledInstruction, where: string): string | undefined => {
      if (accountKeys[compiled.programIndex]?.length !== 32)
        return `${where} names program ${compiled.programIndex}, of ${accountKeys.length} keys`;
      for (const index of compiled.accounts)
        if (accountKeys[index]?.length !== 32)
          return `${where} names account ${index}, of ${accountKeys.length} keys`;
      return undefined;
    };
    for (const [at, compiled] of instructions.entries()) {
      const problem = check(compiled, `instruction ${at}`);
      if (problem !== undefined) return problem;
    }
    for (const group of inner) {
      if (instructions[group.index] === undefined)
        return `inner instructions below ${group.index}, of ${instructions.length}`;
      for (const compiled of group.instructions) {
        const problem = check(compiled, `an inner instruction of ${group.index}`);
        if (problem !== undefined) return problem;
      }
    }
    return undefined;
  }
}

/** Whether depths can be those of a depth-first walk below an instruction of the message, which has the depth 1. */
function nests(depths: readonly (number | undefined)[]): depths is readonly number[] {
  let before = 1;
  for (const depth of depths) {
    if (depth === undefined || !Number.isInteger(depth)) return false;
    if (depth < 2 || depth > before + 1 || depth > maxDepth) return false;
    before = depth;
  }
  return true;
}
