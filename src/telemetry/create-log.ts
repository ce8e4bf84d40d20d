import type { Writable } from 'node:stream';
import winston from 'winston';
import type { Clock } from '../clock/clock.ts';
import { systemClock } from '../clock/system-clock.ts';
import { FloodGate } from './flood-gate.ts';
import type { Log, LogFields } from './log.ts';
import { type LogLevel, severity } from './log-level.ts';
import { jsonLine, type LogEntry, prettyLine } from './log-line.ts';
import { type CounterCell, type MetricRegistry, silentMetrics } from './metrics.ts';
import { Redactor } from './redactor.ts';
import { telemetryMetrics } from './telemetry-metrics.ts';

/** What `createLog` can be told. */
export interface LogOptions {
  /** Lines that matter less are not written; can be changed at run time. @default 'info' */
  readonly level?: LogLevel;
  /** `auto`: pretty on a terminal, JSON otherwise. @default 'auto' */
  readonly format?: 'auto' | 'pretty' | 'json';
  /** Takes secrets out of every line. @default one that knows no secrets; URLs are still reduced */
  readonly redactor?: Redactor;
  /** Where lines go. @default process.stdout */
  readonly stream?: Writable & { readonly isTTY?: boolean };
  /** Alike lines written per second and shape; further ones are counted and summed up. Not at level debug. @default 20 */
  readonly floodLimit?: number;
}

/** What `createLog` uses. */
export interface LogDeps {
  readonly clock?: Clock;
  readonly metrics?: MetricRegistry;
}

/** The log at the root of the house. */
export interface RootLog extends Log {
  /** The level in force, for this log and all its children. */
  level: LogLevel;
  /** Writes out what is still held back. */
  flush(): void;
}

/** The log of the process: redacted, bounded, and never the reason why something else fails. */
export function createLog(options: LogOptions = {}, deps: LogDeps = {}): RootLog {
  const sink = new LogSink(options, deps);
  const root: RootLog = {
    ...logInto(sink, {}),
    get level() {
      return sink.level;
    },
    set level(level) {
      sink.level = level;
    },
    flush: () => sink.flush(),
  };
  return root;
}

function logInto(sink: LogSink, bound: LogFields): Log {
  return {
    debug: (message, fields) => sink.write('debug', message, bound, fields),
    info: (message, fields) => sink.write('info', message, bound, fields),
    warn: (message, fields) => sink.write('warn', message, bound, fields),
    error: (message, fields) => sink.write('error', message, bound, fields),
    child: fields => logInto(sink, { ...bound, ...fields }),
  };
}

/** Bytes that may wait in the stream for a slow reader; lines beyond are dropped and counted. */
const maxWaitingBytes = 8 * 1024 * 1024;
const maxMessageLength = 8192;

class LogSink {
  readonly #logger: winston.Logger;
  readonly #stream: Writable;
  readonly #redactor: Redactor;
  readonly #clock: Clock;
  readonly #gate: FloodGate<LogLevel>;
  readonly #written: Readonly<Record<LogLevel, CounterCell>>;
  readonly #dropped: Readonly<Record<'flood' | 'slow_reader' | 'unwritable', CounterCell>>;
  #level: LogLevel;

  constructor(options: LogOptions, { clock = systemClock, metrics = silentMetrics }: LogDeps) {
    const stream = options.stream ?? process.stdout;
    this.#stream = stream;
    this.#redactor = options.redactor ?? new Redactor();
    this.#clock = clock;
    this.#level = options.level ?? 'info';
    const lines = (level: LogLevel) => metrics.counter(telemetryMetrics.logLines, { level });
    this.#written = {
      error: lines('error'),
      warn: lines('warn'),
      info: lines('info'),
      debug: lines('debug'),
    };
    const dropped = (reason: string) => metrics.counter(telemetryMetrics.logLinesDropped, { reason });
    this.#dropped = {
      flood: dropped('flood'),
      slow_reader: dropped('slow_reader'),
      unwritable: dropped('unwritable'),
    };
    this.#gate = new FloodGate(
      { limit: options.floodLimit ?? 20 },
      {
        clock,
        onHeldBack: (level, message, count) =>
          this.#put(level, `held back ${count} lines like: ${message}`, {}),
      },
    );
    this.#logger = createLogger(stream, lineFormat(options.format ?? 'auto', stream));
    // A reader that went away (`| head`) must not end the process.
    stream.on('error', () => this.#dropped.unwritable.inc());
  }

  get level(): LogLevel {
    return this.#level;
  }

  set level(level: LogLevel) {
    if (level in severity) this.#level = level;
  }

  write(level: LogLevel, message: string, bound: LogFields, fields: LogFields | undefined): void {
    if (severity[level] > severity[this.#level]) return;
    try {
      if (level !== 'debug' && !this.#gate.admit(level, String(message))) {
        this.#dropped.flood.inc();
        return;
      }
      this.#put(level, message, fields === undefined ? bound : { ...bound, ...fields });
    } catch {
      this.#dropped.unwritable.inc();
    }
  }

  flush(): void {
    this.#gate.closeWindow();
  }

  #put(level: LogLevel, message: string, fields: LogFields): void {
    if (this.#stream.writableLength > maxWaitingBytes) {
      this.#dropped.slow_reader.inc();
      return;
    }
    const stacks = this.#level === 'debug';
    const entry: LogEntry = {
      time: this.#clock.wallNow(),
      level,
      message: this.#redactor.redactBounded(String(message), maxMessageLength),
      fields: this.#redactor.redactFields(fields, { stacks }),
    };
    this.#logger.log({ level, message: '', entry });
    this.#written[level].inc();
  }
}

type LineFormat = (entry: LogEntry) => string;

function lineFormat(
  format: 'auto' | 'pretty' | 'json',
  stream: NonNullable<LogOptions['stream']>,
): LineFormat {
  const isTerminal = stream.isTTY === true;
  if (format === 'json' || (format === 'auto' && !isTerminal)) return jsonLine;
  // https://no-color.org
  const colours = isTerminal && (process.env.NO_COLOR ?? '') === '';
  return entry => prettyLine(entry, colours);
}

function createLogger(stream: Writable, line: LineFormat): winston.Logger {
  const logger = winston.createLogger({
    levels: severity,
    // The sink has decided already; it alone knows the level in force.
    level: 'debug',
    format: winston.format.printf(info => line(info.entry as LogEntry)),
    transports: [new winston.transports.Stream({ stream: stream as NodeJS.WritableStream, eol: '\n' })],
  });
  logger.on('error', () => {});
  return logger;
}
