import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** An abstract socket: the kernel frees it when the process ends, however it ends. */
const lockName = '\0trunkline-bench';
const retryMs = 1_000;
const sampleMs = 1_000;

/**
 * Waits until no other benchmark runs on the machine: two at once measure each other.
 *
 * @throws Error when one still runs after `timeoutMs`
 */
export async function lockMachine(timeoutMs: number, onWait: () => void): Promise<Disposable> {
  for (let waited = 0; ; waited += retryMs) {
    const server = await tryLock();
    if (server !== undefined) return { [Symbol.dispose]: () => server.close() };
    if (waited === 0) onWait();
    if (waited >= timeoutMs) throw new Error('another benchmark is still running on this machine');
    await delay(retryMs);
  }
}

/** The share of all cores that was idle over the next second; undefined where the kernel does not tell. */
export async function idleShare(): Promise<number | undefined> {
  const before = cpuTicks();
  await delay(sampleMs);
  const after = cpuTicks();
  if (before === undefined || after === undefined) return undefined;
  return (after.idle - before.idle) / (after.all - before.all);
}

function tryLock(): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen(lockName, () => resolve(server));
  });
}

function cpuTicks(): { readonly idle: number; readonly all: number } | undefined {
  try {
    const fields = readFileSync('/proc/stat', 'latin1')
      .split('\n', 1)[0]!
      .trim()
      .split(/\s+/)
      .slice(1, 9)
      .map(Number);
    return { idle: fields[3]! + fields[4]!, all: fields.reduce((sum, ticks) => sum + ticks, 0) };
  } catch {
    return undefined;
  }
}
