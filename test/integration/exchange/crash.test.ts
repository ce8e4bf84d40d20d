import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { eventually } from '../../support/eventually.ts';
import { followHeads, type HeadClient, seams } from '../../support/head-client.ts';
import { changedProcesses, processesOf } from '../../support/live-tree.ts';
import { readSteadily } from '../../support/steady-reads.ts';
import { type StubbedTrunkline, startStubbedTrunkline } from '../../support/stubbed-trunkline.ts';

const chain = 'chains/chain:test';
const provider = (id: string) => `${chain}/providers/provider:${id}`;

/** What is killed, and which other places its supervisors restart with it. */
const victims: readonly { readonly place: string; readonly takesAlong?: RegExp }[] = [
  {
    place: `${chain}/message_aggregator`,
    takesAlong: new RegExp(`^${chain}/(head_tracker|chain_follower|providers)`),
  },
  { place: `${chain}/head_tracker`, takesAlong: new RegExp(`^${chain}/(chain_follower|providers)`) },
  { place: 'feed/event_log' },
  { place: `${provider('s1')}/circuit_breaker:http` },
  { place: `${provider('s2')}/circuit_breaker:ws` },
  { place: `${provider('s3')}/websocket` },
  { place: `${provider('s1')}/health_probe` },
  { place: provider('s1'), takesAlong: new RegExp(`^${provider('s1')}/`) },
  { place: `${chain}/providers`, takesAlong: new RegExp(`^${chain}/providers/`) },
  { place: chain, takesAlong: new RegExp(`^${chain}/`) },
  // Behind the chain itself, whose supervisor would not stand four deaths in a few seconds.
  { place: `${chain}/chain_follower`, takesAlong: new RegExp(`^${chain}/providers`) },
  { place: 'telemetry/runtime_monitor' },
  { place: 'roster', takesAlong: /^config$/ },
];

describe('a process that is killed', () => {
  const ends: (() => void | Promise<void>)[] = [];
  const cleanup = { after: (end: () => void | Promise<void>) => void ends.push(end) };
  let stubbed: StubbedTrunkline;
  let client: HeadClient;
  let mining: NodeJS.Timeout;

  before(async () => {
    stubbed = await startStubbedTrunkline(cleanup, { stubs: 3 });
    for (const stub of stubbed.stubs) stub.on('eth_getBalance', '0x1');
    client = await followHeads(`${stubbed.trunkline.wsUrl}/rpc/test`, cleanup);
    mining = setInterval(() => {
      for (const stub of stubbed.stubs) stub.mine();
    }, 25);
    await eventually(() => client.heads.length > 3, 'heads');
  });
  after(async () => {
    clearInterval(mining);
    for (const end of ends.reverse()) await end();
  });

  /** Kills the process at `place` amid reads and heads; returns what clients saw fail. */
  async function kill(place: string, takesAlong: RegExp | undefined) {
    const { exchange, url } = stubbed.trunkline;
    const processes = processesOf(exchange);
    const reads = readSteadily(`${url}/rpc/test`, 'eth_getBalance', ['0x00', 'latest']);
    await eventually(() => reads.answered() > 20, 'reads');
    exchange.system.exit(processes.get(place)!, 'kill');
    await eventually(() => {
      const { replaced, gone } = changedProcesses(processes, processesOf(exchange));
      return replaced.includes(place) && gone.length === 0;
    }, `${place} restarted`);
    await eventually(
      () => stubbed.trunkline.chain('test').runtime.table.providers.every(({ state }) => state === 'up'),
      'all up',
    );
    const [answered, seen] = [reads.answered(), client.heads.length];
    await eventually(() => reads.answered() > answered + 20 && client.heads.length > seen + 3, 'traffic');
    const failed = reads.stop();
    const { replaced } = changedProcesses(processes, processesOf(exchange));
    const others = replaced.filter(other => other !== place && takesAlong?.test(other) !== true);
    assert.deepEqual(others, [], 'no other process was concerned');
    return failed;
  }

  for (const { place, takesAlong } of victims) {
    it(`is replaced, and no client notices: ${place}`, async () => {
      assert.deepEqual(await kill(place, takesAlong), []);
      assert.equal(client.closed(), undefined);
      assert.deepEqual(seams(client.heads), []);
      assert.doesNotMatch(stubbed.trunkline.log(), /"context":"(start_error|shutdown)"/);
    });
  }

  it('costs the connections and nothing else: the gateway', async () => {
    const { exchange, url, wsUrl } = stubbed.trunkline;
    const processes = processesOf(exchange);
    exchange.system.exit(processes.get('gateway')!, 'kill');
    await eventually(() => client.closed() !== undefined, 'the old connections cut');
    await eventually(async () => (await fetch(`${url}/ready`)).status === 200, 'the same port listens');
    const { replaced } = changedProcesses(processes, processesOf(exchange));
    assert.deepEqual(replaced.sort(), ['gateway', 'roster']);
    const next = await followHeads(`${wsUrl}/rpc/test`, cleanup);
    await eventually(() => next.heads.length > 3, 'heads');
    assert.deepEqual(seams(next.heads), []);
  });
});
