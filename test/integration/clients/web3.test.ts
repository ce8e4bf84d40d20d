import { toHex } from 'viem';
import { mnemonicToAccount } from 'viem/accounts';
import { Web3, WebSocketProvider } from 'web3';
import { eventually } from '../../support/eventually.ts';
import { compileLedger } from '../../support/ledger-contract.ts';
import { describeClient, mnemonic } from './describe-client.ts';

const ledger = compileLedger();

async function script(url: string, wsUrl: string, accountIndex: number, midway: () => Promise<void>) {
  const key = mnemonicToAccount(mnemonic, { addressIndex: accountIndex }).getHdKey().privateKey!;
  const web3 = new Web3(url);
  web3.eth.transactionPollingInterval = 100;
  const account = web3.eth.accounts.privateKeyToAccount(toHex(key));
  web3.eth.accounts.wallet.add(account);
  const from = account.address;
  const deployed = await new web3.eth.Contract(ledger.abi as never)
    .deploy({ data: ledger.bytecode })
    .send({ from, gas: '1000000' });
  const address = deployed.options.address!;

  // anvil answers a close with the end of the connection, and web3.js would try for 25 s to be back on what it closed.
  const socket = new Web3(new WebSocketProvider(wsUrl, {}, { autoReconnect: false }));
  const blocks: number[] = [];
  const entries: { number: unknown; note: unknown }[] = [];
  const heads = await socket.eth.subscribe('newBlockHeaders');
  heads.on('data', head => {
    blocks.push(Number(head.number));
  });
  const watched = new socket.eth.Contract(ledger.abi as never, address);
  const events = (
    watched.events as unknown as {
      Entry(): {
        on(name: string, listener: (event: { returnValues: Record<string, unknown> }) => void): void;
      };
    }
  ).Entry();
  events.on('data', event =>
    entries.push({ number: event.returnValues.number, note: event.returnValues.note }),
  );
  await eventually(() => blocks.length > 0, 'a first head over the subscription');

  const recipient = `0x${(0xfed000 + accountIndex).toString(16).padStart(40, '0')}`;
  const receipt = await web3.eth.sendTransaction({
    from,
    to: recipient,
    value: web3.utils.toWei('1.5', 'ether'),
  });
  await midway();
  const methods = new web3.eth.Contract(ledger.abi as never, address).methods as unknown as Record<
    string,
    (...args: unknown[]) => { send(options: object): Promise<unknown>; call(): Promise<unknown> }
  >;
  for (const note of ['one', 'two', 'three']) await methods.write!(note).send({ from, gas: '200000' });
  await eventually(() => entries.length >= 3, 'three events over the subscription');

  const batch = new web3.BatchRequest();
  const batched = [
    batch.add({ jsonrpc: '2.0', id: 'a', method: 'eth_chainId', params: [] } as never),
    batch.add({
      jsonrpc: '2.0',
      id: 'b',
      method: 'eth_getBalance',
      params: [recipient, 'latest'],
    } as never),
  ];
  await batch.execute();
  const [chainId, balance] = await Promise.all(batched);
  const count = await methods.count!().call();
  const reverted = await methods.check!(101)
    .call()
    .then(
      () => undefined,
      (error: { name: string; cause?: { errorName?: string; data?: string } }) => ({
        name: error.name,
        ...error.cause,
      }),
    );
  socket.currentProvider?.disconnect();
  return {
    heads: blocks,
    facts: {
      chainId,
      balance,
      count,
      entries,
      status: receipt.status,
      gasUsed: receipt.gasUsed,
      reverted: { name: reverted?.name, data: reverted?.data, errorName: reverted?.errorName },
    },
  };
}

describeClient('web3.js', script);
