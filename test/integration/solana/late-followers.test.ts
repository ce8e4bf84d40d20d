import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pass } from 'node:timers/promises';
import type { Devnet } from '../../../src/devnet/devnet.ts';
import { eventually } from '../../support/eventually.ts';
import { FollowedFeed, offsetOf } from '../../support/followed-feed.ts';
import { SolanaEvents } from '../../support/solana-events.ts';
import { solanaChain, solanaYaml, startSolanaDevnet, swiftGeyser } from '../../support/solana-setup.ts';
import { assertToldOnce } from '../../support/told-once.ts';
import { type RunningTrunkline, startTrunkline } from '../../support/trunkline.ts';

/** Of each source, in which nobody gathers the program before somebody follows it. */
const sources: Readonly<Record<string, string | undefined>> = { geyser: swiftGeyser, logs: undefined };

for (const [source, geyser] of Object.entries(sources)) {
  describe(`who begins to follow a program that nobody gathered (${source})`, () => {
    const ends: (() => void | Promise<void>)[] = [];
    const cleanup = { after: (end: () => void | Promise<void>) => void ends.push(end) };
    let devnet: Devnet;
    let trunkline: RunningTrunkline;
    let events: SolanaEvents;

    before(async () => {
      devnet = await startSolanaDevnet(cleanup);
      const sections = 'feed: { keep_gathering: 0s }';
      trunkline = await startTrunkline(solanaYaml(devnet, { geyser, programs: [], sections }), cleanup);
      await trunkline.allUp();
      events = new SolanaEvents({ nodeUrl: devnet.node.url, everyMs: 30 });
      events.start();
      cleanup.after(() => events.stop());
    });
    after(async () => {
      for (const end of ends.reverse()) await end();
    });

    const gathered = () => trunkline.exchange.assemblies.get(solanaChain)!.pipelines!.demand.subjects.length;

    /** Follows for a while; fails unless each event of the slots that the feed told meanwhile was told, once. */
    const assertComplete = async (following: () => Promise<void> = async () => {}) => {
      const followed = await new FollowedFeed(['logs', 'slots', 'gaps']).follow(trunkline.wsUrl);
      try {
        await following();
        const isNew = ({ cursor, data }: ReturnType<FollowedFeed['of']>[number]) =>
          data.status === 'confirmed' && offsetOf(cursor) > followed.latest;
        const told = () =>
          followed
            .of('slots')
            .filter(isNew)
            .map(({ data }) => Number(data.slot));
        await eventually(() => told().length > 5 && followed.of('logs').length > 5, 'slots', 20_000);
        const slots = told();
        const isOf = (slot: number) => slot >= slots[0]! && slot <= slots.at(-1)!;
        const truth = (await events.events()).filter(({ slot }) => isOf(slot));
        const logs = () => followed.keys('logs').filter(key => isOf(Number(key.split(':')[0])));
        const keys = truth.map(({ slot, signature }) => `${slot}:${signature}`);
        await eventually(
          () => {
            assertToldOnce(logs(), keys, `slots ${slots[0]} to ${slots.at(-1)}`, {
              inOrder: source !== 'logs',
            });
            return true;
          },
          'the events of these slots',
          20_000,
        );
        assert.deepEqual(
          followed.of('gaps').filter(({ data }) => data.recovered !== 'transactions'),
          [],
        );
      } finally {
        followed.end();
      }
    };

    it('is told every event of every slot that the feed tells from then on, the chain’s first ones too', () =>
      assertComplete());

    it('so it is where no provider is there when it begins', async () => {
      await eventually(() => gathered() === 0, 'nobody follows', 20_000);
      for (const { id } of devnet.providers) await devnet.fault(id, 'kill');
      await assertComplete(async () => {
        await pass(1_000);
        await devnet.heal();
      });
    });

    it('so it is as often as somebody begins, whether or not it was gathered shortly before', async () => {
      for (let round = 0; round < 10; round++) {
        if (round % 2 === 0) await eventually(() => gathered() === 0, 'nobody follows', 20_000);
        await assertComplete();
      }
    });
  });
}
