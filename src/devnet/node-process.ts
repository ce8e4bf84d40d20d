import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import type { Clock } from '../clock/clock.ts';
import { TrunklineError } from '../errors/trunkline-error.ts';
import type { Log } from '../telemetry/log.ts';
import { devnetErrors } from './errors.ts';
import type { DevnetEngine, LocalNode, NodeExit } from './local-node.ts';
import { ParentGuard } from './parent-guard.ts';

/** Where nodes listen. */
export const nodeHost = '127.0.0.1';

const stopTimeoutMs = 2_000;
const startAttempts = 5;
const stderrLimit = 2_000;

export interface NodeProcessOptions {
  /** What log lines call it. */
  readonly title: string;
  /** Fields of its log lines. */
  readonly fields?: Readonly<Record<string, unknown>>;
  /** Code of a start that fails for another reason than a port. */
  readonly failureCode: 'devnet_anvil_failed' | 'devnet_solana_failed';
  /** Whether a port of its own was asked for: a start that finds it taken is not tried with another. */
  readonly isPortChosen: boolean;
  /** Called once when the process ends without `stop()` after it was ready. */
  readonly onExit?: ((exit: NodeExit) => void) | undefined;
}

/** Why a start failed. */
export interface StartFailure {
  readonly message: string;
  readonly isPortTaken: boolean;
}

/** A process that was launched. */
export interface LaunchedNode {
  readonly child: ChildProcess;
  /** How it ended; undefined: it runs. */
  end: string | undefined;
  /** Resolves with how it ended. */
  readonly ended: Promise<string>;
  /** Set once it answers: from then on its end is told. */
  isReady: boolean;
}

/** A node in a process of its own, which ends together with this one; extended by one class for each engine. */
export abstract class NodeProcess implements LocalNode {
  abstract readonly engine: DevnetEngine;
  protected readonly clock: Clock;
  protected readonly log: Log;
  protected listeningPort = 0;
  readonly #options: NodeProcessOptions;
  #child: ChildProcess | undefined;
  #guard: ParentGuard | undefined;
  #isStopping = false;

  constructor(options: NodeProcessOptions, deps: { readonly clock: Clock; readonly log: Log }) {
    this.#options = options;
    this.clock = deps.clock;
    this.log = deps.log;
  }

  get port(): number {
    return this.listeningPort;
  }

  /** HTTP address; it holds no key. */
  get url(): string {
    return `http://${nodeHost}:${this.port}/`;
  }

  get wsUrl(): string {
    return `ws://${nodeHost}:${this.port}/`;
  }

  /** Process id while it runs. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /**
   * Starts the process and resolves once the node answers.
   *
   * @throws TrunklineError the engine's code of a failed start, `devnet_port_taken` (with a port of one's own)
   */
  async start(): Promise<void> {
    const { title, fields, failureCode, isPortChosen } = this.#options;
    this.#isStopping = false;
    for (let attempt = 1; ; attempt++) {
      const failed = await this.startOnce();
      if (failed === undefined) break;
      const { message, isPortTaken } = failed;
      if (isPortTaken && !isPortChosen && !this.#isStopping && attempt < startAttempts) continue;
      throw new TrunklineError(devnetErrors, isPortTaken ? 'devnet_port_taken' : failureCode, message);
    }
    this.log.info(`${title} started`, { ...fields, port: this.port, pid: this.pid });
  }

  /** Ends the process; resolves once it is gone. Harmless when it does not run. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.end();
  }

  /** Launches the process and waits until the node answers; returns why it does not, with the process ended, or nothing. */
  protected abstract startOnce(): Promise<StartFailure | undefined>;

  /** The process has ended. */
  protected abstract onEnded(): void;

  protected get child(): ChildProcess | undefined {
    return this.#child;
  }

  protected get isStopping(): boolean {
    return this.#isStopping;
  }

  protected launch(command: string, args: readonly string[], stdio: StdioOptions): LaunchedNode {
    const child = spawn(command, args, { stdio, detached: true });
    const { promise: ended, resolve } = Promise.withResolvers<string>();
    const launched: LaunchedNode = { child, end: undefined, ended, isReady: false };
    let stderr = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      stderr = (stderr + chunk.toString()).slice(-stderrLimit);
    });
    const onEnd = (how: string) => {
      launched.end ??= how;
      resolve(launched.end);
      if (this.#child !== child) return;
      this.#child = undefined;
      this.#guard?.release();
      this.#guard = undefined;
      this.onEnded();
    };
    child.once('error', error => onEnd(error.message));
    child.once('close', (code, signal) => {
      onEnd(stderr.trim() || `it ended with ${signal ?? `code ${code}`}`);
      if (!launched.isReady || this.#isStopping) return;
      const { title, fields, onExit } = this.#options;
      this.log.error(`${title} ended unexpectedly`, { ...fields, code, signal, stderr: stderr.trim() });
      onExit?.({ code, signal });
    });
    this.#child = child;
    if (child.pid !== undefined) this.#guard = new ParentGuard(child.pid);
    return launched;
  }

  /** Ends a process that is not to be used; resolves once it is gone. */
  protected async end(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    await new Promise<void>(resolve => {
      const kill = this.clock.setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
      child.once('close', () => {
        this.clock.clearTimeout(kill);
        resolve();
      });
      child.kill('SIGTERM');
    });
  }
}
