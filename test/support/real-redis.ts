import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findFreePort } from '../../src/devnet/free-port.ts';
import { eventually } from './eventually.ts';
import { RespWire } from './resp-server.ts';

const packages = {
  'redis-server': 'redis-server',
  'redis-cli': 'redis-tools',
  'redis-benchmark': 'redis-tools',
};

/** Why tests with this program are skipped; false when it is installed. */
export function isMissing(program: keyof typeof packages): string | false {
  if (spawnSync(program, ['--version']).status === 0) return false;
  return `${program} is not installed; on Debian: apt-get install ${packages[program]}`;
}

/** A redis-server with nothing in it, which keeps nothing. */
export class RealRedis {
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #directory: string;

  private constructor(port: number, child: ChildProcess, directory: string) {
    this.port = port;
    this.#child = child;
    this.#directory = directory;
  }

  /** Starts one and waits until it answers. */
  static async start(...settings: readonly string[]): Promise<RealRedis> {
    const port = await findFreePort('127.0.0.1');
    const directory = mkdtempSync(join(tmpdir(), 'trunkline-redis-'));
    const fixed = [
      '--port',
      `${port}`,
      '--bind',
      '127.0.0.1',
      '--save',
      '',
      '--appendonly',
      'no',
      '--dir',
      directory,
    ];
    const child = spawn('redis-server', [...fixed, ...settings], { stdio: 'ignore' });
    const redis = new RealRedis(port, child, directory);
    await eventually(async () => {
      if (child.exitCode !== null) return true;
      const client = new RespWire(port);
      try {
        // Whatever it answers: it may want a password first.
        await client.command('PING');
        return true;
      } finally {
        client.end();
      }
    }, 'redis-server answers');
    if (child.exitCode !== null) throw new Error(`redis-server ended with ${child.exitCode}`);
    return redis;
  }

  stop(): void {
    this.#child.kill('SIGKILL');
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
