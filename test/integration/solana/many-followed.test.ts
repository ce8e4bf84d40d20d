import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { encode } from '../../../src/chains/solana/base58.ts';
import { recorded } from '../../fixtures/pipelines/recording-handler.ts';
import { eventually } from '../../support/eventually.ts';
import { FollowedFeed } from '../../support/followed-feed.ts';
import { SolanaEvents } from '../../support/solana-events.ts';
import {
  emittedHandlers,
  emittedPipeline,
  solanaChain,
  solanaYaml,
  startSolanaDevnet,
  swiftGeyser,
} from '../../support/solana-setup.ts';
import { assertToldOnce } from '../../support/told-once.ts';
import { type RunningTrunkline, startTrunkline } from '../../support/trunkline.ts';
import { FeedClient } from '../feed/feed-client.ts';

const followedKeys = 300;

describe('three hundred programs and accounts that clients follow', () => {
  const ends: (() => void | Promise<void>)[] = [];
  const cleanup = { after: (end: () => void | Promise<void>) => void ends.push(end) };
  const followed = new FollowedFeed();
  let trunkline: RunningTrunkline;
  let events: SolanaEvents;

  const metrics = async () => (await (await fetch(`${trunkline.url}/metrics`)).text()).split('\n');
  const ofPipelines = async () => (await metrics()).filter(line => line.startsWith('trunkline_pipeline_'));
  const sum = (lines: readonly string[], start: string) =>
    lines
      .filter(line => line.startsWith(start))
      .reduce((total, line) => total + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);

  before(async () => {
    const devnet = await startSolanaDevnet(cleanup);
    const yaml = solanaYaml(devnet, {
      geyser: swiftGeyser,
      pipelines: emittedPipeline('mine', emittedHandlers.record),
    });
    trunkline = await startTrunkline(yaml, cleanup);
    await trunkline.allUp();
    await followed.follow(trunkline.wsUrl);
    events = new SolanaEvents({ nodeUrl: devnet.node.url, everyMs: 50 });
    await eventually(() => followed.of('slots').length > 3, 'slots');
    events.start();
  });
  after(async () => {
    followed.end();
    for (const end of ends.reverse()) await end();
  });

  it('stop nobody’s stream, whose pipelines and followers miss nothing', async () => {
    const running = 'trunkline_pipeline_state{pipeline="feed.sol",state="running"}';
    await eventually(async () => sum(await metrics(), running) > 0, 'something is gathered');
    const before = (await ofPipelines()).length;
    const client = new FeedClient(trunkline.wsUrl);
    cleanup.after(() => client.socket.terminate());
    await new Promise(resolve => client.socket.once('open', resolve));
    for (let n = 0; n < followedKeys; n += 10) {
      const topics = Array.from({ length: 10 }, (_, i) => {
        return `${solanaChain}.${i % 3 === 0 ? 'accounts' : 'logs'}.${encode(randomBytes(32))}`;
      });
      const { error } = await client.subscribe({ topics });
      assert.equal(error, undefined);
    }
    await eventually(async () => sum(await metrics(), running) > followedKeys, 'all are gathered');
    const seen = followed.of('slots').length;
    await eventually(() => followed.of('slots').length > seen + 10, 'slots go on');
    await events.stop();
    const truth = (await events.events()).map(({ n }) => n);
    const last = truth.at(-1)!;
    await eventually(() => recorded.some(({ n }) => n === last), 'the last one in the pipeline');
    await eventually(() => followed.of('logs').length >= truth.length, 'all in the feed');
    assertToldOnce(
      recorded.map(({ n }) => n),
      truth,
      'the pipeline',
    );
    assertToldOnce(
      followed.of('logs').map(({ data }) => `${data.slot}:${data.signature}`),
      (await events.events()).map(({ slot, signature }) => `${slot}:${signature}`),
      'the feed',
      { inOrder: false },
    );
    assert.equal(followed.of('gaps').length, 0);
    const lines = await metrics();
    const ends = lines.filter(line => line.startsWith('trunkline_source_stream_ends_total'));
    // Only that of all that clients follow is opened anew, for what is added. Where the machine stands still for as long as
    // a stall is borne, any stream is.
    const isOther = (line: string) =>
      !/geyser:followed.*reason="stopped"|reason="(stalled|silent)"/.test(line);
    assert.equal(sum(ends.filter(isOther), 'trunkline_source_stream_ends_total'), 0);
    assert.ok(sum(ends, 'trunkline_source_stream_ends_total') < 10);
    assert.equal((await ofPipelines()).length, before);
  });
});
