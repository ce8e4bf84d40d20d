import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Contract, WebSocketProvider } from 'ethers';
import {
  type Abi,
  type Address,
  createPublicClient,
  createWalletClient,
  encodeFunctionData,
  type Hex,
  http,
  type Log,
  numberToHex,
  webSocket,
} from 'viem';
import { mnemonicToAccount } from 'viem/accounts';
import { anvil } from 'viem/chains';
import { Web3, WebSocketProvider as Web3Socket } from 'web3';
import { eventually } from '../../support/eventually.ts';
import { compileLedger } from '../../support/ledger-contract.ts';
import { logId } from '../../support/subscriber.ts';
import { devnetYaml, startTrunkline } from '../../support/trunkline.ts';
import { mnemonic } from './describe-client.ts';

const ledger = compileLedger();
const abi = ledger.abi as unknown as Abi;

/** What one client saw, in order. */
interface Watched {
  /** Numbers of blocks; undefined: it was not asked for them. */
  readonly heads: number[] | undefined;
  /** Identities of logs: block, index, removed. */
  readonly logs: string[];
}

type Closing = (() => unknown)[];
type Watch = (urls: { http: string; ws: string }, address: Address, closing: Closing) => Promise<Watched>;

const viemLog = ({ blockHash, logIndex, removed }: Log) =>
  logId({ blockHash, logIndex: numberToHex(logIndex!), removed });

const watchWithViem: Watch = async ({ ws }, address, closing) => {
  const client = createPublicClient({ chain: anvil, transport: webSocket(ws, { reconnect: false }) });
  const rpc = await client.transport.getRpcClient();
  closing.push(() => rpc.close());
  const seen = { heads: [] as number[], logs: [] as string[] };
  client.watchBlockNumber({ onBlockNumber: number => seen.heads.push(Number(number)) });
  client.watchContractEvent({ abi, address, onLogs: logs => seen.logs.push(...logs.map(viemLog)) });
  return seen;
};

/** Over HTTP viem polls a filter. */
const pollWithViem: Watch = async ({ http: url }, address, closing) => {
  const client = createPublicClient({ chain: anvil, transport: http(url), pollingInterval: 100 });
  const seen = { heads: undefined, logs: [] as string[] };
  closing.push(
    client.watchContractEvent({ abi, address, onLogs: logs => seen.logs.push(...logs.map(viemLog)) }),
  );
  return seen;
};

const watchWithEthers: Watch = async ({ ws }, address, closing) => {
  const provider = new WebSocketProvider(ws, 31337, { staticNetwork: true });
  closing.push(() => provider.destroy());
  const seen = { heads: [] as number[], logs: [] as string[] };
  await provider.on('block', (number: number) => seen.heads.push(number));
  const contract = new Contract(address, [...ledger.abi], provider);
  await contract.on('Entry', (...args: unknown[]) => {
    const { log } = args.at(-1) as { log: { blockHash: string; index: number; removed: boolean } };
    seen.logs.push(logId({ ...log, logIndex: numberToHex(log.index) }));
  });
  return seen;
};

const watchWithWeb3: Watch = async ({ ws }, address, closing) => {
  const web3 = new Web3(new Web3Socket(ws, {}, { autoReconnect: false }));
  closing.push(() => web3.currentProvider?.disconnect());
  const seen = { heads: [] as number[], logs: [] as string[] };
  (await web3.eth.subscribe('newBlockHeaders')).on('data', head => {
    seen.heads.push(Number(head.number));
  });
  (await web3.eth.subscribe('logs', { address })).on('data', log => {
    const { blockHash, logIndex, removed } = log as unknown as Record<string, unknown>;
    seen.logs.push(logId({ blockHash, logIndex: numberToHex(Number(logIndex)), removed: removed ?? false }));
  });
  return seen;
};

const watches: Readonly<Record<string, Watch>> = {
  viem: watchWithViem,
  'viem with a filter': pollWithViem,
  ethers: watchWithEthers,
  'web3.js': watchWithWeb3,
};

/** What befalls one provider after the other; healed before the next. */
const faults = ['kill', 'reset', 'hang', 'error', 'kill', 'reset', 'kill', 'hang'] as const;

test('clients that watch heads and logs get each one once while provider after provider fails [faults 16, 18]', async t => {
  const trunkline = await startTrunkline(devnetYaml);
  const closing: Closing = [];
  // The clients first: some wait for a server that is gone.
  t.after(async () => {
    for (const close of closing) await close();
    await trunkline.stop();
  });
  await trunkline.allUp();
  const devnet = trunkline.chain('devnet').devnet!;
  const node = createPublicClient({ chain: anvil, transport: http(devnet.node.url), pollingInterval: 50 });
  const account = mnemonicToAccount(mnemonic, { addressIndex: 4 });
  const wallet = createWalletClient({ account, chain: anvil, transport: http(devnet.node.url) });
  const hash = await wallet.deployContract({ abi, bytecode: ledger.bytecode });
  const address = (await node.waitForTransactionReceipt({ hash })).contractAddress!;

  const urls = { http: `${trunkline.url}/rpc/devnet`, ws: `${trunkline.wsUrl}/rpc/devnet` };
  const watched = new Map<string, Watched>();
  for (const [name, watch] of Object.entries(watches)) watched.set(name, await watch(urls, address, closing));
  const from = (await node.request({ method: 'eth_blockNumber' })) as Hex;
  let sent = 0;
  const write = async () => {
    const data = encodeFunctionData({ abi, functionName: 'write', args: [`note ${++sent}`] });
    await wallet.sendTransaction({ to: address, data, nonce: sent, gas: 200_000n });
  };
  const blocks = async (count: number) => {
    const until = Number(await node.getBlockNumber({ cacheTime: 0 })) + count;
    await eventually(async () => Number(await node.getBlockNumber({ cacheTime: 0 })) >= until, 'blocks');
  };
  await blocks(2);
  for (const [index, fault] of faults.entries()) {
    const provider = (index % 3) + 1;
    for (let i = 0; i < 3; i++) await write();
    await devnet.fault(provider, fault);
    for (let i = 0; i < 4; i++) await write();
    await blocks(index % 3);
    await write();
    await devnet.heal(provider);
  }
  const all = async () =>
    (await node.request({
      method: 'eth_getLogs',
      params: [{ address, fromBlock: from, toBlock: 'latest' }],
    })) as { removed: boolean }[];
  await eventually(async () => (await all()).length === sent, 'everything written');
  const there = (await all()).map(logId);
  await eventually(
    () => [...watched.values()].every(({ logs }) => logs.length >= sent),
    'everything watched',
    20_000,
  );
  const last = Number(await node.getBlockNumber({ cacheTime: 0 }));
  await eventually(
    () => [...watched.values()].every(({ heads }) => heads === undefined || heads.at(-1)! >= last),
    'the last head',
  );
  for (const [name, { heads, logs }] of watched) {
    assert.deepEqual(logs, there, name);
    if (heads === undefined) continue;
    assert.ok(heads[0]! <= Number(from) + 2, name);
    assert.deepEqual(
      heads,
      heads.map((_, index) => heads[0]! + index),
      `${name}: no head skipped, none repeated`,
    );
  }
});
