import { type ChildProcess, spawn } from 'node:child_process';
import type { Clock } from '../clock/clock.ts';
import { TrunklineError } from '../errors/trunkline-error.ts';
import type { Log } from '../telemetry/log.ts';
import { findAnvilBinary } from './anvil-binary.ts';
import { devnetErrors } from './errors.ts';
import { findFreePort } from './free-port.ts';
import type { LocalNode, NodeExit } from './local-node.ts';
import { ParentGuard } from './parent-guard.ts';
import { UpstreamRpc } from './upstream-rpc.ts';

const host = '127.0.0.1';
const startTimeoutMs = 15_000;
const stopTimeoutMs = 2_000;
const startAttempts = 5;
const stderrLimit = 2_000;
/** States of past blocks that a chain with a block time keeps; one costs about 150 bytes for every block of the chain, `safe` needs 32. */
const keptStates = 40;

export interface AnvilOptions {
  readonly chainId: number;
  /** Milliseconds between blocks. @default a block per transaction, and none without one */
  readonly blockTimeMs?: number;
  /** Funded accounts, from the well-known mnemonic "test test … junk", so that the keys are always the same. @default 10 */
  readonly accounts?: number;
  /** Balance of each account at the start, in ether. @default 10000 */
  readonly balance?: number;
  /** Loopback port. @default a free one */
  readonly port?: number;
  /** Path of the binary. @default the one that npm installed */
  readonly binary?: string;
  /** Called once when anvil ends without `stop()` after it was ready. */
  readonly onExit?: (exit: NodeExit) => void;
}

/** One anvil on a loopback port: an Ethereum chain of its own, ended together with this process. */
export class AnvilProcess implements LocalNode {
  readonly engine = 'anvil';
  readonly #options: AnvilOptions;
  readonly #clock: Clock;
  readonly #log: Log;
  #child: ChildProcess | undefined;
  #guard: ParentGuard | undefined;
  #port = 0;
  #stopping = false;
  #stopMining = () => {};

  constructor(options: AnvilOptions, deps: { readonly clock: Clock; readonly log: Log }) {
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

  /** Process id while it runs. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /**
   * Starts anvil and resolves once it answers.
   *
   * @throws TrunklineError `devnet_anvil_missing`, `devnet_anvil_failed`, `devnet_port_taken` (with a `port` of one's own)
   */
  async start(): Promise<void> {
    const binary = this.#options.binary ?? findAnvilBinary();
    this.#stopping = false;
    for (let attempt = 1; ; attempt++) {
      this.#port = this.#options.port ?? (await findFreePort(host));
      const problem = await this.#startOnce(binary);
      if (problem === undefined) break;
      const taken = problem.includes('Address already in use');
      if (taken && this.#options.port === undefined && attempt < startAttempts) continue;
      const code = taken ? 'devnet_port_taken' : 'devnet_anvil_failed';
      throw new TrunklineError(
        devnetErrors,
        code,
        `anvil did not start on ${host}:${this.#port}: ${problem}`,
      );
    }
    this.#log.info('anvil started', { chainId: this.#options.chainId, port: this.#port, pid: this.pid });
  }

  /** Ends anvil; resolves once it is gone. Harmless when it does not run. */
  async stop(): Promise<void> {
    this.#stopping = true;
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

  /** Returns why this start failed, or nothing. */
  async #startOnce(binary: string): Promise<string | undefined> {
    const child = spawn(binary, this.#arguments(), { stdio: ['ignore', 'ignore', 'pipe'], detached: true });
    this.#child = child;
    let ended: string | undefined;
    let ready = false;
    let stderr = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      stderr = (stderr + chunk.toString()).slice(-stderrLimit);
    });
    const end = (how: string) => {
      ended ??= how;
      this.#stopMining();
      this.#guard?.release();
      this.#guard = undefined;
      if (this.#child === child) this.#child = undefined;
    };
    child.once('error', error => end(error.message));
    child.once('close', (code, signal) => {
      end(stderr.trim() || `it ended with ${signal ?? `code ${code}`}`);
      if (!ready || this.#stopping) return;
      this.#log.error('anvil ended unexpectedly', {
        chainId: this.#options.chainId,
        code,
        signal,
        stderr: stderr.trim(),
      });
      this.#options.onExit?.({ code, signal });
    });
    if (child.pid !== undefined) this.#guard = new ParentGuard(child.pid);

    const rpc = new UpstreamRpc(this.url);
    const deadline = this.#clock.now() + startTimeoutMs;
    // Two answers with a pause between them: with one, the answer may be another process's that took the port
    // first, while ours is still on its way to "Address already in use".
    let answers = 0;
    while (answers < 2 && ended === undefined && !this.#stopping && this.#clock.now() < deadline) {
      const chainId = await rpc.call('eth_chainId', [], 1_000).catch(() => undefined);
      if (Number(chainId) === this.#options.chainId) answers++;
      await new Promise<void>(resolve => this.#clock.setTimeout(resolve, 20));
    }
    rpc.close();
    if (ended !== undefined) return ended;
    if (answers < 2) {
      await this.stop();
      return `no answer within ${startTimeoutMs / 1_000} s`;
    }
    ready = true;
    this.#startMining();
    return undefined;
  }

  /**
   * Has a block mined every `blockTimeMs`. Anvil could do it itself, but then, with less than 3 s between blocks, it keeps
   * the state of the last 1,500 whatever `--prune-history` says: 600 MB after 2,400 blocks, where this takes 60 MB.
   */
  #startMining(): void {
    const { blockTimeMs } = this.#options;
    if (blockTimeMs === undefined) return;
    const rpc = new UpstreamRpc(this.url);
    let isMining = false;
    const timer = this.#clock.setInterval(() => {
      if (isMining) return;
      isMining = true;
      const done = () => {
        isMining = false;
      };
      rpc.call('evm_mine').then(done, done);
    }, blockTimeMs);
    this.#stopMining = () => {
      this.#clock.clearInterval(timer);
      rpc.close();
    };
  }

  #arguments(): string[] {
    const { chainId, blockTimeMs, accounts = 10, balance = 10_000 } = this.#options;
    const args = ['--host', host, '--port', String(this.#port), '--chain-id', String(chainId)];
    args.push(
      '--accounts',
      String(accounts),
      '--balance',
      String(balance),
      '--silent',
      '--no-request-size-limit',
    );
    // Neither may it write states to the home directory, where they would stay after a SIGKILL.
    if (blockTimeMs === undefined) args.push('--max-persisted-states', '0');
    else args.push('--no-mining', '--prune-history', String(keptStates));
    return args;
  }
}
