import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { WebSocket } from 'ws';
import { eventually } from '../../support/eventually.ts';
import { type SolanaUpstream, scriptedGenesis, startSolanaUpstream } from '../../support/solana-upstream.ts';
import { startTrunkline } from '../../support/trunkline.ts';

async function setUp(t: TestContext, count: number, prepare: (upstream: SolanaUpstream) => void = () => {}) {
  const upstreams = await Promise.all(Array.from({ length: count }, () => startSolanaUpstream(t)));
  for (const upstream of upstreams) prepare(upstream);
  const trunkline = await startTrunkline(
    [
      'chains:',
      '  sol:',
      '    family: solana',
      `    genesis_hash: ${scriptedGenesis}`,
      '    websocket: { reconnect_min: 20ms, reconnect_max: 100ms }',
      '    providers:',
      ...upstreams.map(({ url, wsUrl }, i) => `      - { id: s${i + 1}, url: "${url}", ws_url: "${wsUrl}" }`),
    ].join('\n'),
    t,
  );
  await trunkline.allUp();
  await eventually(() => upstreams.every(({ subscribed }) => subscribed.length > 0), 'heads are followed');
  return { upstreams, trunkline, url: `${trunkline.wsUrl}/rpc/sol` };
}

/** A client of `/rpc/sol`. */
async function connect(t: TestContext, url: string) {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  const notifications: string[] = [];
  const replies = new Map<
    number,
    (reply: { result?: unknown; error?: { code: number; message: string } }) => void
  >();
  let nextId = 1;
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  t.after(() => socket.terminate());
  socket.on('message', (data: Buffer) => {
    const message = JSON.parse(data.toString());
    if (message.id === undefined) notifications.push(data.toString());
    else replies.get(message.id)?.(message);
  });
  const ask = (method: string, params: readonly unknown[] = []) =>
    new Promise<{ result?: unknown; error?: { code: number; message: string } }>(resolve => {
      const id = nextId++;
      replies.set(id, resolve);
      socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
    });
  const closes: [number, string][] = [];
  socket.on('close', (code, reason) => closes.push([code, reason.toString()]));
  return {
    ask,
    notifications,
    closes,
    results: () => notifications.map(text => JSON.parse(text).params.result),
  };
}

const logsOf = (slot: number, signature: string) => ({
  context: { slot },
  value: { signature, err: null, logs: [] },
});

describe('Solana subscriptions through Trunkline', () => {
  it('bring slots once and in order from all providers, while one is killed', async t => {
    const { upstreams, url } = await setUp(t, 3);
    const client = await connect(t, url);
    assert.deepEqual((await client.ask('slotSubscribe')).result, 1);
    for (const upstream of upstreams) upstream.advance(101);
    await eventually(() => client.notifications.length === 1, 'the first slot');
    assert.equal(
      client.notifications[0],
      '{"jsonrpc":"2.0","method":"slotNotification","params":{"result":{"parent":100,"root":69,"slot":101},"subscription":1}}',
    );
    await upstreams[0]!.stop();
    for (const upstream of upstreams.slice(1)) upstream.advance(102);
    upstreams[1]!.advance(103);
    upstreams[2]!.advance(103);
    await eventually(() => client.notifications.length === 3, 'the slots after');
    assert.deepEqual(
      client.results().map(({ slot }) => slot),
      [101, 102, 103],
    );
    assert.equal((await client.ask('slotUnsubscribe', [1])).result, true);
    assert.deepEqual((await client.ask('slotUnsubscribe', [1])).error?.message, 'Invalid subscription id.');
  });

  it('share one upstream subscription among clients, and go on at another provider', async t => {
    const { upstreams, url } = await setUp(t, 3);
    const [one, other] = [await connect(t, url), await connect(t, url)];
    await one.ask('logsSubscribe', ['all']);
    await other.ask('logsSubscribe', ['all', { commitment: 'finalized' }]);
    const carriers = () =>
      upstreams.filter(({ subscribed }) => subscribed.some(([method]) => method === 'logsSubscribe'));
    await eventually(() => carriers().length === 2, 'two providers carry it');
    const [first, second] = carriers() as [SolanaUpstream, SolanaUpstream];
    assert.equal(first.notify('logs', logsOf(101, 'a')), 1);
    second.notify('logs', logsOf(101, 'a'));
    second.notify('logs', logsOf(101, 'b'));
    await eventually(() => other.notifications.length === 2, 'both');
    await first.stop();
    await eventually(() => carriers().length === 2, 'another one has taken over');
    for (const carrier of carriers()) {
      carrier.notify('logs', logsOf(101, 'b'));
      carrier.notify('logs', logsOf(102, 'c'));
    }
    for (const client of [one, other]) {
      await eventually(() => client.notifications.length === 3, 'the third');
      assert.deepEqual(
        client.results().map(({ value }) => value.signature),
        ['a', 'b', 'c'],
      );
    }
  });

  it('end with the one notification of a signature', async t => {
    const { upstreams, url } = await setUp(t, 2);
    const client = await connect(t, url);
    const { result: id } = await client.ask('signatureSubscribe', ['sig', { commitment: 'confirmed' }]);
    const waiting = () => upstreams.filter(({ subscribed }) => subscribed.length === 2);
    await eventually(() => waiting().length === 2, 'subscribed upstream');
    upstreams[1]!.notifyRaw('signature', '{"context":{"slot":7},"value":{"err":null}}');
    await eventually(() => client.notifications.length === 1, 'told');
    await eventually(() => waiting().length === 0, 'nothing is left upstream');
    const again = await client.ask('signatureUnsubscribe', [id]);
    assert.deepEqual([again.error?.code, again.error?.message], [-32602, 'Invalid subscription id.']);
    assert.equal(client.notifications.length, 1);
    assert.ok(!upstreams[1]!.called.includes('signatureUnsubscribe'), 'it had ended there by itself');
  });

  it('are tried elsewhere where a provider lacks the method, and refused where all do', async t => {
    const lacking = () => {
      throw { code: -32601, message: 'Method not found' };
    };
    const { upstreams, url } = await setUp(t, 2);
    upstreams[0]!.on('blockSubscribe', lacking);
    for (const upstream of upstreams) upstream.on('voteSubscribe', lacking);
    const client = await connect(t, url);
    assert.equal((await client.ask('blockSubscribe', ['all'])).result, 1);
    upstreams[1]!.notify('block', { context: { slot: 7 }, value: { slot: 7, block: null, err: null } });
    await eventually(() => client.notifications.length === 1, 'a block');
    const { error } = await client.ask('voteSubscribe');
    assert.deepEqual(
      [error?.code, error?.message],
      [-32601, 'the providers refused the subscription: Method not found'],
    );
  });

  it('close the socket when events may be missing, and keep it open for what can be asked for', async t => {
    const { upstreams, url, trunkline } = await setUp(t, 2);
    const [watcher, holder] = [await connect(t, url), await connect(t, url)];
    assert.equal((await watcher.ask('logsSubscribe', ['all'])).result, 1);
    assert.equal((await holder.ask('accountSubscribe', ['key'])).result, 1);
    await Promise.all(upstreams.map(upstream => upstream.stop()));
    const sources = () => trunkline.chain('sol').runtime.hub!.stats().sources;
    await eventually(() => sources().every(({ isOpen }) => !isOpen), 'nobody carries them');
    await Promise.all(upstreams.map(upstream => upstream.start()));
    await eventually(() => watcher.closes.length === 1, 'closed', 15_000);
    assert.deepEqual(watcher.closes, [
      [1011, 'no provider carried a stream for a while: events may be missing, subscribe again'],
    ]);
    await eventually(() => upstreams.some(({ called }) => called.includes('getAccountInfo')), 'asked for');
    assert.deepEqual(holder.closes, []);
  });

  it('leave the bytes of an account as they are', async t => {
    const { upstreams, url } = await setUp(t, 1);
    const client = await connect(t, url);
    await client.ask('accountSubscribe', ['key', { encoding: 'base64' }]);
    const result = '{"context": {"slot":7},"value":{"rentEpoch":18446744073709551615, "lamports":1e0}}';
    upstreams[0]!.notifyRaw('account', result);
    await eventually(() => client.notifications.length === 1, 'told');
    assert.ok(client.notifications[0]!.includes(`"result":${result},`));
  });
});
