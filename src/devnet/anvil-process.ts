import type { Clock } from '../clock/clock.ts';
import type { Log } from '../telemetry/log.ts';
import { findAnvilBinary } from './anvil-binary.ts';
import { findFreePort } from './free-port.ts';
import type { NodeExit } from './local-node.ts';
import { NodeProcess, nodeHost, type StartFailure } from './node-process.ts';
import { UpstreamRpc } from './upstream-rpc.ts';

const startTimeoutMs = 15_000;
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

/** One anvil on a loopback port: an Ethereum chain of its own. */
export class AnvilProcess extends NodeProcess {
  readonly engine = 'anvil';
  readonly #options: AnvilOptions;
  #stopMining = () => {};

  constructor(options: AnvilOptions, deps: { readonly clock: Clock; readonly log: Log }) {
    const { chainId, port, onExit } = options;
    super(
      {
        title: 'anvil',
        fields: { chainId },
        failureCode: 'devnet_anvil_failed',
        isPortChosen: port !== undefined,
        onExit,
      },
      deps,
    );
    this.#options = options;
  }

  /** @throws TrunklineError `devnet_anvil_missing` */
  protected override async startOnce(): Promise<StartFailure | undefined> {
    const binary = this.#options.binary ?? findAnvilBinary();
    this.listeningPort = this.#options.port ?? (await findFreePort(nodeHost));
    const problem = await this.#launchAnvil(binary);
    if (problem === undefined) return undefined;
    return {
      message: `anvil did not start on ${nodeHost}:${this.port}: ${problem}`,
      isPortTaken: problem.includes('Address already in use'),
    };
  }

  protected override onEnded(): void {
    this.#stopMining();
  }

  /** Returns why it does not answer, or nothing. */
  async #launchAnvil(binary: string): Promise<string | undefined> {
    const anvil = this.launch(binary, this.#arguments(), ['ignore', 'ignore', 'pipe']);
    const rpc = new UpstreamRpc(this.url);
    const deadline = this.clock.now() + startTimeoutMs;
    // Two answers with a pause between them: with one, the answer may be another process's that took the port
    // first, while ours is still on its way to "Address already in use".
    let answers = 0;
    while (answers < 2 && anvil.end === undefined && !this.isStopping && this.clock.now() < deadline) {
      const chainId = await rpc.call('eth_chainId', [], 1_000).catch(() => undefined);
      if (Number(chainId) === this.#options.chainId) answers++;
      await new Promise<void>(resolve => this.clock.setTimeout(resolve, 20));
    }
    rpc.close();
    if (anvil.end !== undefined) return anvil.end;
    if (answers < 2) {
      await this.end();
      return `no answer within ${startTimeoutMs / 1_000} s`;
    }
    anvil.isReady = true;
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
    const timer = this.clock.setInterval(() => {
      if (isMining) return;
      isMining = true;
      const done = () => {
        isMining = false;
      };
      rpc.call('evm_mine').then(done, done);
    }, blockTimeMs);
    this.#stopMining = () => {
      this.clock.clearInterval(timer);
      rpc.close();
    };
  }

  #arguments(): string[] {
    const { chainId, blockTimeMs, accounts = 10, balance = 10_000 } = this.#options;
    const args = ['--host', nodeHost, '--port', String(this.port), '--chain-id', String(chainId)];
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
