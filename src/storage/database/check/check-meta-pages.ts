import { type MetaPage, newestMetaPage, readNumber } from '../meta-page.ts';
import type { CheckProblems } from './check-problems.ts';
import { copied } from './node-page.ts';
import type { PageFile } from './page-file.ts';

/** Flags of the tree of free pages: its keys are numbers. */
const integerKeys = 0x08;

/**
 * Checks the two meta pages against each other and against the roots that they name: a wrong transaction number in one
 * of them would make LMDB open an older state.
 *
 * @returns the state to look at; `undefined` when there is none to be trusted
 */
export function checkMetaPages(
  metas: readonly [MetaPage | string, MetaPage | string],
  chosen: MetaPage | undefined,
  file: PageFile,
  problems: CheckProblems,
): MetaPage | undefined {
  if (chosen !== undefined) {
    const problem = stateProblem(chosen, file);
    if (problem !== undefined) problems.add(-1, `the checkpoint ${problem}`);
    return problem === undefined ? chosen : undefined;
  }
  for (const slot of [0, 1] as const) {
    const meta = metas[slot];
    const problem = typeof meta === 'string' ? meta : stateProblem(meta, file);
    if (problem !== undefined) problems.add(slot, `the meta page ${problem}`);
  }
  const [a, b] = metas;
  if (typeof a === 'string' || typeof b === 'string') return undefined;
  if (a.pageSize !== b.pageSize) problems.add(1, 'the meta pages name different page sizes');
  checkTransactions(a.transaction, b.transaction, problems);
  return problems.list.length === 0 ? newestMetaPage(metas) : undefined;
}

/** Transaction N writes slot N % 2, so the slots hold the last two; both the same when the file was set back. */
function checkTransactions(a: number, b: number, problems: CheckProblems): void {
  if (a === b) return;
  if (a % 2 !== 0) problems.add(0, `the meta page carries the transaction ${a} of the other one`);
  if (b % 2 !== 1) problems.add(1, `the meta page carries the transaction ${b} of the other one`);
  if (a !== 0 && b !== 0 && Math.abs(a - b) !== 1) {
    problems.add(-1, `the transactions of the meta pages, ${a} and ${b}, do not follow each other`);
  }
}

function stateProblem(
  { freeTree, mainTree, transaction, lastPage }: MetaPage,
  file: PageFile,
): string | undefined {
  if (!Number.isFinite(lastPage + transaction + freeTree.root + mainTree.root)) {
    return 'holds an impossible number';
  }
  if (freeTree.flags !== integerKeys || mainTree.flags !== 0) {
    return `has unknown flags (${freeTree.flags}, ${mainTree.flags})`;
  }
  const roots = [freeTree.root, mainTree.root].filter(root => root >= 0);
  if (roots.length === 0) return transaction === 0 ? undefined : 'names no root';
  // Every commit writes at least one of the roots anew.
  const writers = roots.map(root => {
    const bytes = file.read(root, 0);
    return bytes !== undefined && readNumber(bytes, 0) === root ? readNumber(bytes, 8) : -1;
  });
  if (writers.includes(-1)) return 'names a root that is not there';
  const newest = Math.max(...writers);
  if (newest === transaction || newest === copied) return undefined;
  return `is of transaction ${transaction}, but its roots of ${newest}`;
}
