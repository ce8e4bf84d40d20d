import { readFileSync } from 'node:fs';

/**
 * The share of this process's file descriptors that each listener may fill with clients. What is left is for upstream
 * connections, files, the event loop itself.
 */
export const descriptorShares = { gateway: 0.6, resp: 0.1 } as const;

/**
 * The most client connections that the file-descriptor limit of this process leaves room for, so that a flood of
 * clients cannot take the descriptors that reach the providers.
 *
 * @param share of the descriptors, 0 to 1
 * @param limits the text of /proc/self/limits, which only Linux has; without it `configured` stands
 */
export function connectionLimit(
  configured: number,
  share: number,
  limits: string | undefined = readLimits(),
): number {
  const soft = limits === undefined ? Number.NaN : Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1]);
  if (!Number.isFinite(soft)) return configured;
  return Math.max(16, Math.min(configured, Math.floor(soft * share)));
}

function readLimits(): string | undefined {
  try {
    return readFileSync('/proc/self/limits', 'latin1');
  } catch {
    return undefined;
  }
}
