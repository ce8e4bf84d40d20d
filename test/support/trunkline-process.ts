import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findFreePort } from '../../src/devnet/free-port.ts';
import type { Cleanup } from './devnet.ts';
import { eventually } from './eventually.ts';

const bin = join(import.meta.dirname, '../../bin/trunkline.js');

/** One run of the command line. */
export interface CommandRun {
  readonly child: ChildProcess;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** The exit code; null when a signal ended it. */
  readonly exited: Promise<number | null>;
}

/** Runs `trunkline` as a process of its own, with a runtime folder of its own for token files. */
export class TrunklineCommands {
  /** Holds configs; `runtime/` is the runtime folder. */
  readonly folder = mkdtempSync(join(tmpdir(), 'trunkline-cli-'));
  readonly #children = new Set<ChildProcess>();

  constructor(cleanup: Cleanup) {
    cleanup.after(async () => {
      for (const child of this.#children) child.kill('SIGKILL');
      await eventually(() => this.#children.size === 0, 'all ended');
      rmSync(this.folder, { recursive: true, force: true });
    });
  }

  get runtimeFolder(): string {
    return join(this.folder, 'runtime');
  }

  run(args: readonly string[], env: NodeJS.ProcessEnv = {}): CommandRun {
    const child = spawn(process.execPath, [bin, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, XDG_RUNTIME_DIR: this.runtimeFolder, ...env },
    });
    this.#children.add(child);
    const text = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const)
      child[stream]!.on('data', chunk => {
        text[stream] += chunk;
      });
    const exited = new Promise<number | null>(resolve => {
      child.on('close', code => {
        this.#children.delete(child);
        resolve(code);
      });
    });
    return { child, exited, stdout: () => text.stdout, stderr: () => text.stderr };
  }

  /** Runs a command to its end. */
  async ended(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    const run = this.run(args, env);
    const code = await run.exited;
    return { code, stdout: run.stdout(), stderr: run.stderr() };
  }

  /** Writes a config and starts it on a free port; settles once it is ready. */
  async start(yaml: string): Promise<CommandRun & { readonly port: number }> {
    const run = await this.startUnready(yaml);
    await eventually(
      async () => (await fetch(`http://127.0.0.1:${run.port}/ready`)).status === 200,
      'ready',
      30_000,
    );
    return run;
  }

  /** As `start`, without waiting for anything. */
  async startUnready(yaml: string): Promise<CommandRun & { readonly port: number }> {
    const port = await findFreePort('127.0.0.1');
    return { ...this.startOn(yaml, port), port };
  }

  /** Writes a config and starts it on this port, without waiting for anything. */
  startOn(yaml: string, port: number, env: NodeJS.ProcessEnv = {}): CommandRun {
    const path = join(this.folder, 'chains.yaml');
    writeFileSync(path, yaml);
    return this.run(['start', '--config', path, '--port', String(port)], env);
  }
}

/** Whether a process of this id runs; one that has ended and that nobody has asked about yet does not. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  return !isZombie(pid);
}

function isZombie(pid: number): boolean {
  try {
    return /^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}
