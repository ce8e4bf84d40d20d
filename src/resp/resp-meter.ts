import { commandTable } from '../storage/commands/command-table.ts';
import type { CounterCell, LabelValues, MetricDefinition, MetricRegistry } from '../telemetry/metrics.ts';
import { respMetrics } from './metrics.ts';

type CloseReason =
  | 'too_many'
  | 'protocol_error'
  | 'http'
  | 'output_limit'
  | 'idle'
  | 'unauthenticated'
  | 'query_limit'
  | 'killed';
type RefusalReason = 'unknown' | 'arguments' | 'unauthenticated' | 'context' | 'storage';

/** A counter of the scrape and, for INFO, a number of its own. */
class Tally {
  total = 0;
  readonly #cell: CounterCell;

  constructor(cell: CounterCell) {
    this.#cell = cell;
  }

  add(n = 1): void {
    this.total += n;
    this.#cell.inc(n);
  }
}

/** Counts what happens on the RESP port, for the scrape and for INFO. */
export class RespMeter {
  readonly accepted: Tally;
  readonly received: Tally;
  readonly sent: Tally;
  readonly published: Tally;
  readonly delivered: Tally;
  readonly paused: Tally;
  readonly authenticationFailures: Tally;
  readonly cursorsForgotten: Tally;
  /** Commands of all kinds. */
  commands = 0;
  /** Connections refused because too many are open. */
  rejected = 0;
  /** Error replies of the RESP port's own. */
  errors = 0;

  readonly #metrics: MetricRegistry;
  readonly #byOpcode: readonly CounterCell[];
  readonly #byName = new Map<string, CounterCell>();
  readonly #closed = new Map<CloseReason, CounterCell>();
  readonly #refused = new Map<RefusalReason, CounterCell>();

  constructor(metrics: MetricRegistry) {
    this.#metrics = metrics;
    const tally = (definition: MetricDefinition<never, 'counter'>) => new Tally(metrics.counter(definition));
    this.accepted = tally(respMetrics.connectionsAccepted);
    this.received = tally(respMetrics.received);
    this.sent = tally(respMetrics.sent);
    this.published = tally(respMetrics.published);
    this.delivered = tally(respMetrics.delivered);
    this.paused = tally(respMetrics.paused);
    this.authenticationFailures = tally(respMetrics.authenticationFailures);
    this.cursorsForgotten = tally(respMetrics.cursorsForgotten);
    this.#byOpcode = commandTable.map(({ name }) => metrics.counter(respMetrics.commands, { command: name }));
  }

  /** A storage command was taken. */
  storageCommand(opcode: number): void {
    this.commands++;
    this.#byOpcode[opcode]!.inc();
  }

  /** Another command was taken; `name` is one of the session commands or "unknown". */
  sessionCommand(name: string): void {
    this.commands++;
    this.#count(this.#byName, respMetrics.commands, name, { command: name });
  }

  /** Commands were answered with an error of the RESP port's own. */
  refused(reason: RefusalReason, count = 1): void {
    this.errors += count;
    this.#count(this.#refused, respMetrics.refused, reason, { reason }, count);
  }

  /** A connection was ended by Trunkline. */
  closed(reason: CloseReason): void {
    if (reason === 'too_many') this.rejected++;
    this.#count(this.#closed, respMetrics.connectionsClosed, reason, { reason });
  }

  #count<Key extends string, Label extends string>(
    cells: Map<Key, CounterCell>,
    definition: MetricDefinition<Label, 'counter'>,
    key: Key,
    labels: LabelValues<Label>,
    count = 1,
  ): void {
    let cell = cells.get(key);
    if (cell === undefined) {
      cell = this.#metrics.counter(definition, labels);
      cells.set(key, cell);
    }
    cell.inc(count);
  }
}
