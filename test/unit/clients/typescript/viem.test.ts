import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { createPublicClient, encodeErrorResult, parseAbi, toEventSelector } from 'viem';
import { type TrunklineTransportConfig, trunkline } from '../../../../clients/typescript/src/viem.ts';
import { eventually } from '../../../support/eventually.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { type ScriptedConnection, ScriptedFeed } from './scripted-feed.ts';

async function connected(t: TestContext, config: TrunklineTransportConfig = {}) {
  const server = await ScriptedFeed.start(t);
  const transport = trunkline(`${server.url.replace('/feed', '/rpc/devnet')}`, {
    reconnect: { minDelayMs: 1, maxDelayMs: 2 },
    ...config,
  });
  const client = createPublicClient({ transport });
  t.after(() => client.transport.close());
  return { server, client };
}

/** Answers every request of a connection, blocks with what they ask for. */
function answerBlocks(connection: ScriptedConnection): void {
  const answer = (text: unknown) => {
    const { id, method, params } = JSON.parse(String(text)) as {
      id: number;
      method: string;
      params: unknown[];
    };
    connection.answer(id, method === 'eth_getBlockByNumber' ? { number: params[0], hash: '0xh' } : '0x1');
  };
  for (const { id, method, params } of connection.requests) answer(JSON.stringify({ id, method, params }));
  connection.socket.on('message', answer);
}

describe('the viem transport', () => {
  it('sends requests to the chain, over one connection', async t => {
    const { server, client } = await connected(t);
    const both = Promise.all([client.getBlockNumber(), client.getChainId()]);
    const connection = await server.connection();
    assert.equal(connection.path, '/rpc/devnet');
    const first = await connection.request();
    const second = await connection.request();
    assert.deepEqual([first.method, second.method], ['eth_blockNumber', 'eth_chainId']);
    connection.answer(second.id, '0x7a69');
    connection.answer(first.id, '0x10');
    assert.deepEqual(await both, [16n, 31_337]);
    assert.equal(server.connections.length, 1);
  });

  it('hands errors to viem so that it can read them', async t => {
    const { server, client } = await connected(t);
    const read = client.readContract({
      address: '0x0000000000000000000000000000000000000001',
      abi: parseAbi(['function scold() view', 'error Scolded(uint256 times)']),
      functionName: 'scold',
    });
    const connection = await server.connection();
    const { id } = await connection.request();
    const data = encodeErrorResult({
      abi: parseAbi(['error Scolded(uint256 times)']),
      errorName: 'Scolded',
      args: [5n],
    });
    connection.refuse(id, { code: 3, message: 'execution reverted', data });
    await assert.rejects(read, /Scolded\(uint256 times\)\s+\(5\)/);
  });

  it('sends reads again when the connection breaks', async t => {
    const { server, client } = await connected(t);
    const balance = client.getGasPrice();
    const first = await server.connection();
    await first.request();
    first.socket.terminate();
    const second = await server.connection();
    const { id, method } = await second.request();
    assert.equal(method, 'eth_gasPrice');
    second.answer(id, '0x5');
    assert.equal(await balance, 5n);
  });

  it('does not send a write again, however it is asked to', async t => {
    const { server, client } = await connected(t);
    const write = client.request({ method: 'eth_sendRawTransaction', params: ['0x01'] });
    const first = await server.connection();
    await first.request();
    const read = client.getBlockNumber();
    await first.request();
    first.socket.terminate();
    await assert.rejects(
      write,
      /the connection broke behind eth_sendRawTransaction; it may have been applied/,
    );
    const second = await server.connection();
    const { id, method } = await second.request();
    assert.equal(method, 'eth_blockNumber');
    second.answer(id, '0x1');
    await read;
    assert.equal(second.requests.length, 1);
  });

  it('gives up a request in time, and a connection on which nothing came meanwhile', async t => {
    const clock = new ManualClock();
    const { server, client } = await connected(t, { environment: clock, timeout: 500, retryCount: 0 });
    const write = assert.rejects(
      client.request({ method: 'eth_sendRawTransaction', params: ['0x01'] }),
      /no answer to eth_sendRawTransaction within 500 ms/,
    );
    const read = assert.rejects(client.getBlockNumber(), { name: 'TimeoutError' });
    const first = await server.connection();
    await first.request();
    await first.request();
    clock.advance(500);
    await Promise.all([write, read]);
    await first.closed();
    const again = client.getBlockNumber();
    const second = await server.connection();
    const { id } = await second.request();
    second.answer(id, '0x2');
    assert.equal(await again, 2n);
  });

  it('subscribes to heads at the feed, and goes on across a lost connection', async t => {
    const { server, client } = await connected(t);
    const numbers: bigint[] = [];
    const errors: Error[] = [];
    const unwatch = client.watchBlockNumber({
      onBlockNumber: number => numbers.push(number),
      onError: error => errors.push(error),
    });
    const first = await server.connection();
    assert.equal(first.path, '/feed');
    assert.deepEqual(await first.accept('e:0'), { topics: ['devnet.heads'] });
    first.events(1, 1, 'devnet.heads', { number: '0x1' });
    first.notify('feed_reorg', { cursor: 'e:2', topic: 'devnet.reorgs', time: 1, data: {} });
    await eventually(() => numbers.length === 1);
    first.socket.terminate();
    const second = await server.connection();
    assert.equal((await second.accept('e:2')).from, 'e:2');
    second.events(3, 3, 'devnet.heads', { number: '0x2' });
    await eventually(() => numbers.length === 2);
    assert.deepEqual(numbers, [1n, 2n]);
    assert.deepEqual(errors, []);
    unwatch();
    await second.closed();
  });

  it('fetches blocks for watchBlocks while the connection for requests breaks', async t => {
    const { server, client } = await connected(t);
    const numbers: unknown[] = [];
    client.watchBlocks({ onBlock: block => numbers.push(block?.number) });
    const feed = await server.connection();
    await feed.accept('e:0');
    feed.events(1, 1, 'devnet.heads', { number: '0x1' });
    const first = await server.connection();
    await first.request();
    first.socket.terminate();
    answerBlocks(await server.connection());
    await eventually(() => numbers.length === 1);
    assert.deepEqual(numbers, [1n]);
  });

  it('subscribes to logs by address and signature, and filters the other topics itself', async t => {
    const { server, client } = await connected(t);
    const [event] = parseAbi(['event Entry(address indexed author, uint256 indexed number)']);
    const author = '0x00000000000000000000000000000000000000AA';
    const seen: (bigint | undefined)[] = [];
    client.watchEvent({
      address: author,
      event,
      args: { number: 2n },
      onLogs: logs => seen.push(...logs.map(log => log.args.number)),
    });
    const connection = await server.connection();
    const { topics } = await connection.accept('e:0');
    const signature = toEventSelector(event);
    assert.deepEqual(topics, [`devnet.logs.${author.toLowerCase()}.${signature}`]);
    const word = (hex: string) => `0x${hex.padStart(64, '0')}`;
    for (const number of ['1', '2', '3', '2']) {
      connection.events(1, 1, `devnet.logs.x`, {
        address: author.toLowerCase(),
        topics: [signature, word('aa'), word(number)],
        data: '0x',
        blockNumber: '0x1',
        logIndex: '0x0',
        transactionIndex: '0x0',
      });
    }
    await eventually(() => seen.length === 2);
    assert.deepEqual(seen, [2n, 2n]);
  });

  it('tells of a gap and of a consumer that throws, and goes on', async t => {
    const { server, client } = await connected(t);
    const errors: unknown[] = [];
    const hashes: unknown[] = [];
    const subscribed = client.transport.subscribe({
      params: ['newPendingTransactions'],
      onData: data => {
        const { result } = data as unknown as { result: unknown };
        if (result === '0xbad') throw new Error('not mine');
        hashes.push(data);
      },
      onError: error => errors.push(error),
    });
    const connection = await server.connection();
    assert.deepEqual((await connection.accept('e:0')).topics, ['devnet.pending']);
    const { subscriptionId, unsubscribe } = await subscribed;
    connection.notify('feed_gap', {
      cursor: 'e:1',
      chain: 'devnet',
      data: { reason: 'shed', message: '5 left out' },
    });
    connection.events(2, 2, 'devnet.pending', '0xbad');
    connection.events(3, 3, 'devnet.pending', '0xgood');
    await eventually(() => hashes.length === 1);
    assert.deepEqual(hashes, [{ subscription: subscriptionId, result: '0xgood' }]);
    assert.deepEqual(
      errors.map(error => (error as Error).message),
      ['5 left out', 'not mine'],
    );
    assert.equal((await unsubscribe()).result, true);
    await connection.closed();
    assert.equal(errors.length, 2);
  });

  it('refuses what the feed refuses, and what it does not have', async t => {
    const { server, client } = await connected(t);
    const refused = client.transport.subscribe({ params: ['newHeads'], onData: () => {} });
    const connection = await server.connection();
    const { id } = await connection.request();
    connection.refuse(id, { code: -32602, message: 'no such chain', data: { code: 'topic_invalid' } });
    await assert.rejects(refused, { code: 'topic_invalid' });
    await assert.rejects(client.transport.subscribe({ params: ['syncing'], onData: () => {} }), {
      code: 'subscription_unsupported',
    });
  });

  it('ends everything when it is closed, a subscription that waits for the server too', async t => {
    const { server, client } = await connected(t);
    const ready = client.transport.subscribe({ params: ['newHeads'], onData: () => {} });
    const waiting = client.transport.subscribe({ params: ['newHeads'], onData: () => {} });
    const feeds = [await server.connection(), await server.connection()];
    await feeds[0]!.accept('e:0');
    await ready;
    const read = assert.rejects(client.getBlockNumber(), /the transport was closed/);
    feeds.push(await server.connection());
    client.transport.close();
    await Promise.all([read, assert.rejects(waiting, { code: 'subscription_ended' })]);
    await Promise.all(feeds.map(feed => feed.closed()));
    await assert.rejects(client.getBlockNumber(), /the transport was closed/);
  });

  it('takes no address that is none of a chain', () => {
    for (const url of ['ws://127.0.0.1:4000', 'ws://127.0.0.1:4000/feed', 'nonsense'])
      assert.throws(() => trunkline(url), { code: 'url_invalid' }, url);
    trunkline('https://example.org/base/rpc/eip155:1/');
  });
});
