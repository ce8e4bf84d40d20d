import assert from 'node:assert/strict';
import { it } from 'node:test';
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
import { describeClient, mnemonic } from './describe-client.ts';

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

async function script(url: string, wsUrl: string, accountIndex: number, midway: () => Promise<void>) {
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

describeClient('viem', script, trunkline => {
  it('answers eth_call state overrides and hardhat methods as the node does', async () => {
    const test = createTestClient({
      mode: 'anvil',
      chain: anvil,
      transport: http(`${trunkline().url}/rpc/eip155:31337`),
    });
    const address: Address = '0x00000000000000000000000000000000deadbeef';
    await test.setBalance({ address, value: 9_007_199_254_740_993n });
    const publicClient = createPublicClient({
      chain: anvil,
      transport: http(`${trunkline().url}/rpc/devnet`),
    });
    assert.equal(await publicClient.getBalance({ address }), 9_007_199_254_740_993n);
  });
});
