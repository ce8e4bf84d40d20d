import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { ChainFollower } from '../../../../src/aggregation/canonical/chain-follower.ts';
import {
  chainFollowerChild,
  chainFollowerName,
} from '../../../../src/aggregation/canonical/chain-follower-process.ts';
import { systemClock } from '../../../../src/clock/system-clock.ts';
import { ProcessSystem } from '../../../../src/otp/process-system.ts';
import { startSupervisor } from '../../../../src/otp/supervisor.ts';
import { supervisorSpec } from '../../../../src/otp/supervisor-spec.ts';
import { eventually } from '../../../support/eventually.ts';
import { headerBytes } from '../../../support/fake-chain.ts';
import { setUpFollower } from './setup.ts';

async function setUp() {
  const set = setUpFollower();
  const system = new ProcessSystem({ clock: systemClock });
  const followers: (ChainFollower | undefined)[] = [];
  await startSupervisor(
    system,
    supervisorSpec({
      id: 'chain:test',
      strategy: 'one_for_one',
      children: [
        chainFollowerChild({
          chain: 'test',
          createFollower: ({ onFailed }) => set.create(onFailed),
          onFollower: follower => followers.push(follower),
        }),
      ],
    }),
  );
  const tell = (head: Parameters<typeof headerBytes>[0]) => {
    set.reads.heads.set('p', head);
    followers.at(-1)?.onHead({ providerId: 'p', head, header: headerBytes(head), isBelieved: true });
  };
  return { ...set, system, followers, tell };
}

it('the process is followed by another one that goes on where the record ends, killed or failed', async () => {
  const { chain, sink, system, followers, tell } = await setUp();
  const blocks = chain.grow(undefined, 30);
  tell(blocks[4]!);
  await eventually(() => sink.events.length === 1);
  system.exit(chainFollowerName('test'), 'kill');
  await eventually(() => followers.length === 3);
  assert.equal(followers[1], undefined, 'nobody takes heads meanwhile');
  tell(blocks[9]!);
  await eventually(() => sink.events.length === 6);
  sink.failNext = true;
  tell(blocks[10]!);
  await eventually(() => followers.length === 5);
  tell(blocks[20]!);
  await eventually(() => sink.tip?.number === 120);
  assert.deepEqual(
    sink.events,
    blocks.slice(4, 21).map(({ hash }) => `+${hash.slice(2)}`),
  );
  const { tip, waiting } = await system.call(chainFollowerName('test'), { type: 'stats' });
  assert.deepEqual([tip?.number, waiting], [120, 0]);
  assert.equal(sink.opened, 3);
  await system.stop();
  assert.equal(followers.at(-1), undefined);
});
