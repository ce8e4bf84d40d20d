import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { eventually } from '../../support/eventually.ts';
import { sendCalls } from '../../support/load.ts';
import { devnetYaml, type RunningTrunkline, startTrunkline } from '../../support/trunkline.ts';

const yaml = `${devnetYaml}
    selection: { strategy: round_robin }
    circuit_breaker: { recovery_timeout: 500ms, max_recovery_timeout: 1s }
    failover: { deadline: 10s, cooldown: 200ms }
    health: { probe_interval: 1s }
    websocket: { ping_interval: 1s, ping_timeout: 1s, reconnect_min: 100ms, reconnect_max: 500ms }
`;

describe('one of three providers fails', () => {
  let trunkline: RunningTrunkline;
  let url: string;
  const devnet = () => trunkline.chain('devnet').devnet!;
  const provider = (id: string) => trunkline.chain('devnet').runtime.table.get(id)!;
  const dispatches = (id: string) => devnet().provider(id).counters().requestsByMethod.eth_getBalance ?? 0;
  before(async () => {
    trunkline = await startTrunkline(yaml);
    url = `${trunkline.url}/rpc/devnet`;
    await trunkline.allUp();
  });
  afterEach(async () => {
    await devnet().heal();
    await eventually(
      async () => {
        await sendCalls(
          url,
          'eth_getBalance',
          ['0x00000000000000000000000000000000deadbeef', 'latest'],
          6,
          1,
        );
        return devnet().providers.every(
          ({ id }) => provider(id).state === 'up' && provider(id).breakers.http === 'closed',
        );
      },
      'providers mended',
      30_000,
    );
  });
  after(() => trunkline.stop());

  const faults: readonly [string, string, Record<string, string | number>][] = [
    ['killed between bodies [fault 1]', 'kill', {}],
    ['killed in mid-body [fault 1]', 'truncate', { style: 'connection', method: 'eth_getBalance' }],
    ['resetting after some bytes [fault 3]', 'reset', { after_bytes: 20, method: 'eth_getBalance' }],
    ['resetting at once [fault 3]', 'reset', { stage: 'connect' }],
    ['answering 500 [fault 5]', 'error', { status: 503, method: 'eth_getBalance' }],
    ['answering 429 with Retry-After [fault 6]', 'rate-limit', {}],
    ['answering 200 with a rate-limit error [fault 7]', 'rate-limit', { style: 'rpc' }],
    ['answering an HTML 429 page [fault 7]', 'rate-limit', { style: 'html' }],
    ['answering truncated JSON [fault 8]', 'truncate', { style: 'body', method: 'eth_getBalance' }],
    ['answering a wrong id [fault 8]', 'wrong-id', { method: 'eth_getBalance' }],
    ['redirecting [attack 21]', 'redirect', { method: 'eth_getBalance' }],
  ];
  for (const [title, kind, options] of faults) {
    it(`lets no request fail while it is ${title}`, async () => {
      const load = sendCalls(
        url,
        'eth_getBalance',
        ['0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266', 'latest'],
        400,
        8,
      );
      await devnet().fault(2, kind, options);
      const { failures, results } = await load;
      assert.deepEqual(failures, []);
      assert.ok(results.every(result => result === results[0]));
      const { failures: later } = await sendCalls(
        url,
        'eth_getBalance',
        ['0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266', 'latest'],
        200,
        8,
      );
      assert.deepEqual(later, []);
    });
  }

  it('lets no request fail while it hangs, and stops asking it [fault 2]', async () => {
    const node = provider('node-2');
    const openings = async () => {
      const text = await (await fetch(`${trunkline.url}/metrics`)).text();
      const counts = text.matchAll(/^trunkline_breaker_openings_total\{.*provider="node-2".*\} (\d+)$/gm);
      return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
    };
    // About no block: asked for the newest it would soon be left alone for being behind, not for its silence.
    const method = 'net_version';
    const asked = () => devnet().provider('node-2').counters().requestsByMethod[method] ?? 0;
    const callOn = async (until: () => boolean | Promise<boolean>, what: string) => {
      await eventually(
        async () => {
          const { failures, latencies } = await sendCalls(url, method, [], 60, 8);
          assert.deepEqual(failures, []);
          assert.ok(latencies.at(-1)! < 6_000, `slowest ${latencies.at(-1)} ms`);
          return until();
        },
        what,
        30_000,
      );
    };
    await devnet().fault(2, 'hang');
    const askedAtFirst = asked();
    await callOn(
      () =>
        node.breakers.http !== 'closed' &&
        (node.breakers.websocket !== 'closed' || node.streams?.isOpen !== true),
      'its silence is noticed',
    );
    assert.ok(asked() > askedAtFirst, 'it was asked at first');
    // Each time that one of its two breakers is half-open, two calls at most find out that it still hangs.
    const openedBefore = await openings();
    const askedBefore = asked();
    await callOn(
      async () => node.state === 'down' || (await openings()) > openedBefore,
      'it was tried again, in vain',
    );
    const more = asked() - askedBefore;
    const timesHalfOpen = (await openings()) - openedBefore + 2;
    assert.ok(
      more <= 2 * timesHalfOpen,
      `asked ${more} times more, half-open ${timesHalfOpen} times at most`,
    );
  });

  it('goes on when a body drips a byte a second, or does not end [fault 9]', async () => {
    await devnet().fault(2, 'slow-drip', { method: 'eth_getBalance' });
    assert.deepEqual(
      (
        await sendCalls(
          url,
          'eth_getBalance',
          ['0x00000000000000000000000000000000deadbeef', 'latest'],
          60,
          8,
        )
      ).failures,
      [],
    );
    await devnet().heal();
    await devnet().fault(2, 'huge', { method: 'eth_getBalance', bytes: 1_073_741_824 });
    const before = process.memoryUsage().rss;
    assert.deepEqual(
      (
        await sendCalls(
          url,
          'eth_getBalance',
          ['0x00000000000000000000000000000000deadbeef', 'latest'],
          60,
          8,
        )
      ).failures,
      [],
    );
    assert.ok(process.memoryUsage().rss - before < 800 * 1_048_576);
  });

  it('asks another provider before it believes that a mined transaction is unknown [fault 10]', async () => {
    const [hash] = (
      await sendCalls(
        url,
        'eth_sendTransaction',
        [
          {
            from: '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266',
            to: '0x00000000000000000000000000000000deadbeef',
            value: '0x1',
          },
        ],
        1,
      )
    ).results;
    await eventually(
      async () => (await sendCalls(url, 'eth_getTransactionReceipt', [hash], 1)).results[0] !== null,
      'mined',
    );
    await devnet().fault(1, 'null-tx');
    const { results } = await sendCalls(url, 'eth_getTransactionReceipt', [hash], 30, 4);
    assert.equal(results.filter(result => result === null).length, 0);
  });

  it('never lets `latest` go back while a provider is ten blocks behind [fault 11]', async () => {
    await eventually(() => provider('node-1').head! >= 12, 'a chain long enough to be behind');
    await devnet().fault(2, 'lag', { blocks: 10 });
    let highest = 0;
    for (let i = 0; i < 150; i++) {
      const { results, failures } = await sendCalls(url, 'eth_blockNumber', [], 1);
      assert.deepEqual(failures, []);
      const number = Number(results[0]);
      assert.ok(number >= highest, `${number} after ${highest}`);
      highest = number;
      const block = (await sendCalls(url, 'eth_getBlockByNumber', ['latest', false], 1)).results[0] as {
        number: string;
      };
      assert.ok(Number(block.number) >= highest, `block ${Number(block.number)} after ${highest}`);
      highest = Number(block.number);
    }
  });

  it('ignores a head of zero and an absurd one [fault 12]', async () => {
    const { heads } = trunkline.chain('devnet').runtime;
    await devnet().fault(2, 'head', { value: 'huge' });
    await devnet().fault(3, 'head', { value: 'zero' });
    const from = heads.best!.number;
    await eventually(() => heads.best!.number >= from + 3, 'heads go on');
    assert.ok(heads.best!.number < from + 100);
    const { failures, results } = await sendCalls(
      url,
      'eth_getBalance',
      ['0x00000000000000000000000000000000deadbeef', 'latest'],
      60,
      8,
    );
    assert.deepEqual(failures, []);
    assert.equal(results.length, 60);
  });

  it('sends nothing to a provider of another chain, and says so [fault 13]', async () => {
    await devnet().fault(2, 'wrong-chain');
    await eventually(() => provider('node-2').state === 'wrong_chain', 'wrong chain noticed');
    const before = dispatches('node-2');
    assert.deepEqual(
      (
        await sendCalls(
          url,
          'eth_getBalance',
          ['0x00000000000000000000000000000000deadbeef', 'latest'],
          60,
          8,
        )
      ).failures,
      [],
    );
    assert.equal(dispatches('node-2'), before);
    assert.match(trunkline.log(), /chain/);
  });

  it('scrubs the URL that a provider echoes in an error [attacks 23, 24]', async () => {
    const key = new URL(devnet().provider(1).url).pathname.split('/').at(-1)!;
    assert.ok(key.length > 10);
    const texts: string[] = [];
    for (const style of ['http', 'rpc']) {
      for (const { id } of devnet().providers) await devnet().fault(id, 'echo-url', { style });
      for (let i = 0; i < 6; i++) {
        const response = await fetch(url, {
          method: 'POST',
          body: '{"jsonrpc":"2.0","id":1,"method":"eth_getBalance","params":["0x00000000000000000000000000000000deadbeef","latest"]}',
        });
        texts.push(await response.text(), JSON.stringify([...response.headers]));
      }
      await devnet().heal();
    }
    for (const path of ['/stats', '/metrics', '/health', '/ready', '/'])
      texts.push(await (await fetch(trunkline.url + path)).text());
    texts.push(trunkline.log());
    for (const { url: providerUrl } of devnet().providers) {
      const secret = new URL(providerUrl).pathname.split('/').at(-1)!;
      for (const text of texts) assert.equal(text.includes(secret), false, text.slice(0, 300));
    }
  });

  it('answers in under 250 ms when all providers are down, with the reasons, and recovers [fault 21]', async () => {
    for (const { id } of devnet().providers) await devnet().fault(id, 'kill');
    await sendCalls(url, 'eth_getBalance', ['0x00000000000000000000000000000000deadbeef', 'latest'], 40, 4);
    const { failures, latencies } = await sendCalls(
      url,
      'eth_getBalance',
      ['0x00000000000000000000000000000000deadbeef', 'latest'],
      20,
      4,
    );
    assert.equal(failures.length, 20);
    assert.match(failures[0]!, /node-1.*node-2.*node-3/);
    assert.ok(latencies.at(-1)! < 250, `slowest ${latencies.at(-1)} ms`);
    await devnet().heal();
    await eventually(
      async () =>
        (await sendCalls(url, 'eth_getBalance', ['0x00000000000000000000000000000000deadbeef', 'latest'], 1))
          .failures.length === 0,
      'recovery',
    );
  });
});
