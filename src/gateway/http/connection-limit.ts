import { readFileSync } from 'node:fs';

/** File descriptors that are not for clients: upstream connections, files, the event loop itself. */
const reservedShare = 0.4;

/**
 * The most client connections that the file-descriptor limit of this process leaves room for, so that a flood of
 * clients cannot take the descriptors that reach the providers.
 *
 * @param limits the text of /proc/self/limits, which only Linux has; without it `configured` stands
 */
export function connectionLimit(configured: number, limits: string | undefined = readLimits()): number {
  const soft = limits === undefined ? Number.NaN : Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1]);
  if (!Number.isFinite(soft)) return configured;
  return Math.max(16, Math.min(configured, Math.floor(soft * (1 - reservedShare))));
}

function readLimits(): string | undefined {
  try {
    return readFileSync('/proc/self/limits', 'latin1');
  } catch {
    return undefined;
  }
}
