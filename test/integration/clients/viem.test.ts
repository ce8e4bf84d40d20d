import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  type Address,
  createPublicClient,
  createTestClient,
  createWalletClient,
  decodeErrorResult,
  encodeFunctionData,
  http,
  parseEther,
  webSocket,
} from 'viem';
import { mnemonicToAccount } from 'viem/accounts';
import { anvil } from 'viem/chains';
import { eventually } from '../../support/eventually.ts';
import { compileLedger } from '../../support/ledger-contract.ts';
import { devnetYaml, type RunningTrunkline, startTrunkline } from '../../support/trunkline.ts';

const mnemonic = 'test test test test test test test test test test test junk';
const ledger = compileLedger();
const abi = ledger.abi as unknown as typeof ledgerAbi;
const ledgerAbi = [
  { type: 'function', name: 'count', inputs: [], outputs: [{ type: 'uint256' }], stateMutability: 'view' },
  {
    type: 'function',
    name: 'write',
    inputs: [{ name: 'note', type: 'string' }],
    outputs: [],
    stateMutability: 'nonpayable',
  },
  {
    type: 'function',
    name: 'check',
    inputs: [{ name: 'value', type: 'uint256' }],
    outputs: [{ type: 'uint256' }],
    stateMutability: 'pure',
  },
  { type: 'function', name: 'scold', inputs: [], outputs: [], stateMutability: 'pure' },
  {
    type: 'event',
    name: 'Entry',
    inputs: [
      { name: 'author', type: 'address', indexed: true },
      { name: 'number', type: 'uint256', indexed: true },
      { name: 'note', type: 'string', indexed: false },
    ],
  },
  {
    type: 'error',
    name: 'TooLarge',
    inputs: [
      { name: 'given', type: 'uint256' },
      { name: 'limit', type: 'uint256' },
    ],
  },
] as const;

describe('viem', () => {
  let trunkline: RunningTrunkline;
  let direct: { url: string; wsUrl: string };
  before(async () => {
    trunkline = await startTrunkline(devnetYaml);
    await trunkline.allUp();
    const { anvil: node } = trunkline.chain('devnet').devnet!;
    direct = { url: node.url, wsUrl: node.wsUrl };
  });
  after(() => trunkline.stop());

  /** Reads, a transfer, a contract's events over a subscription, a batch, reverts: what a dapp does. */
  async function script(
    url: string,
    wsUrl: string,
    accountIndex: number,
    midway: () => Promise<void> = async () => {},
  ) {
    const account = mnemonicToAccount(mnemonic, { addressIndex: accountIndex });
    const publicClient = createPublicClient({ chain: anvil, transport: http(url), pollingInterval: 100 });
    const batching = createPublicClient({ chain: anvil, transport: http(url, { batch: true }) });
    const wallet = createWalletClient({ account, chain: anvil, transport: http(url) });
    const socket = createPublicClient({ chain: anvil, transport: webSocket(wsUrl, { reconnect: false }) });

    const deployment = await wallet.deployContract({ abi, bytecode: ledger.bytecode });
    const { contractAddress } = await publicClient.waitForTransactionReceipt({ hash: deployment });
    const address = contractAddress as Address;

    const blocks: bigint[] = [];
    const entries: { number: bigint | undefined; note: string | undefined }[] = [];
    const unwatchBlocks = socket.watchBlockNumber({ onBlockNumber: number => blocks.push(number) });
    const unwatchEntries = socket.watchContractEvent({
      abi,
      address,
      eventName: 'Entry',
      onLogs: logs => {
        for (const log of logs) entries.push({ number: log.args.number, note: log.args.note });
      },
    });
    await eventually(() => blocks.length > 0, 'a first head over the subscription');

    const recipient: Address = `0x${(0xabc000 + accountIndex).toString(16).padStart(40, '0')}`;
    const transfer = await wallet.sendTransaction({ to: recipient, value: parseEther('1.5') });
    const receipt = await publicClient.waitForTransactionReceipt({ hash: transfer });
    await midway();
    for (const note of ['one', 'two', 'three']) {
      const hash = await wallet.writeContract({ abi, address, functionName: 'write', args: [note] });
      await publicClient.waitForTransactionReceipt({ hash });
    }
    await eventually(() => entries.length >= 3, 'three events over the subscription');

    const [chainId, balance, count] = await Promise.all([
      batching.getChainId(),
      batching.getBalance({ address: recipient }),
      batching.readContract({ abi, address, functionName: 'count' }),
    ]);
    const revert = await publicClient
      .call({ to: address, data: encodeFunctionData({ abi, functionName: 'check', args: [101n] }) })
      .then(
        () => undefined,
        (error: Error & { walk(fn: (e: unknown) => boolean): { data?: `0x${string}` } }) =>
          error.walk(e => typeof (e as { data?: unknown }).data === 'string').data,
      );
    const scolding = await publicClient.readContract({ abi, address, functionName: 'scold' }).then(
      () => undefined,
      (error: { shortMessage: string }) => error.shortMessage,
    );
    const missing = await publicClient.getBlock({ blockNumber: 99_999_999n }).then(
      () => undefined,
      (error: Error) => error.name,
    );
    const heads = blocks.map(Number);
    unwatchBlocks();
    unwatchEntries();
    (await socket.transport.getRpcClient()).close();
    return {
      heads,
      facts: {
        chainId,
        balance,
        count,
        status: receipt.status,
        gasUsed: receipt.gasUsed,
        entries,
        revert: revert === undefined ? undefined : decodeErrorResult({ abi, data: revert }),
        scolding,
        missing,
      },
    };
  }

  it('finds through Trunkline what it finds at the node', async () => {
    const [atNode, through] = await Promise.all([
      script(direct.url, direct.wsUrl, 1),
      script(`${trunkline.url}/rpc/devnet`, `${trunkline.wsUrl}/rpc/31337`, 2),
    ]);
    assert.deepEqual(through.facts, atNode.facts);
    assert.equal(through.facts.count, 3n);
    assert.deepEqual(through.facts.revert?.args, [101n, 100n]);
  });

  it('notices nothing when the provider in use is killed in the middle', async () => {
    const { devnet } = trunkline.chain('devnet');
    const { facts, heads } = await script(
      `${trunkline.url}/rpc/devnet`,
      `${trunkline.wsUrl}/rpc/devnet`,
      3,
      () => devnet!.fault(1, 'kill'),
    );
    await devnet!.heal();
    assert.deepEqual(
      facts.entries.map(entry => entry.note),
      ['one', 'two', 'three'],
    );
    assert.deepEqual(
      heads,
      Array.from({ length: heads.length }, (_, index) => heads[0]! + index),
      'no head skipped, none repeated',
    );
  });

  it('answers eth_call state overrides and hardhat methods as the node does', async () => {
    const test = createTestClient({
      mode: 'anvil',
      chain: anvil,
      transport: http(`${trunkline.url}/rpc/eip155:31337`),
    });
    const address: Address = '0x00000000000000000000000000000000deadbeef';
    await test.setBalance({ address, value: 9_007_199_254_740_993n });
    const publicClient = createPublicClient({ chain: anvil, transport: http(`${trunkline.url}/rpc/devnet`) });
    assert.equal(await publicClient.getBalance({ address }), 9_007_199_254_740_993n);
  });
});
