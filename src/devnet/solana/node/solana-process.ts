import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Clock } from '../../../clock/clock.ts';
import { TrunklineError } from '../../../errors/trunkline-error.ts';
import type { Log } from '../../../telemetry/log.ts';
import { devnetErrors } from '../../errors.ts';
import type { LocalNode, NodeExit } from '../../local-node.ts';
import { ParentGuard } from '../../parent-guard.ts';
import type { BankOptions } from '../bank/bank-options.ts';
import type { ViewLag } from '../rpc/rpc-server.ts';
import type { NodeCommand, NodeMessage, NodeRequest, SolanaNodeOptions } from './node-protocol.ts';

const host = '127.0.0.1';
const startTimeoutMs = 30_000;
const stopTimeoutMs = 2_000;
const commandTimeoutMs = 10_000;
const startAttempts = 5;
const stderrLimit = 2_000;
/** Commands that wait for their answer; more are refused. */
const maxCommands = 1_000;
/** Heap of the process; the machine's accounts are outside it, and bounded by their number. */
const heapMegabytes = 512;
const entry = new URL(`./main${extname(import.meta.url)}`, import.meta.url);

export interface SolanaProcessOptions extends Omit<BankOptions, 'programs'> {
  /** Loopback port of JSON-RPC and WebSocket; 0 takes a free one. @default 0 */
  readonly port?: number;
  /** Loopback port of Geyser gRPC; 0 takes a free one. @default 0 */
  readonly geyserPort?: number;
  /** Called once when the process ends without `stop()` after it was ready. */
  readonly onExit?: (exit: NodeExit) => void;
}

interface OpenCommand {
  readonly resolve: (slots: readonly number[]) => void;
  readonly reject: (error: Error) => void;
}

/** One embedded Solana chain in a process of its own, which ends together with this one. */
export class SolanaProcess implements LocalNode {
  readonly engine = 'litesvm';
  readonly #options: SolanaProcessOptions;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #commands = new Map<number, OpenCommand>();
  #child: ChildProcess | undefined;
  #guard: ParentGuard | undefined;
  #port = 0;
  #geyserPort = 0;
  #geyserToken = '';
  #lastCommand = 0;
  #isStopping = false;

  constructor(options: SolanaProcessOptions, deps: { readonly clock: Clock; readonly log: Log }) {
    this.#options = options;
    this.#clock = deps.clock;
    this.#log = deps.log;
  }

  get port(): number {
    return this.#port;
  }

  /** HTTP address; it holds no key. */
  get url(): string {
    return `http://${host}:${this.#port}/`;
  }

  get wsUrl(): string {
    return `ws://${host}:${this.#port}/`;
  }

  /** Address of Geyser gRPC. */
  get geyserUrl(): string {
    return `http://${host}:${this.#geyserPort}`;
  }

  /** What Geyser's clients have to send as `x-token`; another one after each start. */
  get geyserToken(): string {
    return this.#geyserToken;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /**
   * Starts the process and resolves once its servers listen.
   *
   * @throws TrunklineError `devnet_solana_failed`, `devnet_port_taken` (with a port of one's own)
   */
  async start(): Promise<void> {
    this.#isStopping = false;
    for (let attempt = 1; ; attempt++) {
      const failed = await this.#startOnce();
      if (failed === undefined) break;
      const isChosen = (this.#options.port ?? 0) !== 0 || (this.#options.geyserPort ?? 0) !== 0;
      if (failed.isPortTaken && !isChosen && attempt < startAttempts) continue;
      const code = failed.isPortTaken ? 'devnet_port_taken' : 'devnet_solana_failed';
      throw new TrunklineError(
        devnetErrors,
        code,
        `the embedded Solana chain did not start: ${failed.message}`,
      );
    }
    this.#log.info('embedded Solana chain started', { port: this.#port, pid: this.pid });
  }

  /** Ends the process; resolves once it is gone. Harmless when it does not run. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    const child = this.#child;
    if (child === undefined) return;
    await new Promise<void>(resolve => {
      const kill = this.#clock.setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
      child.once('close', () => {
        this.#clock.clearTimeout(kill);
        resolve();
      });
      child.kill('SIGTERM');
    });
  }

  /**
   * Abandons the newest `depth` slots, at most those that are not confirmed; returns the dead ones, newest first.
   * Their transactions come again in a later slot, unless `drop` is set.
   *
   * @throws TrunklineError `devnet_solana_failed` when the chain does not run
   */
  fork(depth: number, options: { readonly drop?: boolean } = {}): Promise<readonly number[]> {
    return this.#run({ method: 'fork', depth, drop: options.drop ?? false });
  }

  /**
   * Leaves out the next `count` slots.
   *
   * @throws TrunklineError `devnet_solana_failed` when the chain does not run
   */
  async skip(count: number): Promise<void> {
    await this.#run({ method: 'skip', count });
  }

  /** Makes what is served under the path `/<view>` lag by so many slots; harmless when the chain does not run. */
  async setLag(view: string, lag: ViewLag): Promise<void> {
    if (this.#child !== undefined) await this.#run({ method: 'lag', view, lag });
  }

  #run(command: NodeCommand): Promise<readonly number[]> {
    const child = this.#child;
    const id = ++this.#lastCommand;
    return new Promise((resolve, reject) => {
      const fail = (why: string) => reject(new TrunklineError(devnetErrors, 'devnet_solana_failed', why));
      if (child === undefined || this.#commands.size >= maxCommands)
        return fail('the embedded Solana chain does not run');
      const timer = this.#clock.setTimeout(() => {
        this.#commands.delete(id);
        fail('the embedded Solana chain does not answer');
      }, commandTimeoutMs);
      const settle = () => {
        this.#commands.delete(id);
        this.#clock.clearTimeout(timer);
      };
      this.#commands.set(id, {
        resolve: slots => {
          settle();
          resolve(slots);
        },
        reject: error => {
          settle();
          fail(error.message);
        },
      });
      child.send({ id, command } satisfies NodeRequest, error => {
        if (error !== null) this.#commands.get(id)?.reject(error);
      });
    });
  }

  /** Returns why this start failed, or nothing. */
  async #startOnce(): Promise<{ readonly message: string; readonly isPortTaken: boolean } | undefined> {
    const { onExit, port = 0, geyserPort = 0, ...bank } = this.#options;
    this.#geyserToken = randomBytes(16).toString('hex');
    const options: SolanaNodeOptions = { ...bank, port, geyserPort, geyserToken: this.#geyserToken };
    const child = spawn(
      process.execPath,
      [`--max-old-space-size=${heapMegabytes}`, fileURLToPath(entry), JSON.stringify(options)],
      { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], detached: true, serialization: 'json' },
    );
    this.#child = child;
    let stderr = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      stderr = (stderr + chunk.toString()).slice(-stderrLimit);
    });
    let isReady = false;
    const started = new Promise<{ readonly message: string; readonly isPortTaken: boolean } | undefined>(
      resolve => {
        const timer = this.#clock.setTimeout(() => {
          resolve({ message: `it was not ready within ${startTimeoutMs / 1_000} s`, isPortTaken: false });
        }, startTimeoutMs);
        child.on('message', (message: NodeMessage) => {
          if (message.type === 'ready') {
            this.#port = message.port;
            this.#geyserPort = message.geyserPort;
            isReady = true;
            resolve(undefined);
          } else if (message.type === 'failed') resolve(message);
          else this.#onMessage(message);
        });
        const end = (how: string, exit?: NodeExit) => {
          this.#clock.clearTimeout(timer);
          if (this.#child === child) this.#ended();
          resolve({ message: stderr.trim() || how, isPortTaken: false });
          if (!isReady || this.#isStopping || exit === undefined) return;
          this.#log.error('the embedded Solana chain ended unexpectedly', { ...exit, stderr: stderr.trim() });
          onExit?.(exit);
        };
        child.once('error', error => end(error.message));
        child.once('close', (code, signal) =>
          end(`it ended with ${signal ?? `code ${code}`}`, { code, signal }),
        );
      },
    );
    if (child.pid !== undefined) this.#guard = new ParentGuard(child.pid);
    const failed = await started;
    if (failed !== undefined && this.#child === child) {
      child.kill('SIGKILL');
      await this.stop();
    }
    return failed;
  }

  #onMessage(message: NodeMessage): void {
    if (message.type === 'warning') this.#log.warn('embedded Solana chain', { reason: message.message });
    if (message.type !== 'answer') return;
    const open = this.#commands.get(message.id);
    if (message.error === undefined) open?.resolve(message.slots ?? []);
    else open?.reject(new Error(message.error));
  }

  #ended(): void {
    this.#child = undefined;
    this.#guard?.release();
    this.#guard = undefined;
    for (const { reject } of [...this.#commands.values()])
      reject(new Error('the embedded Solana chain ended'));
  }
}
