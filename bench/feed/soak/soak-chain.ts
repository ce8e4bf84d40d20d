import { type Abi, encodeFunctionData } from 'viem';
import { systemClock } from '../../../src/clock/system-clock.ts';
import { Devnet } from '../../../src/devnet/devnet.ts';
import { UpstreamRpc } from '../../../src/devnet/upstream-rpc.ts';
import { silentLog } from '../../../src/telemetry/log.ts';
import { compileLedger } from '../../../test/support/ledger-contract.ts';
import { benchChainId } from '../../harness/chain-stub.ts';

/** A block as it is in the end, with the indexes of its logs. */
export interface FinalBlock {
  readonly number: number;
  readonly hash: string;
  readonly logIndexes: readonly number[];
}

interface RpcLog {
  readonly blockHash: string;
  readonly logIndex: string;
}

/** The devnet's own clock must not mine: blocks come when this says so, never in the middle of a reorganisation. */
const never = 3_600_000;
const blocksAtOnce = 100;

/** A real anvil behind three simulated providers; transactions of a real contract that emit logs. */
export class SoakChain {
  readonly devnet: Devnet;
  readonly contract: string;
  readonly #rpc: UpstreamRpc;
  readonly #accounts: readonly string[];
  readonly #abi: Abi;
  #notes = 0;
  reorgs = 0;

  private constructor(
    devnet: Devnet,
    rpc: UpstreamRpc,
    accounts: readonly string[],
    contract: string,
    abi: Abi,
  ) {
    this.devnet = devnet;
    this.#rpc = rpc;
    this.#accounts = accounts;
    this.contract = contract;
    this.#abi = abi;
  }

  static async start(): Promise<SoakChain> {
    const devnet = new Devnet(
      { chain: 'bench', chainId: benchChainId, providers: 3, blockTimeMs: never },
      { clock: systemClock, log: silentLog },
    );
    await devnet.start();
    try {
      const rpc = new UpstreamRpc(devnet.node.url);
      const { abi, bytecode } = compileLedger();
      const accounts = (await rpc.call('eth_accounts')) as string[];
      const deployment = await rpc.call('eth_sendTransaction', [
        { from: accounts[0], data: bytecode, gas: '0x200000' },
      ]);
      await rpc.call('evm_mine');
      const receipt = (await rpc.call('eth_getTransactionReceipt', [deployment])) as {
        readonly contractAddress: string;
      };
      // So that no reorganisation takes the contract away.
      for (let block = 0; block < 8; block++) await rpc.call('evm_mine');
      return new SoakChain(devnet, rpc, accounts, receipt.contractAddress.toLowerCase(), abi as Abi);
    } catch (error) {
      await devnet.stop();
      throw error;
    }
  }

  get height(): Promise<number> {
    return this.#rpc.blockNumber();
  }

  /** A block with so many logs; with none, it is empty. */
  async mine(logs: number): Promise<void> {
    for (let count = 0; count < logs; count++) {
      const data = encodeFunctionData({
        abi: this.#abi,
        functionName: 'write',
        args: [`note ${++this.#notes}`],
      });
      const from = this.#accounts[this.#notes % this.#accounts.length];
      await this.#rpc.call('eth_sendTransaction', [{ from, to: this.contract, data, gas: '0x20000' }]);
    }
    await this.#rpc.call('evm_mine');
  }

  /** Replaces the newest `depth` blocks by others; their transactions are gone. */
  async reorganize(depth: number): Promise<void> {
    await this.#rpc.call('anvil_reorg', [depth, []]);
    await this.#rpc.call('anvil_dropAllTransactions');
    this.reorgs++;
  }

  /** All blocks from `first` to the newest, and the logs of the contract in them. */
  async finalBlocks(first: number): Promise<FinalBlock[]> {
    const last = await this.height;
    const blocks: FinalBlock[] = [];
    for (let from = first; from <= last; from += blocksAtOnce) {
      const to = Math.min(last, from + blocksAtOnce - 1);
      const range = { fromBlock: hex(from), toBlock: hex(to), address: this.contract };
      const logs = (await this.#rpc.call('eth_getLogs', [range])) as readonly RpcLog[];
      for (let number = from; number <= to; number++) {
        const { hash } = (await this.#rpc.call('eth_getBlockByNumber', [hex(number), false])) as {
          readonly hash: string;
        };
        const own = logs.filter(({ blockHash }) => blockHash === hash);
        blocks.push({ number, hash, logIndexes: own.map(({ logIndex }) => Number(logIndex)) });
      }
    }
    return blocks;
  }

  async stop(): Promise<void> {
    this.#rpc.close();
    await this.devnet.stop();
  }
}

function hex(number: number): string {
  return `0x${number.toString(16)}`;
}
