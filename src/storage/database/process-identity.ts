import { readFileSync } from 'node:fs';

/** What tells a process from another one that got the same number later. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, in ticks since the boot; empty where the system does not say (other than Linux). */
  readonly startedAt: string;
  /** The run of the operating system; empty where it has no identity. */
  readonly bootId: string;
  /** What numbers it; empty where the system has no namespaces. */
  readonly pidNamespace: string;
}

/** When the process with that number started; `undefined`: there is none, or it ended and waits to be collected. */
export function processStart(pid: number): string | undefined {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it is there, but belongs to somebody else.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return undefined;
  }
  if (process.platform !== 'linux') return '';
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name, in brackets, may hold blanks and brackets. https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : (fields[19] ?? '');
  } catch {
    return undefined;
  }
}
