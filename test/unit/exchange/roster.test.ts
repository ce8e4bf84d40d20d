import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { diff } from '../../../src/config/diff.ts';
import { parseConfig } from '../../../src/config/parse-config.ts';
import type { Config } from '../../../src/config/sections/root.ts';
import { chainChanges } from '../../../src/exchange/config-changes.ts';
import { rosterName } from '../../../src/exchange/roster.ts';
import { eventually } from '../../support/eventually.ts';
import { changedProcesses, processesOf } from '../../support/live-tree.ts';
import { readSteadily } from '../../support/steady-reads.ts';
import { type StubUpstream, startStubUpstream } from '../../support/stub-upstream.ts';
import { startTrunkline } from '../../support/trunkline.ts';

const chain = (name: string, providers: readonly string[], extra = '') =>
  `  ${name}:\n    chain_id: ${name === 'two' ? 2 : 31_337}\n${extra}    providers:\n${providers.map(line => `      - ${line}\n`).join('')}`;
const provider = (id: string, stub: StubUpstream, extra = '') =>
  `{ id: ${id}, url: "${stub.url}", ws_url: "${stub.wsUrl}"${extra} }`;

type Stubs = readonly [StubUpstream, StubUpstream, StubUpstream];

/** A Trunkline from the text that `write` makes of three stubs, the last for chain `two`; other configs can be applied to it. */
async function running(t: TestContext, write: (stubs: Stubs) => string) {
  const stubs: Stubs = [
    await startStubUpstream(t),
    await startStubUpstream(t),
    await startStubUpstream(t, { chainId: 2 }),
  ];
  let text = `chains:\n${write(stubs)}`;
  const trunkline = await startTrunkline(text, t);
  await trunkline.allUp();
  const { exchange } = trunkline;
  const read = (yaml: string): Config => {
    const loaded = parseConfig(yaml, 'test.yaml', {});
    assert.ok(loaded.ok);
    return loaded.config;
  };
  return {
    trunkline,
    stubs,
    processes: () => processesOf(exchange),
    /** Applies another config; returns which processes changed. */
    apply: async (chains: string) => {
      const before = processesOf(exchange);
      const next = `chains:\n${chains}`;
      const config = read(next);
      const changes = chainChanges(diff(read(text), config), config, read(text));
      text = next;
      await exchange.system.call(rosterName, { type: 'apply', changes }, 10_000);
      return changedProcesses(before, processesOf(exchange));
    },
    ask: async (name: string) => {
      const response = await fetch(`${trunkline.url}/rpc/${name}`, {
        method: 'POST',
        body: '{"jsonrpc":"2.0","id":1,"method":"eth_gasPrice"}',
      });
      const { result, error } = (await response.json()) as {
        result?: string;
        error?: { data: { code: string } };
      };
      return result ?? error!.data.code;
    },
  };
}

const inProvider = (place: string, id: string) =>
  place === `chains/chain:one/providers/provider:${id}` ||
  place.startsWith(`chains/chain:one/providers/provider:${id}/`);

describe('the roster', () => {
  it('restarts a changed provider alone: no other process is another one', async t => {
    const { stubs, apply, ask } = await running(
      t,
      ([one, two, three]) =>
        chain('one', [provider('a', one), provider('b', two)]) + chain('two', [provider('a', three)]),
    );
    stubs[0].on('eth_gasPrice', '0x1');
    stubs[1].on('eth_gasPrice', '0x2');
    assert.equal(await ask('one'), '0x1');
    const { replaced, gone, added } = await apply(
      chain('one', [provider('a', stubs[1]), provider('b', stubs[1])]) +
        chain('two', [provider('a', stubs[2])]),
    );
    assert.deepEqual([gone, added], [[], []]);
    assert.equal(replaced.length, 5);
    assert.ok(
      replaced.every(place => inProvider(place, 'a')),
      replaced.join(),
    );
    await eventually(async () => (await ask('one')) === '0x2', 'the new address in use');
  });

  it('fails no read while the only provider of a chain is replaced', async t => {
    const { trunkline, stubs, apply } = await running(t, ([one]) => chain('one', [provider('a', one)]));
    for (const stub of stubs) stub.on('eth_gasPrice', '0x1');
    const reads = readSteadily(`${trunkline.url}/rpc/one`, 'eth_gasPrice');
    await eventually(() => reads.answered() > 20, 'reads');
    for (const stub of [stubs[1], stubs[0], stubs[1]]) {
      const before = reads.answered();
      await apply(chain('one', [provider('a', stub)]));
      await eventually(() => reads.answered() > before + 20, 'reads');
    }
    assert.deepEqual(await reads.stop(), []);
  });

  it('starts an added provider and stops a removed one', async t => {
    const { trunkline, stubs, apply } = await running(t, ([one]) => chain('one', [provider('a', one)]));
    const [one, two] = stubs;
    const grown = await apply(chain('one', [provider('a', one), provider('b', two)]));
    assert.deepEqual([grown.replaced, grown.gone], [[], []]);
    assert.equal(grown.added.length, 5);
    await eventually(() => trunkline.chain('one').runtime.table.get('b')?.state === 'up', 'b up');
    const shrunk = await apply(chain('one', [provider('b', two)]));
    assert.deepEqual([shrunk.replaced, shrunk.added], [[], []]);
    assert.ok(shrunk.gone.every(place => inProvider(place, 'a')));
    assert.equal(trunkline.chain('one').runtime.table.get('a'), undefined);
    await eventually(
      () => one.requests.length > 0 && trunkline.chain('one').runtime.hub!.stats().sources.length === 1,
    );
  });

  it('lets a call in flight at a provider that is taken out finish there', async t => {
    const { stubs, apply, ask } = await running(t, ([one]) => chain('one', [provider('a', one)]));
    let release = (_value: string): void => {};
    stubs[0].on(
      'eth_gasPrice',
      () =>
        new Promise(resolve => {
          release = resolve;
        }),
    );
    const answer = ask('one');
    await eventually(() => stubs[0].count('eth_gasPrice') === 1, 'in flight');
    await apply(chain('one', [provider('b', stubs[1])]));
    release('0x77');
    assert.equal(await answer, '0x77');
    assert.equal(stubs[1].count('eth_gasPrice'), 0);
  });

  it('takes tuning that needs no restart over without one', async t => {
    const { trunkline, stubs, apply } = await running(t, ([one]) => chain('one', [provider('a', one)]));
    const changed = await apply(
      chain('one', [provider('a', stubs[0])], '    failover: { max_attempts: 1 }\n'),
    );
    assert.deepEqual(changed, { replaced: [], gone: [], added: [] });
    assert.equal(trunkline.chain('one').runtime.config.failover.max_attempts, 1);
  });

  it('starts an added chain, and stops a removed one: its clients learn that there is none', async t => {
    const { trunkline, stubs, apply, ask } = await running(t, ([one]) => chain('one', [provider('a', one)]));
    const before = chain('one', [provider('a', stubs[0])]);
    stubs[2].on('eth_gasPrice', '0x2');
    const grown = await apply(before + chain('two', [provider('a', stubs[2])]));
    assert.deepEqual([grown.replaced, grown.gone], [[], []]);
    await eventually(async () => (await ask('two')) === '0x2', 'served');
    const shrunk = await apply(before);
    assert.deepEqual([shrunk.replaced, shrunk.added], [[], []]);
    assert.ok(shrunk.gone.every(place => place.startsWith('chains/chain:two')));
    assert.equal(shrunk.gone.length, grown.added.length);
    assert.equal(await ask('two'), 'unknown_chain');
    await eventually(() => stubs[2].subscriptions === 0, 'its WebSocket closed');
    const metrics = await (await fetch(`${trunkline.url}/metrics`)).text();
    assert.doesNotMatch(metrics, /_(head|streams|floor|provider_up)[a-z_]*\{chain="two"/);
  });

  it('replaces a chain whose nature changed, and shows its metrics as before', async t => {
    const { trunkline, stubs, apply, ask } = await running(t, ([one]) => chain('one', [provider('a', one)]));
    stubs[0].on('eth_gasPrice', '0x1');
    const { replaced, gone, added } = await apply(
      chain('one', [provider('a', stubs[0])], '    aggregation: { width: 1 }\n'),
    );
    assert.deepEqual([gone, added], [[], []]);
    assert.ok(replaced.every(place => place.startsWith('chains/chain:one')));
    assert.equal(replaced.length, 10);
    await eventually(async () => (await ask('one')) === '0x1', 'served again');
    await eventually(async () => {
      const metrics = await (await fetch(`${trunkline.url}/metrics`)).text();
      return /provider_up\{chain="one",provider="a"\} 1/.test(metrics);
    }, 'metrics of the new provider');
  });

  it('starts no chain twice when it is restarted itself, and no client loses its connection', async t => {
    const { trunkline, processes } = await running(t, ([one]) => chain('one', [provider('a', one)]));
    const before = processes();
    trunkline.exchange.system.exit(before.get('roster')!, 'kill');
    await eventually(() => {
      const { replaced, gone, added } = changedProcesses(before, processes());
      return replaced.includes('roster') && gone.length + added.length === 0;
    }, 'a new roster');
    assert.deepEqual(changedProcesses(before, processes()).replaced, ['roster']);
    assert.equal(trunkline.chain('one').runtime.unavailable, undefined);
    assert.doesNotMatch(trunkline.log(), /did not start/);
  });

  it('applies the changes of other chains when one cannot be changed', async t => {
    const { trunkline, stubs, ask } = await running(t, ([one]) => chain('one', [provider('a', one)]));
    const loaded = parseConfig(`chains:\n${chain('three', [provider('a', stubs[1])])}`, 'test.yaml', {});
    assert.ok(loaded.ok);
    stubs[1].on('eth_gasPrice', '0x3');
    const config = loaded.config.chains.three!;
    const broken = { ...config, health: undefined } as unknown as typeof config;
    await trunkline.exchange.system.call(rosterName, {
      type: 'apply',
      changes: [
        { kind: 'chain_added', chain: 'broken', config: broken },
        { kind: 'chain_added', chain: 'three', config },
      ],
    });
    await eventually(async () => (await ask('three')) === '0x3', 'served');
    assert.match(trunkline.log(), /a config change was not applied/);
  });
});
