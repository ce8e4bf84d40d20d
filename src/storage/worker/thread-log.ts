import type { Log, LogFields } from '../../telemetry/log.ts';
import type { FromStorageThread } from '../channel/messages.ts';

/** A log whose lines are written by the owner of the thread. */
export function threadLog(post: (message: FromStorageThread) => void, fields: LogFields = {}): Log {
  const line =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
    (message: string, more: LogFields = {}): void =>
      post({ type: 'log', level, message, fields: { ...fields, ...more } });
  return {
    debug: line('debug'),
    info: line('info'),
    warn: line('warn'),
    error: line('error'),
    child: more => threadLog(post, { ...fields, ...more }),
  };
}
