import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** How a child of a benchmark is started. */
export interface ChildOptions {
  /** Core that the child is bound to with `taskset`. @default not bound */
  readonly core?: number | undefined;
  /** Opens an IPC channel; only for Node children. @default false */
  readonly ipc?: boolean;
  /** Variables on top of the benchmark's own. @default {} */
  readonly env?: Readonly<Record<string, string>>;
}

const outputLimit = 64 * 1024;
const stopGraceMs = 5_000;

/** A running child and the last 64 KiB that it wrote. */
export class BenchChild {
  readonly name: string;
  readonly process: ChildProcess;
  #output = '';

  constructor(name: string, child: ChildProcess) {
    this.name = name;
    this.process = child;
    const keep = (chunk: Buffer) => {
      this.#output = (this.#output + chunk.toString()).slice(-outputLimit);
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    child.on('error', error => keep(Buffer.from(String(error))));
  }

  /** @throws Error when the child could not be started */
  get pid(): number {
    if (this.process.pid === undefined) throw new Error(`${this.name} did not start: ${this.#output}`);
    return this.process.pid;
  }

  get output(): string {
    return this.#output;
  }

  get hasEnded(): boolean {
    return this.process.exitCode !== null || this.process.signalCode !== null;
  }

  /** Signals the child's whole group, so nginx's worker goes with its master. */
  signal(signal: NodeJS.Signals): void {
    if (this.hasEnded || this.process.pid === undefined) return;
    try {
      process.kill(-this.process.pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }

  /** Asks it to end, after five seconds without mercy; resolves when it is gone. */
  async stop(): Promise<void> {
    if (this.hasEnded || this.process.pid === undefined) return;
    const gone = once(this.process, 'exit');
    this.signal('SIGCONT');
    this.signal('SIGTERM');
    const grace = new AbortController();
    const isGone = await Promise.race([
      gone.then(() => true),
      delay(stopGraceMs, false, { signal: grace.signal }),
    ]);
    grace.abort();
    if (isGone) return;
    this.signal('SIGKILL');
    await gone;
  }
}

/**
 * The children of one benchmark and their temporary files. They are gone when it ends, throws or is interrupted: each
 * child is the leader of its own process group, which is signalled by its id.
 */
export class ChildProcesses implements AsyncDisposable {
  readonly #children: BenchChild[] = [];
  readonly #folders: string[] = [];
  readonly #onExit = (): void => {
    for (const child of this.#children) child.signal('SIGKILL');
    this.#removeFolders();
  };
  readonly #onSignal = (): void => process.exit(130);

  constructor() {
    process.on('exit', this.#onExit);
    process.on('SIGINT', this.#onSignal);
    process.on('SIGTERM', this.#onSignal);
  }

  start(name: string, command: string, args: readonly string[], options: ChildOptions = {}): BenchChild {
    const spawnOptions: SpawnOptions = {
      detached: true,
      stdio: options.ipc === true ? ['ignore', 'pipe', 'pipe', 'ipc'] : ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...options.env },
    };
    const bound =
      options.core === undefined
        ? [command, ...args]
        : ['taskset', '-c', String(options.core), command, ...args];
    const child = new BenchChild(name, spawn(bound[0]!, bound.slice(1), spawnOptions));
    this.#children.push(child);
    return child;
  }

  /** A temporary folder that is removed with the children. */
  makeFolder(): string {
    const folder = mkdtempSync(join(tmpdir(), 'trunkline-bench-'));
    this.#folders.push(folder);
    return folder;
  }

  /** Runs a command to its end and returns what it wrote. @throws Error when it fails or takes longer than `timeoutMs` */
  async finish(
    name: string,
    command: string,
    args: readonly string[],
    timeoutMs: number,
    options: ChildOptions = {},
  ): Promise<string> {
    const child = this.start(name, command, args, options);
    const timer = setTimeout(() => child.signal('SIGKILL'), timeoutMs);
    const [code] = (await once(child.process, 'close')) as [number | null];
    clearTimeout(timer);
    this.#children.splice(this.#children.indexOf(child), 1);
    if (code !== 0)
      throw new Error(`${name} ended with ${code ?? child.process.signalCode}: ${child.output}`);
    return child.output;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#children.map(child => child.stop()));
    this.#removeFolders();
    process.off('exit', this.#onExit);
    process.off('SIGINT', this.#onSignal);
    process.off('SIGTERM', this.#onSignal);
  }

  #removeFolders(): void {
    for (const folder of this.#folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  }
}
