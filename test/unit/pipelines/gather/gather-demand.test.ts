import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GatherDemand, type GatherSubject } from '../../../../src/pipelines/gather/gather-demand.ts';
import { silentLog } from '../../../../src/telemetry/log.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

const token = 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA';
const system = '11111111111111111111111111111111';
const hour = 3_600_000;

function setUp({
  told = 100,
  ...options
}: {
  always?: readonly GatherSubject[];
  maxSubjects?: number;
  hasAccounts?: () => boolean;
  told?: number | undefined;
} = {}) {
  const clock = new ManualClock();
  let changes = 0;
  let saves = 0;
  const demand = new GatherDemand(
    { chain: 'sol', always: [], hasAccounts: () => true, restoredKeepMs: hour, ...options },
    { clock, log: silentLog },
    { onChange: () => changes++, onSnapshotChange: () => saves++ },
  );
  if (told >= 0) demand.onSlotTold(told, 0);
  return { clock, demand, changes: () => changes, saves: () => saves };
}

const keys = (demand: GatherDemand) => demand.subjects.map(({ kind, key }) => `${kind}:${key}`);

const starts = (demand: GatherDemand) => demand.subjects.map(({ startAfter }) => startAfter);

describe('GatherDemand', () => {
  it('wants a subject from where the feed was when it was first asked for, whatever is restarted', async () => {
    const { demand } = setUp({ told: 100 });
    const claim = () => demand.claimTopics([`sol.logs.${token}`], { since: 1, keepMs: hour })!;
    claim();
    demand.onSlotTold(120, 0);
    claim();
    demand.claimTopics([`sol.logs.${system}`], { since: 2, keepMs: hour });
    assert.deepEqual(starts(demand), [100, 120]);
    const { demand: next } = setUp({ told: 130 });
    next.restore(demand.snapshot(), 50);
    assert.deepEqual(starts(next), [100, 120]);
  });

  it('forgets where it began once nobody wants it any more', async () => {
    const { clock, demand } = setUp({ told: 100 });
    const claim = () => demand.claimTopics([`sol.logs.${token}`], { since: 1, keepMs: 1_000 })!;
    claim().release();
    await clock.advanceAndSettle(5_000);
    demand.onSlotTold(120, 0);
    claim();
    assert.deepEqual(starts(demand), [120]);
  });

  it('waits for the first slot of a chain of which the feed has told nothing, and keeps no claim until then', async () => {
    const { clock, demand, changes, saves } = setUp({ told: -1, always: [{ kind: 'account', key: system }] });
    demand.restore(undefined, 1);
    demand.claimTopics([`sol.logs.${token}`], { since: 1, keepMs: hour });
    await clock.advanceAndSettle(1_000);
    assert.deepEqual([keys(demand), demand.snapshot().toString()], [[], '[]']);
    const before = [changes(), saves()];
    demand.onSlotTold(7, 0);
    await clock.advanceAndSettle(1_000);
    assert.deepEqual([changes(), saves()], [before[0]! + 1, before[1]! + 1]);
    assert.deepEqual(starts(demand), [6, 6]);
    assert.deepEqual(JSON.parse(demand.snapshot().toString()), [
      [`account:${system}`, 1, 6],
      [`program:${token}`, 1, 6],
    ]);
  });

  it('has who begins now begin before what was told of slots that are not told yet', () => {
    const { demand } = setUp({ told: 100 });
    const claim = demand.claimTopics([`sol.logs.${token}`], { since: 1, keepMs: hour })!;
    assert.equal(claim.presentSince!(), undefined);
    demand.onAppended(101, 41);
    assert.equal(claim.presentSince!(), 40);
    demand.onSlotTold(101, 42);
    assert.equal(claim.presentSince!(), undefined);
  });

  it('wants what is asked for anew from the first slot on that is told to who begins now', () => {
    const { demand } = setUp({ told: 100 });
    demand.onAppended(101, 41);
    demand.onAppended(103, 42);
    demand.onSlotTold(102, 43);
    const claim = demand.claimTopics([`sol.logs.${token}`], { since: 43, keepMs: hour })!;
    assert.deepEqual([claim.presentSince!(), starts(demand)], [40, [100]]);
  });

  it('begins anew where the chain is another one than before', () => {
    const { demand } = setUp({ told: 100 });
    demand.claimTopics([`sol.logs.${token}`], { since: 1, keepMs: hour });
    demand.forgetSlots();
    assert.deepEqual(starts(demand), []);
    demand.onSlotTold(3, 0);
    assert.deepEqual(starts(demand), [2]);
  });

  it('gathers the programs and accounts that topics name, once for all who name them', async () => {
    const { clock, demand, changes } = setUp();
    const one = demand.claimTopics([`sol.logs.${token}`, `*.accounts.${system}`], {
      since: 5,
      keepMs: 1_000,
    });
    const two = demand.claimTopics([`sol.transactions.${token}`], { since: 9, keepMs: 1_000 });
    assert.deepEqual(keys(demand), [`program:${token}`, `account:${system}`]);
    await clock.advanceAndSettle(0);
    assert.ok(changes() > 0);
    assert.deepEqual(
      two!.gathered().map(({ since }) => since),
      [5],
    );
    one!.release();
    await clock.advanceAndSettle(5_000);
    assert.deepEqual(keys(demand), [`program:${token}`]);
    two!.release();
    await clock.advanceAndSettle(5_000);
    assert.deepEqual(keys(demand), []);
  });

  it('gathers nothing for wildcards, slots, events of pipelines and other chains', () => {
    const { demand } = setUp();
    for (const pattern of [
      'sol.logs.>',
      'sol.logs.*',
      '>',
      'sol.slots',
      `sol.events.${token}.*`,
      `eth.logs.${token}`,
    ])
      assert.equal(demand.claimTopics([pattern], { since: 1, keepMs: 0 }), undefined, pattern);
  });

  it('gathers nothing for what looks like a key and is none: a server refuses a stream for it', () => {
    const { demand } = setUp();
    for (const key of ['z'.repeat(44), 'z'.repeat(32), '1'.repeat(33), `${system}1`])
      assert.equal(demand.claimTopics([`sol.logs.${key}`], { since: 1, keepMs: 0 }), undefined, key);
    demand.restore(Buffer.from(`[["program:${'z'.repeat(44)}",1,1],["account:${system}",1,1]]`), 1);
    assert.deepEqual(keys(demand), [`account:${system}`]);
  });

  it('goes on after a restart with what was followed shortly before, and says since when', async () => {
    const { clock, demand, saves } = setUp();
    demand.claimTopics([`sol.logs.${token}`], { since: 7, keepMs: hour })!.release();
    await clock.advanceAndSettle(1_000);
    assert.equal(saves(), 1);
    const { demand: next } = setUp({ always: [{ kind: 'account', key: system }] });
    next.restore(demand.snapshot(), 20);
    const claim = next.claimTopics([`sol.logs.${token}`, `sol.accounts.${system}`], {
      since: 30,
      keepMs: hour,
    });
    assert.deepEqual(
      claim!.gathered().map(({ since }) => since),
      [7, 20],
    );
    for (const damaged of [
      '',
      '{',
      '[["program:x",1]]',
      '[["program:0",-1],5]',
      `[["program:${token}",1]]`,
    ]) {
      const { demand: fresh } = setUp();
      fresh.restore(Buffer.from(damaged), 1);
      assert.deepEqual(keys(fresh), []);
    }
  });

  it('takes no more than it may, and refuses what is named beyond that', () => {
    const { demand } = setUp({ maxSubjects: 1 });
    demand.claimTopics([`sol.logs.${token}`], { since: 1, keepMs: hour });
    const claim = demand.claimTopics([`sol.logs.${system}`], { since: 2, keepMs: hour });
    assert.match(claim!.refused!, /follow 1 programs and accounts of sol already/);
    assert.deepEqual(keys(demand), [`program:${token}`]);
    assert.equal(demand.claimTopics([`*.logs.${system}`], { since: 2, keepMs: hour })!.refused, undefined);
  });

  it('ends what nobody follows any more to make room', async () => {
    const { clock, demand } = setUp({ maxSubjects: 1 });
    demand.claimTopics([`sol.logs.${token}`], { since: 1, keepMs: hour })!.release();
    demand.onSlotTold(140, 0);
    const claim = demand.claimTopics([`sol.logs.${system}`], { since: 2, keepMs: hour });
    assert.deepEqual(
      [claim!.refused, keys(demand), starts(demand)],
      [undefined, [`program:${system}`], [140]],
    );
    await clock.advanceAndSettle(2 * hour);
    assert.deepEqual(keys(demand), [`program:${system}`]);
  });

  it('refuses writes to accounts where the source does not tell of them', () => {
    const { demand } = setUp({ hasAccounts: () => false });
    const options = { since: 1, keepMs: hour };
    assert.match(demand.claimTopics([`sol.accounts.${token}`], options)!.refused!, /no writes to accounts/);
    assert.equal(demand.claimTopics([`sol.*.${token}`], options)!.refused, undefined);
    assert.deepEqual(keys(demand), [`program:${token}`]);
  });
});
