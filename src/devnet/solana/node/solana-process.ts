import { randomBytes } from 'node:crypto';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Clock } from '../../../clock/clock.ts';
import { TrunklineError } from '../../../errors/trunkline-error.ts';
import type { Log } from '../../../telemetry/log.ts';
import { devnetErrors } from '../../errors.ts';
import type { NodeExit } from '../../local-node.ts';
import { type LaunchedNode, NodeProcess, nodeHost, type StartFailure } from '../../node-process.ts';
import type { BankOptions } from '../bank/bank-options.ts';
import type { ViewLag } from '../rpc/rpc-server.ts';
import type { NodeCommand, NodeMessage, NodeRequest, SolanaNodeOptions } from './node-protocol.ts';

const startTimeoutMs = 30_000;
const commandTimeoutMs = 10_000;
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

/** One embedded Solana chain in a process of its own. */
export class SolanaProcess extends NodeProcess {
  readonly engine = 'litesvm';
  readonly #options: SolanaProcessOptions;
  readonly #commands = new Map<number, OpenCommand>();
  #geyserPort = 0;
  #geyserToken = '';
  #lastCommand = 0;

  constructor(options: SolanaProcessOptions, deps: { readonly clock: Clock; readonly log: Log }) {
    const { port = 0, geyserPort = 0, onExit } = options;
    super(
      {
        title: 'embedded Solana chain',
        failureCode: 'devnet_solana_failed',
        isPortChosen: port !== 0 || geyserPort !== 0,
        onExit,
      },
      deps,
    );
    this.#options = options;
  }

  /** Address of Geyser gRPC. */
  get geyserUrl(): string {
    return `http://${nodeHost}:${this.#geyserPort}`;
  }

  /** What Geyser's clients have to send as `x-token`; another one after each start. */
  get geyserToken(): string {
    return this.#geyserToken;
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
    if (this.child !== undefined) await this.#run({ method: 'lag', view, lag });
  }

  #run(command: NodeCommand): Promise<readonly number[]> {
    const child = this.child;
    const id = ++this.#lastCommand;
    return new Promise((resolve, reject) => {
      const fail = (why: string) => reject(new TrunklineError(devnetErrors, 'devnet_solana_failed', why));
      if (child === undefined || this.#commands.size >= maxCommands)
        return fail('the embedded Solana chain does not run');
      const timer = this.clock.setTimeout(() => {
        this.#commands.delete(id);
        fail('the embedded Solana chain does not answer');
      }, commandTimeoutMs);
      const settle = () => {
        this.#commands.delete(id);
        this.clock.clearTimeout(timer);
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

  protected override async startOnce(): Promise<StartFailure | undefined> {
    const { onExit: _, port = 0, geyserPort = 0, ...bank } = this.#options;
    this.#geyserToken = randomBytes(16).toString('hex');
    const options: SolanaNodeOptions = { ...bank, port, geyserPort, geyserToken: this.#geyserToken };
    const node = this.launch(
      process.execPath,
      [`--max-old-space-size=${heapMegabytes}`, fileURLToPath(entry), JSON.stringify(options)],
      ['ignore', 'ignore', 'pipe', 'ipc'],
    );
    const failed = await this.#whyNotReady(node);
    if (failed === undefined) return undefined;
    if (node.end === undefined) await this.end();
    return { ...failed, message: `the embedded Solana chain did not start: ${failed.message}` };
  }

  /** Resolves once the node listens, or will not. */
  #whyNotReady(node: LaunchedNode): Promise<StartFailure | undefined> {
    return new Promise(resolve => {
      const settle = (failed?: StartFailure) => {
        this.clock.clearTimeout(timer);
        resolve(failed);
      };
      const fail = (message: string) => settle({ message, isPortTaken: false });
      const timer = this.clock.setTimeout(
        () => fail(`it was not ready within ${startTimeoutMs / 1_000} s`),
        startTimeoutMs,
      );
      void node.ended.then(fail);
      node.child.on('message', (message: NodeMessage) => {
        if (message.type === 'ready') {
          this.listeningPort = message.port;
          this.#geyserPort = message.geyserPort;
          node.isReady = true;
          settle();
        } else if (message.type === 'failed') settle(message);
        else this.#onMessage(message);
      });
    });
  }

  #onMessage(message: NodeMessage): void {
    if (message.type === 'warning') this.log.warn('embedded Solana chain', { reason: message.message });
    if (message.type !== 'answer') return;
    const open = this.#commands.get(message.id);
    if (message.error === undefined) open?.resolve(message.slots ?? []);
    else open?.reject(new Error(message.error));
  }

  protected override onEnded(): void {
    for (const { reject } of [...this.#commands.values()])
      reject(new Error('the embedded Solana chain ended'));
  }
}
