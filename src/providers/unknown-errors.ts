import type { Log } from '../telemetry/log.ts';
import type { CounterCell } from '../telemetry/metrics.ts';

/** Shapes remembered; further ones are counted without a line in the log. */
const MAX_SHAPES = 128;
const MAX_SHAPE_LENGTH = 120;

/** JSON-RPC errors that no rule of the chain's family knows: counted, and logged once per shape so that a rule can be written. */
export class UnknownErrors {
  readonly #log: Log;
  readonly #count: CounterCell;
  readonly #shapes = new Set<string>();

  constructor(log: Log, count: CounterCell) {
    this.#log = log;
    this.#count = count;
  }

  /** @param message Redacted already. */
  met(code: number, message: string, method: string): void {
    this.#count.inc();
    const shape = `${code} ${shapeOf(message)}`;
    if (this.#shapes.size >= MAX_SHAPES || this.#shapes.has(shape)) return;
    this.#shapes.add(shape);
    this.#log.info('JSON-RPC error that no rule knows', { code, message, method });
  }
}

/** The message without what differs from one occurrence to the next. */
function shapeOf(message: string): string {
  return message
    .replace(/0x[0-9a-f]*/gi, '0x…')
    .replace(/\d+/g, '#')
    .slice(0, MAX_SHAPE_LENGTH);
}
