import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { eventually } from '../../support/eventually.ts';
import { type ScriptedBlock, ScriptedChain, type ScriptedLog } from '../../support/scripted-chain.ts';
import { StubRpcError, type StubUpstream } from '../../support/stub-upstream.ts';
import { startStubbedTrunkline } from '../../support/stubbed-trunkline.ts';
import { logId, type Subscriber, subscribe } from '../../support/subscriber.ts';

const address = `0x${'deadbeef'.padStart(40, '0')}`;
const transfer = '0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef';
const wanted: ScriptedLog = { address, topics: [transfer] };
const unwanted: ScriptedLog = { address: `0x${'1'.repeat(40)}`, topics: [`0x${'2'.repeat(64)}`] };
const quickReconnect = 'websocket: { reconnect_min: 100ms, reconnect_max: 200ms }';

/** A Trunkline over stubs that serve one scripted chain, and the tip that `mine` moves. */
async function start(
  t: TestContext,
  options: { readonly stubs?: number; readonly chain?: string; readonly server?: string } = {},
) {
  const chain = new ScriptedChain();
  const { trunkline, stubs, rpc } = await startStubbedTrunkline(t, {
    ...options,
    prepare: stub => chain.serve(stub),
  });
  // A subscription made before the first block is in the feed would get that one too.
  await eventually(async () => {
    const stats = (await (await fetch(`${trunkline.url}/stats`)).json()) as { feed: { latest: number } };
    return stats.feed.latest > 0;
  }, 'the first block');
  let tip = chain.genesis;
  const mine = (logs: readonly ScriptedLog[] = [], at: readonly StubUpstream[] = stubs): ScriptedBlock => {
    tip = chain.make(tip, logs);
    chain.announce(tip, at);
    return tip;
  };
  const url = `${trunkline.wsUrl}/rpc/test`;
  return { chain, trunkline, stubs, rpc, mine, url };
}

const numbers = ({ events }: Subscriber) => events.map(event => Number((event as { number: string }).number));
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

describe('event streams', () => {
  it('makes one upstream subscription a topic and provider for 5,000 clients that come at once [fault 20]', async t => {
    const { stubs, mine, url } = await start(t, { stubs: 2 });
    const upstream = (kind: string) =>
      stubs.map(stub => stub.subscribed.filter(([subscribed]) => subscribed === kind).length);
    const clients: Subscriber[] = [];
    for (let i = 0; i < 10; i++) {
      const params = i % 2 === 0 ? ['logs', { address, topics: [transfer] }] : ['newPendingTransactions'];
      clients.push(...(await Promise.all(Array.from({ length: 500 }, () => subscribe(url, params)))));
    }
    await eventually(() => upstream('newPendingTransactions').every(count => count === 1), 'subscribed');
    assert.deepEqual(
      [upstream('newHeads'), upstream('logs')],
      [
        [1, 1],
        [0, 0],
      ],
    );
    const asked = () => stubs.reduce((sum, stub) => sum + stub.count('eth_getLogs'), 0);
    const before = asked();
    mine([wanted]);
    for (const stub of stubs) stub.notify('newPendingTransactions', `0x${'3'.repeat(64)}`);
    await eventually(
      () => clients.every(client => client.events.length === 1),
      'the event at every client',
      30_000,
    );
    assert.equal(asked() - before, 1, 'one call for the block, whatever the number of clients');
    for (const { socket } of clients) socket.terminate();
    await eventually(
      () => upstream('newPendingTransactions').every(count => count === 0),
      'unsubscribed upstream',
      20_000,
    );
  });

  it('gives one copy of what three providers send', async t => {
    const { stubs, mine, url } = await start(t, { stubs: 3, chain: 'aggregation: { width: 3 }' });
    const heads = await subscribe(url, ['newHeads']);
    const logs = await subscribe(url, ['logs', { topics: [transfer] }]);
    const pending = await subscribe(url, ['newPendingTransactions']);
    await eventually(
      () => stubs.every(stub => stub.subscribed.some(([kind]) => kind === 'newPendingTransactions')),
      'subscribed everywhere',
    );
    for (let number = 101; number <= 120; number++) {
      mine([wanted, unwanted, wanted]);
      for (const stub of stubs)
        stub.notify('newPendingTransactions', `0x${number.toString(16).padStart(64, '0')}`);
    }
    await eventually(
      () => heads.events.length >= 20 && logs.events.length >= 40 && pending.events.length >= 20,
      'all events',
    );
    assert.deepEqual(numbers(heads), range(101, 121));
    assert.equal(new Set(logs.events.map(logId)).size, 40);
    assert.deepEqual([logs.events.length, pending.events.length], [40, 20]);
    for (const { socket } of [heads, logs, pending]) socket.close();
  });

  it('goes on without a gap or a repeat when providers drop their sockets inside a burst [fault 16]', async t => {
    const { chain, stubs, mine, url } = await start(t, { stubs: 3, chain: quickReconnect });
    const heads = await subscribe(url, ['newHeads']);
    const logs = await subscribe(url, ['logs', { topics: [transfer] }]);
    let tip = chain.genesis;
    for (let i = 0; i < 60; i++) {
      tip = mine([wanted, unwanted]);
      // In the middle of the block's announcement, and for one of them while the others wait.
      if (i % 5 === 2) stubs[((i / 5) % 3) | 0]!.dropWebSockets();
      if (i % 6 === 5) await eventually(() => heads.events.length >= i - 3, `head ${tip.number - 3}`);
    }
    await eventually(() => heads.events.length >= 60 && logs.events.length >= 60, 'everything', 20_000);
    assert.deepEqual(numbers(heads), range(101, 161));
    const there = chain.logsUpTo(tip).filter(log => log.address === address);
    assert.deepEqual(logs.events.map(logId), there.map(logId));
    for (const { socket } of [heads, logs]) socket.close();
  });

  it('delivers what matched a quiet filter while its provider went down [fault 18]', async t => {
    const { chain, stubs, rpc, mine, url } = await start(t, { stubs: 2, chain: quickReconnect });
    const [one, other] = stubs as [StubUpstream, StubUpstream];
    const logs = await subscribe(url, ['logs', { address }]);
    const { result: filter } = await rpc('eth_newFilter', [{ address }]);
    const { result: blocks } = await rpc('eth_newBlockFilter');
    const first = mine([unwanted]);
    // The first provider is gone before it could tell, and the second one says nothing until later.
    one.dropWebSockets();
    await one.stop();
    const quiet = chain.make(chain.make(first, [wanted]), [wanted]);
    chain.give(quiet, other);
    chain.announce(chain.make(quiet, [unwanted]), [other]);
    await eventually(() => logs.events.length >= 2, 'the logs of the quiet time');
    assert.equal(logs.events.length, 2);
    const { result: changes } = await rpc('eth_getFilterChanges', [filter]);
    assert.deepEqual((changes as object[]).map(logId), logs.events.map(logId));
    assert.ok(((await rpc('eth_getFilterChanges', [blocks])).result as string[]).includes(quiet.hash));
    logs.socket.close();
  });

  it('takes each log of an orphaned block back once, then tells the new ones [fault 14]', async t => {
    const { chain, stubs, rpc, mine, url } = await start(t, { stubs: 2 });
    const heads = await subscribe(url, ['newHeads']);
    const logs = await subscribe(url, ['logs', { address }]);
    const { result: filter } = await rpc('eth_newFilter', [{ address }]);
    const base = mine([wanted]);
    const old = [mine([wanted, wanted]), mine([unwanted]), mine([wanted])];
    await eventually(() => logs.events.length === 4, 'the logs of the old branch');
    let tip = base;
    const fresh = range(0, 4).map(() => {
      tip = chain.make(tip, [wanted]);
      return tip;
    });
    for (const stub of stubs) chain.give(tip, stub);
    chain.announce(tip, stubs);
    await eventually(() => logs.events.length >= 11, 'the change of branch');
    const told = [
      ...[base, ...old].flatMap(block => block.logs).filter(log => log.address === address),
      ...[...old]
        .reverse()
        .flatMap(block => [...block.logs].reverse())
        .filter(log => log.address === address)
        .map(log => ({ ...log, removed: true })),
      ...fresh.flatMap(block => block.logs),
    ];
    assert.deepEqual(logs.events.map(logId), told.map(logId));
    assert.deepEqual(
      heads.events.map(event => (event as { hash: string }).hash),
      [base, ...old, ...fresh].map(block => block.hash),
    );
    const { result: changes } = await rpc('eth_getFilterChanges', [filter]);
    assert.deepEqual((changes as object[]).map(logId), told.map(logId));
    for (const { socket } of [heads, logs]) socket.close();
  });

  it('closes with 1011 and the range when more blocks were missed than are fetched; a filter is unknown then', async t => {
    const { chain, stubs, rpc, mine, url } = await start(t, { chain: 'aggregation: { max_backfill: 5 }' });
    const heads = await subscribe(url, ['newHeads']);
    const pending = await subscribe(url, ['newPendingTransactions']);
    const { result: filter } = await rpc('eth_newFilter', [{ address }]);
    let tip = mine([wanted]);
    await eventually(() => heads.events.length === 1, 'a first head');
    for (let i = 0; i < 40; i++) tip = chain.make(tip);
    chain.announce(tip, stubs);
    const { code, reason } = await heads.closed;
    assert.equal(code, 1011);
    assert.match(reason, /10[0-9].*1[34][0-9]/);
    assert.equal(pending.socket.readyState, pending.socket.OPEN, 'transactions are not a matter of blocks');
    assert.equal(((await rpc('eth_getFilterChanges', [filter])).result as unknown[]).length, 1);
    assert.equal((await rpc('eth_getFilterChanges', [filter])).error?.message, 'filter not found');
    pending.socket.close();
  });

  it('answers a subscription before its first event', async t => {
    const { mine, url } = await start(t);
    const mineMany = (count: number) => {
      for (let i = 0; i < count; i++) mine();
    };
    const first = await subscribe(url, ['newHeads']);
    const late = subscribe(url, ['newHeads'], { onOpen: () => mineMany(40) });
    await eventually(() => first.events.length >= 40, 'events');
    const { order, socket } = await late;
    mine();
    await eventually(() => order.length > 1, 'an event');
    assert.deepEqual([order[0], order.lastIndexOf('reply')], ['reply', 0]);
    socket.close();
    first.socket.close();
  });

  it('serves heads again when the only provider comes back, on the subscription made without it', async t => {
    const { stubs, mine, url } = await start(t, { chain: quickReconnect });
    stubs[0]!.dropWebSockets();
    const heads = await subscribe(url, ['newHeads']);
    await eventually(() => stubs[0]!.subscriptions > 0, 'back');
    const block = mine();
    await eventually(() => heads.events.length > 0, 'a head');
    assert.deepEqual(heads.events, [block.header]);
    heads.socket.close();
  });

  it("hands on the upstream's refusal of a subscription", async t => {
    const { stubs, url } = await start(t);
    stubs[0]!.on('eth_subscribe', () => {
      throw new StubRpcError(-32602, 'unknown subscription nonsense');
    });
    await assert.rejects(subscribe(url, ['nonsense']), /unknown subscription nonsense/);
    await assert.rejects(subscribe(url, []));
  });
});
