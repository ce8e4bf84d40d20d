import { readFileSync } from 'node:fs';

/**
 * The identity of this run of the operating system: another one than before means that the page cache was lost
 * since. `undefined` where the system has none that can be read (other systems than Linux).
 * https://docs.kernel.org/admin-guide/sysctl/kernel.html#random
 */
export function readBootId(path = '/proc/sys/kernel/random/boot_id'): string | undefined {
  try {
    const id = readFileSync(path, 'ascii').trim();
    return /^[0-9a-f-]{8,64}$/i.test(id) ? id : undefined;
  } catch {
    return undefined;
  }
}
