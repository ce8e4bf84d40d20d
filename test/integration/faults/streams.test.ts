import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { WebSocket } from 'ws';
import { eventually } from '../../support/eventually.ts';
import { StubRpcError } from '../../support/stub-upstream.ts';
import { startStubbedTrunkline } from '../../support/stubbed-trunkline.ts';

interface Client {
  readonly socket: WebSocket;
  readonly events: unknown[];
}

/** Opens a socket and subscribes; settles once the subscription's id has come. */
function subscribe(wsUrl: string, params: readonly unknown[]): Promise<Client> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${wsUrl}/rpc/test`, { perMessageDeflate: false });
    const events: unknown[] = [];
    socket.on('error', reject);
    socket.on('open', () =>
      socket.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_subscribe', params })),
    );
    socket.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString()) as {
        id?: number;
        error?: { message: string };
        params?: { result: unknown };
      };
      if (message.error !== undefined) reject(new Error(message.error.message));
      else if (message.id === 1) resolve({ socket, events });
      else events.push(message.params?.result);
    });
  });
}

const head = (number: number) => ({
  number: `0x${number.toString(16)}`,
  hash: `0x${number.toString(16).padStart(64, '0')}`,
  parentHash: `0x${(number - 1).toString(16).padStart(64, '0')}`,
  timestamp: `0x${number.toString(16)}`,
});

const transfer = '0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef';
const log = (block: number, index: number) => ({
  address: '0x00000000000000000000000000000000deadbeef',
  topics: [transfer],
  data: '0x',
  blockNumber: `0x${block.toString(16)}`,
  blockHash: `0x${block.toString(16).padStart(64, '0')}`,
  transactionHash: `0x${index.toString(16).padStart(64, '0')}`,
  transactionIndex: '0x0',
  logIndex: `0x${index.toString(16)}`,
  removed: false,
});

describe('event streams', () => {
  it('makes one upstream subscription a provider for 5,000 clients that come at once [fault 20]', async t => {
    const { trunkline, stubs } = await startStubbedTrunkline(t, { stubs: 2 });
    const count = () =>
      stubs.map(
        stub =>
          stub.requests.filter(call => call.method === 'eth_subscribe' && call.params[0] === 'logs').length,
      );
    const filter = { address: '0x00000000000000000000000000000000deadbeef', topics: [transfer] };
    const clients: Client[] = [];
    for (let i = 0; i < 10; i++) {
      clients.push(
        ...(await Promise.all(
          Array.from({ length: 500 }, () => subscribe(trunkline.wsUrl, ['logs', filter])),
        )),
      );
    }
    assert.equal(clients.length, 5_000);
    assert.deepEqual(count(), [1, 1]);
    for (const stub of stubs) stub.notify('logs', log(101, 1));
    await eventually(
      () => clients.every(client => client.events.length === 1),
      'the event at every client',
      30_000,
    );
    for (const { socket } of clients) socket.terminate();
    await eventually(
      () => stubs.every(stub => stub.requests.some(call => call.method === 'eth_unsubscribe')),
      'unsubscribed upstream',
      15_000,
    );
  });

  it('gives one copy of what three providers send', async t => {
    const { trunkline, stubs } = await startStubbedTrunkline(t, {
      stubs: 3,
      chain: 'aggregation: { width: 3 }',
    });
    const heads = await subscribe(trunkline.wsUrl, ['newHeads']);
    const logs = await subscribe(trunkline.wsUrl, ['logs', { topics: [transfer] }]);
    const pending = await subscribe(trunkline.wsUrl, ['newPendingTransactions']);
    await eventually(() => stubs.every(stub => stub.subscriptions >= 3), 'subscribed everywhere');
    for (let number = 101; number <= 120; number++) {
      for (const stub of stubs) {
        stub.notify('newHeads', head(number));
        stub.notify('logs', log(number, 0));
        stub.notify('newPendingTransactions', `0x${number.toString(16).padStart(64, '0')}`);
      }
    }
    await eventually(
      () => heads.events.length >= 20 && logs.events.length >= 20 && pending.events.length >= 20,
      'all events',
    );
    assert.deepEqual(
      heads.events.map(event => Number((event as { number: string }).number)),
      Array.from({ length: 20 }, (_, i) => 101 + i),
    );
    assert.equal(logs.events.length, 20);
    assert.equal(pending.events.length, 20);
    for (const { socket } of [heads, logs, pending]) socket.close();
  });

  it('goes on without a gap or a repeat when the provider of a stream drops its sockets [fault 16]', async t => {
    const { trunkline, stubs } = await startStubbedTrunkline(t, {
      stubs: 3,
      chain: 'aggregation: { width: 1 }\nwebsocket: { reconnect_min: 100ms, reconnect_max: 200ms }',
    });
    const everything = Array.from({ length: 60 }, (_, i) => log(101 + i, 0));
    for (const stub of stubs) {
      stub.on('eth_getLogs', ([range]) => {
        const { fromBlock, toBlock } = range as { fromBlock: string; toBlock: string };
        return everything.filter(
          entry =>
            Number(entry.blockNumber) >= Number(fromBlock) &&
            Number(entry.blockNumber) <= Math.min(Number(toBlock), stub.head),
        );
      });
      stub.on('eth_getBlockByNumber', ([tag]) => head(tag === 'latest' ? stub.head : Number(tag)));
    }
    const heads = await subscribe(trunkline.wsUrl, ['newHeads']);
    const logs = await subscribe(trunkline.wsUrl, ['logs', { topics: [transfer] }]);
    for (let i = 0; i < 60; i++) {
      for (const stub of stubs) {
        stub.head = 101 + i;
        stub.notify('newHeads', head(101 + i));
        stub.notify('logs', everything[i]);
      }
      if (i % 15 === 7) stubs[(i >> 4) % 3]!.dropWebSockets();
      await eventually(() => heads.events.length >= i + 1, `head ${101 + i}`);
    }
    await eventually(() => logs.events.length >= 60, 'all logs');
    assert.deepEqual(
      heads.events.map(event => Number((event as { number: string }).number)),
      Array.from({ length: 60 }, (_, i) => 101 + i),
    );
    assert.deepEqual(
      logs.events.map(event => Number((event as { blockNumber: string }).blockNumber)),
      Array.from({ length: 60 }, (_, i) => 101 + i),
    );
    for (const { socket } of [heads, logs]) socket.close();
  });

  it('answers a subscription before its first event', async t => {
    const { trunkline, stubs } = await startStubbedTrunkline(t);
    const first = await subscribe(trunkline.wsUrl, ['newHeads']);
    const order: string[] = [];
    const socket = new WebSocket(`${trunkline.wsUrl}/rpc/test`);
    socket.on('open', () => {
      socket.send('{"jsonrpc":"2.0","id":9,"method":"eth_subscribe","params":["newHeads"]}');
      for (let number = 101; number < 140; number++) stubs[0]!.notify('newHeads', head(number));
    });
    socket.on('message', (data: Buffer) =>
      order.push(data.toString().includes('"id":9') ? 'reply' : 'event'),
    );
    await eventually(() => first.events.length >= 39 && order.length > 0, 'events');
    assert.equal(order[0], 'reply');
    socket.close();
    first.socket.close();
  });

  it("hands on the upstream's refusal of a subscription", async t => {
    const { trunkline, stubs } = await startStubbedTrunkline(t);
    stubs[0]!.on('eth_subscribe', () => {
      throw new StubRpcError(-32602, 'unknown subscription nonsense');
    });
    await assert.rejects(subscribe(trunkline.wsUrl, ['nonsense']), /unknown subscription nonsense/);
    await assert.rejects(subscribe(trunkline.wsUrl, []));
  });
});
