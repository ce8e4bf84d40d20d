import { execFileSync } from 'node:child_process';

/** The Debian package of each program. */
const packageOf = {
  nginx: 'nginx-light',
  wrk: 'wrk',
  taskset: 'util-linux',
  'redis-server': 'redis-server',
  'redis-benchmark': 'redis-tools',
  'nats-server': 'nats-server',
} as const;

/** @throws Error with the command that installs them, when one of the programs is missing */
export function requirePrograms(...names: readonly (keyof typeof packageOf)[]): void {
  const missing = names.filter(name => versionOf(name) === undefined);
  if (missing.length === 0) return;
  const packages = new Set(missing.map(name => packageOf[name]));
  throw new Error(`${missing.join(' and ')} not found: apt-get install ${[...packages].join(' ')}`);
}

/** The first line that a program says about its version; undefined when it cannot be run. */
export function versionOf(name: string): string | undefined {
  try {
    // wrk ends with 1 after printing its version, and nginx prints to stderr.
    const shown = execFileSync(
      'sh',
      ['-c', `command -v ${name} >/dev/null && { ${name} -v 2>&1 || true; }`],
      { timeout: 5_000 },
    );
    return shown.toString().split('\n')[0]!.trim();
  } catch {
    return undefined;
  }
}
