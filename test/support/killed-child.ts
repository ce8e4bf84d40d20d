import { writeSync } from 'node:fs';
import { flushCompileCache } from 'node:module';

/** The side of a `KilledProcesses` process: says a line, in the pipe before anything can end the process. */
export function say(line: string): void {
  const bytes = Buffer.from(`${line}\n`);
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(1, bytes, at);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  }
}

/** Says what the process found when it began, as JSON. */
export function sayFound(found: unknown): void {
  // A process that is killed writes no cache at its end.
  flushCompileCache();
  say(`found ${JSON.stringify(found)}`);
}

/** Calls `begin` with the first message; the process is told to be loaded. */
export function onceStarted<Start>(begin: (start: Start) => Promise<void>): void {
  process.once('message', begin);
  flushCompileCache();
  process.send?.('loaded');
}
