import {
  Contract,
  ContractFactory,
  HDNodeWallet,
  JsonRpcProvider,
  NonceManager,
  parseEther,
  WebSocketProvider,
} from 'ethers';
import { eventually } from '../../support/eventually.ts';
import { compileLedger } from '../../support/ledger-contract.ts';
import { describeClient, mnemonic } from './describe-client.ts';

const ledger = compileLedger();

async function script(url: string, wsUrl: string, accountIndex: number, midway: () => Promise<void>) {
  const provider = new JsonRpcProvider(url, 31337, {
    staticNetwork: true,
    polling: true,
    pollingInterval: 100,
  });
  const socket = new WebSocketProvider(wsUrl, 31337, { staticNetwork: true });
  const wallet = new NonceManager(
    HDNodeWallet.fromPhrase(mnemonic, undefined, `m/44'/60'/0'/0/${accountIndex}`).connect(provider),
  );
  const factory = new ContractFactory([...ledger.abi], ledger.bytecode, wallet);
  const deployed = await factory.deploy();
  await deployed.waitForDeployment();
  const address = await deployed.getAddress();

  const blocks: number[] = [];
  const entries: { number: bigint; note: string }[] = [];
  await socket.on('block', (number: number) => blocks.push(number));
  const watched = new Contract(address, [...ledger.abi], socket);
  await watched.on('Entry', (_author: string, number: bigint, note: string) =>
    entries.push({ number, note }),
  );
  await eventually(() => blocks.length > 0, 'a first head over the subscription');

  const recipient = `0x${(0xdef000 + accountIndex).toString(16).padStart(40, '0')}`;
  const transfer = await wallet.sendTransaction({ to: recipient, value: parseEther('1.5') });
  const receipt = await transfer.wait();
  await midway();
  const contract = new Contract(address, [...ledger.abi], wallet);
  for (const note of ['one', 'two', 'three']) {
    const sent = await contract.getFunction('write')(note);
    await sent.wait();
  }
  await eventually(() => entries.length >= 3, 'three events over the subscription');

  // Sent together, so that ethers makes a batch of them.
  const [network, balance, count, missing] = await Promise.all([
    provider.send('eth_chainId', []),
    provider.getBalance(recipient),
    contract.getFunction('count')(),
    provider.getBlock(99_999_999),
  ]);
  const reverted = await contract
    .getFunction('check')(101)
    .then(
      () => undefined,
      (error: { code: string; data: string; revert: { name: string; args: unknown[] } }) => ({
        code: error.code,
        data: error.data,
        name: error.revert.name,
        args: [...error.revert.args],
      }),
    );
  const logs = await contract.queryFilter('Entry', 0);
  await socket.destroy();
  provider.destroy();
  return {
    heads: blocks,
    facts: {
      network,
      balance,
      count,
      missing,
      reverted,
      entries,
      status: receipt?.status,
      gasUsed: receipt?.gasUsed,
      logs: logs.length,
    },
  };
}

describeClient('ethers', script);
