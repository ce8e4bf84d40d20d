/** Structured fields of a log line. Values are redacted before they are written. */
export type LogFields = Readonly<Record<string, unknown>>;

/** What every component gets for writing log lines; secrets are taken out behind it. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A log whose lines all carry `fields`. */
  child(fields: LogFields): Log;
}

/** A log that writes nothing; the default of tests and of components used alone. */
export const silentLog: Log = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  child: () => silentLog,
};
