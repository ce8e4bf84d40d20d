import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { status } from '@grpc/grpc-js';
import { pipelinesCheck } from '../../../src/exchange/pipelines-check.ts';
import { eventually } from '../../support/eventually.ts';
import { ScriptedGeyser } from '../../support/scripted-geyser.ts';
import { eventProgram } from '../../support/solana-events.ts';
import { scriptedGenesis, startSolanaUpstream } from '../../support/solana-upstream.ts';
import { startTrunkline } from '../../support/trunkline.ts';

describe('what readers of the feed follow', () => {
  it('has a stream of its own: the pipelines of the config go on where a server refuses it', async t => {
    const server = new ScriptedGeyser();
    const names = (stream: ScriptedGeyser['last']) => JSON.stringify(stream.requests[0]);
    server.onStream = stream => {
      if (names(stream).includes(eventProgram)) stream.fail(status.INVALID_ARGUMENT, 'no such filter');
      else
        for (const slot of [5, 6, 7])
          for (const status of [0, 1] as const) stream.send({ slot: { slot, parent: slot - 1, status } });
    };
    await server.start();
    t.after(() => server.stop());
    const provider = await startSolanaUpstream(t);
    provider.slot = 7;
    const trunkline = await startTrunkline(
      [
        'chains:',
        '  sol:',
        '    family: solana',
        `    genesis_hash: ${scriptedGenesis}`,
        `    providers: [{ id: a, url: "${provider.url}" }]`,
        `    gather: { programs: [${eventProgram}] }`,
        `    geyser: { reconnect_min: 10ms, reconnect_max: 20ms, endpoints: [{ id: one, url: "http://127.0.0.1:${server.port}" }] }`,
        'pipelines:',
        '  mine: { chain: sol, kind: slot, handlers: [{ type: log }] }',
      ].join('\n'),
      t,
    );
    const pipelines = trunkline.chain('sol').pipelines!;
    await eventually(
      () => server.streams.filter(stream => !stream.isOpen).length >= 3,
      'refused again and again',
    );
    const open = server.streams.filter(stream => stream.isOpen && stream.requests.length > 0);
    assert.equal(open.length, 1);
    assert.ok(!names(open[0]!).includes(eventProgram));
    const states = () => pipelines.stats().sources.map(({ name, status }) => [name, status]);
    await eventually(
      () => JSON.stringify(states()) === '[["geyser","streaming"],["geyser:followed","failed"]]',
      'one of them streams',
    );
    assert.ok(open[0]!.isOpen);
    const check = pipelinesCheck(() => [pipelines]);
    assert.match(
      JSON.stringify(await check()),
      /degraded.*no endpoint of sol takes the geyser:followed stream/,
    );
    const metrics = await (await fetch(`${trunkline.url}/metrics`)).text();
    for (const source of ['geyser', 'geyser:followed'])
      assert.match(metrics, new RegExp(`trunkline_source_slot\\{[^}]*source="${source}"`));
  });
});
