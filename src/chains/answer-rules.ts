import type { BlockDemand, MethodPolicy } from './chain-family.ts';

/** What an answer tells its reader about how far the chain is. */
export interface ShownPlace {
  /** What is counted; `head` are the numbers of newest blocks that providers report, other names are the family's own. */
  readonly line: string;
  /** `undefined`: not a number that a sound provider gives. */
  readonly number: number | undefined;
  /**
   * What it means for the answers that follow on the line, and for this one. `noted`: later answers must not be below
   * it. `checked`: that, and when it is itself below what was answered before, another provider is asked. `lifted`:
   * when it is below, the answer tells the highest number that was answered before: for lines that move so fast that
   * sound providers are rarely at the same place.
   */
  readonly rule: 'noted' | 'checked' | 'lifted';
}

/** How a family's answers read, as far as more than their sender is needed to judge them. */
export interface AnswerRules {
  /** Of a method whose `nullIsFinal` is false: how many of the things asked for the result does not have. */
  missing(method: string, body: Buffer, start: number, end: number): number;
  /** `undefined`: nothing. Reads bytes only, and few of them. */
  shown(
    policy: MethodPolicy,
    demand: BlockDemand,
    body: Buffer,
    start: number,
    end: number,
  ): ShownPlace | undefined;
  /** The result that tells another number; `undefined`: the method's results tell more than a number. */
  result(method: string, number: number): string | undefined;
}

/** Whether a result is the literal `null`. */
export function isNull(body: Buffer, start: number, end: number): boolean {
  return end - start === 4 && body[start] === 0x6e;
}
