import type { Log } from '../../telemetry/log.ts';
import { toJson } from '../parsers/to-json.ts';
import type { Handler, PipelineGap, PipelineItem } from '../pipeline.ts';

export interface LogHandlerOptions {
  readonly id: string;
  /** @default 'info' */
  readonly level?: 'error' | 'warn' | 'info' | 'debug';
}

/** Writes a line of the log for each value. */
export class LogHandler implements Handler {
  readonly id: string;
  readonly #level: 'error' | 'warn' | 'info' | 'debug';
  readonly #log: Log;

  constructor(options: LogHandlerOptions, { log }: { readonly log: Log }) {
    this.id = options.id;
    this.#level = options.level ?? 'info';
    this.#log = log;
  }

  handle({ pipeline, value, origin }: PipelineItem): void {
    const { chain, key, isRemoved } = origin;
    const removed = isRemoved ? { removed: true } : {};
    this.#log[this.#level](`pipeline ${pipeline}`, { chain, key, ...removed, value: toJson(value) });
  }

  onGap({ pipeline, fromSlot, toSlot, reason, message }: PipelineGap): void {
    this.#log.warn(`pipeline ${pipeline}: ${message}`, { fromSlot, toSlot, reason });
  }
}
