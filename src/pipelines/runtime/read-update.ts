import { decode } from '../../chains/solana/base58.ts';
import type { SolanaUpdate } from '../../chains/solana/updates.ts';
import type { UpdateFilter } from '../../sources/update-filter.ts';
import { instructionProblem, walkInstructions } from '../instructions/instructions-of.ts';
import type { Parser, ParserInput } from '../pipeline.ts';
import type { OrderBy } from '../pipeline-options.ts';
import { messageOf } from '../thrown.ts';
import { checkOutcome } from './check-outcome.ts';

/** What of an update a parser reads, and what its values are ordered by. */
export interface Selection {
  readonly isInstructions: boolean;
  /** Programs whose instructions are wanted; empty: all. */
  readonly programs: readonly Uint8Array[];
  readonly orderBy: OrderBy;
}

/** Takes what a parser made of an update. */
export interface ParseSink {
  /** @param orderKey what values have to agree in to keep their order; empty where they need not */
  onValue(value: unknown, path: readonly number[] | undefined, ordinal: number, orderKey: string): void;
  onFiltered(): void;
  onParseError(message: string): void;
  /** Something of the input did not read, while the rest did. */
  onProblem(message: string): void;
}

/** What a parser made of one update, as a thread hands it over. */
export interface ParsedUpdate {
  /** Value, path, ordinal and order key, as in `ParseSink.onValue`. */
  readonly values: readonly (readonly [unknown, readonly number[] | undefined, number, string])[];
  readonly filtered: number;
  readonly errors: readonly string[];
  readonly problems: readonly string[];
}

/** Tells a sink what a thread found. */
export function replayParsed({ values, filtered, errors, problems }: ParsedUpdate, sink: ParseSink): void {
  for (let at = 0; at < filtered; at++) sink.onFiltered();
  for (const message of errors) sink.onParseError(message);
  for (const message of problems) sink.onProblem(message);
  for (const [value, path, ordinal, orderKey] of values) sink.onValue(value, path, ordinal, orderKey);
}

/** The selection of a pipeline's filter. */
export function selectionOf(filter: UpdateFilter, orderBy: OrderBy): Selection {
  const programs: Uint8Array[] = [];
  for (const program of filter.programs) {
    const key = decode(program);
    if (key !== undefined) programs.push(key);
  }
  return { isInstructions: filter.kind === 'instruction', programs, orderBy };
}

/** Gives an update, or each of its instructions that are wanted, to a parser. Never throws. */
export function readUpdate(
  parser: Parser,
  selection: Selection,
  update: SolanaUpdate,
  sink: ParseSink,
): void {
  if (!selection.isInstructions) {
    parse(parser, selection, update, update, undefined, sink);
    return;
  }
  if (update.kind !== 'transaction') {
    sink.onFiltered();
    return;
  }
  const problem = instructionProblem(update);
  if (problem !== undefined) {
    sink.onParseError(problem);
    return;
  }
  let isNone = true;
  for (const instruction of walkInstructions(update)) {
    if (!isWanted(selection.programs, instruction.program)) continue;
    isNone = false;
    parse(parser, selection, instruction, update, instruction.path, sink);
  }
  if (isNone) sink.onFiltered();
}

function isWanted(programs: readonly Uint8Array[], program: Uint8Array): boolean {
  if (programs.length === 0) return true;
  for (const wanted of programs) if (Buffer.compare(wanted, program) === 0) return true;
  return false;
}

function parse(
  parser: Parser,
  { orderBy }: Selection,
  input: ParserInput,
  update: SolanaUpdate,
  path: readonly number[] | undefined,
  sink: ParseSink,
): void {
  let values: readonly unknown[];
  let problems: readonly unknown[] | undefined;
  try {
    const outcome = checkOutcome(parser.parse(input));
    if (outcome.kind === 'filtered') {
      sink.onFiltered();
      return;
    }
    if (outcome.kind === 'error') {
      sink.onParseError(messageOf(outcome.message));
      return;
    }
    ({ values, problems } = outcome);
  } catch (error) {
    sink.onParseError(messageOf(error));
    return;
  }
  if (problems !== undefined) for (const problem of problems) sink.onProblem(messageOf(problem));
  if (values.length === 0) return;
  const key = orderBy === 'none' ? '' : orderKeyOf(orderBy, input, update);
  for (let ordinal = 0; ordinal < values.length; ordinal++) sink.onValue(values[ordinal], path, ordinal, key);
}

const textOf = (key: Uint8Array | undefined): string =>
  key === undefined ? '' : Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1');

function orderKeyOf(orderBy: OrderBy, input: ParserInput, update: SolanaUpdate): string {
  switch (orderBy) {
    case 'signature':
      return 'signature' in update ? textOf(update.signature) : String(update.slot);
    case 'account':
      if (input.kind === 'account') return textOf(input.pubkey);
      if (input.kind === 'instruction') return textOf(input.accounts[0]);
      return input.kind === 'transaction' ? textOf(input.accountKeys[0]) : '';
    case 'program':
      if (input.kind === 'account') return textOf(input.owner);
      return input.kind === 'instruction' ? textOf(input.program) : '';
    default:
      return String(update.slot);
  }
}
