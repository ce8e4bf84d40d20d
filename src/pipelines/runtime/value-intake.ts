import type { SolanaUpdate } from '../../chains/solana/updates.ts';
import type { PipelineItem } from '../pipeline.ts';
import type { PipelineDefinition } from '../pipeline-options.ts';
import { ItemOrigin } from './item-origin.ts';
import type { PipelineFigures } from './pipeline-figures.ts';
import {
  type ParsedUpdate,
  type ParseSink,
  readUpdate,
  replayParsed,
  type Selection,
  selectionOf,
} from './read-update.ts';
import type { SampledLog } from './sampled-log.ts';

export interface ValueIntakeHost {
  onItem(item: PipelineItem, arrivedAt: number, orderKey: string): void;
  /** As many updates in a row as may do not read. */
  onUnreadable(message: string): void;
}

/** Makes items of updates: the parser's values with where they come from. A parser that fails counts for its pipeline alone. */
export class ValueIntake implements ParseSink {
  readonly selection: Selection;
  readonly #definition: PipelineDefinition;
  readonly #host: ValueIntakeHost;
  readonly #figures: PipelineFigures;
  readonly #errors: SampledLog;
  /** Of the update that is being read. */
  #update!: SolanaUpdate;
  #arrivedAt = 0;
  #errorsInRow = 0;

  constructor(
    definition: PipelineDefinition,
    host: ValueIntakeHost,
    { figures, errors }: { readonly figures: PipelineFigures; readonly errors: SampledLog },
  ) {
    this.#definition = definition;
    this.#host = host;
    this.#figures = figures;
    this.#errors = errors;
    // One after another they are in order anyway.
    this.selection = selectionOf(definition.filter, definition.concurrency > 1 ? definition.orderBy : 'none');
  }

  /** Reads an update. */
  read(update: SolanaUpdate, arrivedAt: number): void {
    this.#update = update;
    this.#arrivedAt = arrivedAt;
    readUpdate(this.#definition.parser, this.selection, update, this);
  }

  /** Takes what a thread made of an update. */
  take(update: SolanaUpdate, arrivedAt: number, parsed: ParsedUpdate): void {
    this.#update = update;
    this.#arrivedAt = arrivedAt;
    replayParsed(parsed, this);
  }

  onValue(value: unknown, path: readonly number[] | undefined, ordinal: number, orderKey: string): void {
    this.#errorsInRow = 0;
    this.#figures.parsed.inc();
    const { id, chain } = this.#definition;
    const origin = new ItemOrigin(chain, this.#update, path, ordinal);
    this.#host.onItem({ pipeline: id, value, origin }, this.#arrivedAt, orderKey);
  }

  onFiltered(): void {
    this.#figures.filtered.inc();
  }

  onParseError(message: string): void {
    const { maxParseErrors } = this.#definition;
    this.onProblem(message);
    if (++this.#errorsInRow !== maxParseErrors) return;
    this.#errorsInRow = 0;
    this.#host.onUnreadable(`the parser failed on ${maxParseErrors} updates in a row: ${message}`);
  }

  onProblem(message: string): void {
    this.#figures.parseErrors.inc();
    const { slot, kind } = this.#update;
    const parser = this.#definition.parser.id;
    this.#errors.warn('the parser could not read an update', { parser, slot, kind, error: message });
  }
}
