import type { RootLog } from '../telemetry/create-log.ts';
import type { Log, LogFields } from '../telemetry/log.ts';

/** The log of a Trunkline that starts: why the root's child did not start is the command's own last line, and here at debug. */
export function startLog(log: RootLog, isStarting: () => boolean): RootLog {
  return {
    ...quiet(log, isStarting),
    get level() {
      return log.level;
    },
    set level(level) {
      log.level = level;
    },
    flush: () => log.flush(),
  };
}

function quiet(log: Log, isStarting: () => boolean): Log {
  return {
    debug: (message, fields) => log.debug(message, fields),
    info: (message, fields) => log.info(message, fields),
    warn: (message, fields) => log.warn(message, fields),
    error: (message, fields) =>
      log[isStarting() && isFailedStart(fields) ? 'debug' : 'error'](message, fields),
    child: fields => quiet(log.child(fields), isStarting),
  };
}

function isFailedStart(fields: LogFields | undefined): boolean {
  return fields?.supervisor === 'root' && fields.context === 'start_error';
}
