import { readdirSync, readFileSync } from 'node:fs';

/** Microseconds of a clock tick of `/proc/<pid>/stat`: Linux has 100 ticks a second on every architecture. */
const tickMicroseconds = 10_000;

/** One line of `/proc/<pid>/stat`, as far as it is needed. */
export interface ProcessStat {
  readonly parent: number;
  /** Ticks in user and system mode together. */
  readonly ticks: number;
}

/** Reads a stat line; the command in it may hold spaces and brackets. */
export function parseStat(line: string): ProcessStat {
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  return { parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) };
}

/** CPU microseconds (user and system) that a process and its running descendants have used so far. */
export function cpuMicroseconds(pid: number): number {
  const stats = new Map<number, ProcessStat>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const line = readStat(name);
    if (line !== undefined) stats.set(Number(name), parseStat(line));
  }
  let ticks = 0;
  const pending = [pid];
  for (const next of pending) {
    ticks += stats.get(next)?.ticks ?? 0;
    for (const [child, { parent }] of stats) if (parent === next) pending.push(child);
  }
  return ticks * tickMicroseconds;
}

/** Milliseconds that the main thread of a process has waited for a core so far; 0 where the kernel does not tell. */
export function queuedMs(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, 'latin1').split(' ')[1]) / 1e6;
  } catch {
    return 0;
  }
}

function readStat(pid: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    // Ended between the listing and the reading.
    return undefined;
  }
}
