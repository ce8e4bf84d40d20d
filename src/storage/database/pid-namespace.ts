import { readlinkSync } from 'node:fs';

/**
 * The identity of the namespace that numbers the processes which this one sees: a container has one of its own. Empty
 * where the system has none (other than Linux). https://man7.org/linux/man-pages/man7/pid_namespaces.7.html
 */
export function readPidNamespace(path = '/proc/self/ns/pid'): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
