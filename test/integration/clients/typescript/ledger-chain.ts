import {
  type Address,
  createPublicClient,
  createWalletClient,
  type Hex,
  http,
  type PublicClient,
  parseAbi,
} from 'viem';
import { mnemonicToAccount } from 'viem/accounts';
import { anvil } from 'viem/chains';
import { compileLedger } from '../../../support/ledger-contract.ts';
import { mnemonic } from '../describe-client.ts';

export const ledgerAbi = parseAbi([
  'event Entry(address indexed author, uint256 indexed number, string note)',
  'function write(string note)',
]);

/** A contract on a chain that writes an event when it is told to, past everything that is tested. */
export class LedgerChain {
  readonly address: Address;
  readonly client: PublicClient;
  readonly #write: (note: string) => Promise<Hex>;

  private constructor(address: Address, client: PublicClient, write: (note: string) => Promise<Hex>) {
    this.address = address;
    this.client = client;
    this.#write = write;
  }

  /** @param url of the node itself */
  static async deploy(url: string): Promise<LedgerChain> {
    const client = createPublicClient({ chain: anvil, transport: http(url), pollingInterval: 50 });
    const account = mnemonicToAccount(mnemonic, { addressIndex: 5 });
    const wallet = createWalletClient({ account, chain: anvil, transport: http(url) });
    const { abi, bytecode } = compileLedger();
    const hash = await wallet.deployContract({ abi, bytecode });
    const { contractAddress } = await client.waitForTransactionReceipt({ hash });
    const address = contractAddress!;
    let nonce = await client.getTransactionCount({ address: account.address });
    return new LedgerChain(address, client as PublicClient, note =>
      wallet.writeContract({
        abi: ledgerAbi,
        address,
        functionName: 'write',
        args: [note],
        nonce: nonce++,
        gas: 200_000n,
      }),
    );
  }

  /** Writes events; returns when they are in blocks. */
  async write(...notes: string[]): Promise<void> {
    const hashes: Hex[] = [];
    for (const note of notes) hashes.push(await this.#write(note));
    for (const hash of hashes) await this.client.waitForTransactionReceipt({ hash });
  }

  /** The notes of all events so far, in order. */
  async notes(fromBlock = 0n): Promise<(string | undefined)[]> {
    const logs = await this.client.getContractEvents({
      abi: ledgerAbi,
      address: this.address,
      eventName: 'Entry',
      fromBlock,
      toBlock: 'latest',
    });
    return logs.map(log => log.args.note);
  }
}
