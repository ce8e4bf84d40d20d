import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ChainDemand, type ChainDemandOptions } from '../../../../src/aggregation/demand/chain-demand.ts';
import type { Claim } from '../../../../src/aggregation/demand/demand.ts';
import type { LogPattern } from '../../../../src/aggregation/demand/log-pattern.ts';
import { logRules } from '../../../../src/chains/evm/log-rules.ts';
import { silentLog } from '../../../../src/telemetry/log.ts';
import { silentMetrics } from '../../../../src/telemetry/metrics.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

const a = `0x${'aa'.repeat(20)}`;
const b = `0x${'bb'.repeat(20)}`;
const t = `0x${'01'.repeat(32)}`;
const u = `0x${'02'.repeat(32)}`;

function setUp(options: Partial<ChainDemandOptions> = {}) {
  const clock = new ManualClock();
  const warnings: string[] = [];
  const log = { ...silentLog, warn: (message: string) => warnings.push(message) };
  const create = (more: Partial<ChainDemandOptions> = {}) =>
    new ChainDemand(
      { chain: 'test', ...options, ...more },
      { rules: logRules, clock, log, metrics: silentMetrics },
    );
  return { clock, warnings, create, demand: create() };
}

describe('ChainDemand', () => {
  it('wants what is claimed and nothing else', () => {
    const { demand } = setUp();
    assert.equal(demand.wantsAnyLogs, false);
    demand.claimLogs({ address: a, topic0: t }, { since: 0, keepMs: 0 });
    demand.claimLogs({ topic0: u }, { since: 0, keepMs: 0 });
    demand.claimLogs({ address: b }, { since: 0, keepMs: 0 });
    assert.equal(demand.wantsAnyLogs, true);
    const wanted = [
      [a, t],
      [a, u],
      [b, t],
      [b, undefined],
    ] as const;
    for (const [address, topic0] of wanted) assert.equal(demand.wants(address, topic0), true);
    assert.equal(demand.wants(a, undefined), false);
    assert.equal(demand.wants(`0x${'cc'.repeat(20)}`, t), false);
    assert.equal(demand.wantsPending, false);
  });

  it('never leaves a block out whose logs it wants', () => {
    const addresses = [a, b, `0x${'cc'.repeat(20)}`];
    const topics = [t, u, `0x${'03'.repeat(32)}`];
    const pattern = fc
      .record({
        address: fc.option(fc.constantFrom(...addresses)),
        topic0: fc.option(fc.constantFrom(...topics)),
      })
      .map(({ address, topic0 }) => ({ ...(address && { address }), ...(topic0 && { topic0 }) }));
    const log = fc.record({
      address: fc.constantFrom(...addresses),
      topics: fc.array(fc.constantFrom(...topics), { maxLength: 2 }),
    });
    fc.assert(
      fc.property(fc.array(pattern, { maxLength: 4 }), fc.array(log, { maxLength: 4 }), (patterns, logs) => {
        const { demand } = setUp();
        for (const one of patterns) demand.claimLogs(one, { since: 0, keepMs: 0 });
        const matches = (one: LogPattern, { address, topics: [first] }: (typeof logs)[number]) =>
          (one.address ?? address) === address && (one.topic0 === undefined || one.topic0 === first);
        for (const one of logs)
          assert.equal(
            demand.wants(one.address, one.topics[0]),
            patterns.some(claimed => matches(claimed, one)),
          );
        if (logs.some(one => demand.wants(one.address, one.topics[0])))
          assert.equal(demand.mayMatch(logRules.bloomOf(logs)), true);
      }),
    );
  });

  it('leaves a block out that holds neither the address nor the topic', () => {
    const { demand } = setUp();
    demand.claimLogs({ address: a, topic0: t }, { since: 0, keepMs: 0 });
    assert.equal(demand.mayMatch(logRules.bloomOf([])), false);
    assert.equal(demand.mayMatch(logRules.bloomOf([{ address: b, topics: [t] }])), false);
    assert.equal(demand.mayMatch(logRules.bloomOf([{ address: a, topics: [u] }])), false);
    assert.equal(demand.mayMatch(logRules.bloomOf([{ address: a, topics: [t] }])), true);
  });

  it('goes on for a while after the last of several claims was released', () => {
    const { demand, clock } = setUp();
    const claims = [1, 2].map(() => demand.claimLogs({ address: a }, { since: 3, keepMs: 5_000 }));
    claims[0]!.release();
    claims[0]!.release();
    clock.advance(60_000);
    assert.equal(demand.wants(a, t), true);
    claims[1]!.release();
    clock.advance(4_900);
    assert.equal(demand.wants(a, t), true);
    assert.equal(demand.logsSince({ address: a }), 3);
    clock.advance(1_200);
    assert.equal(demand.wants(a, t), false);
    assert.equal(demand.wantsAnyLogs, false);
    assert.equal(demand.logsSince({ address: a }), undefined);
    assert.equal(clock.pendingCount, 0);
  });

  it('keeps the place of the first claim when another one comes while it lingers', () => {
    const { demand, clock } = setUp();
    demand.claimLogs({ address: a }, { since: 3, keepMs: 5_000 }).release();
    clock.advance(2_000);
    demand.claimLogs({ address: a }, { since: 50, keepMs: 0 });
    clock.advance(60_000);
    assert.equal(demand.logsSince({ address: a }), 3);
  });

  it('has gathered a pattern since the earliest claim that covers it and has held without a break', () => {
    const { demand, clock } = setUp();
    const wide = demand.claimLogs({}, { since: 10, keepMs: 0 });
    assert.equal(demand.logsSince({ address: a, topic0: t }), 10);
    demand.claimLogs({ address: a }, { since: 50, keepMs: 0 });
    demand.claimLogs({ topic0: u }, { since: 60, keepMs: 0 });
    wide.release();
    clock.advance(2_000);
    assert.equal(demand.logsSince({}), undefined);
    assert.equal(demand.logsSince({ address: a }), 10, 'the wide one covered it until its own began');
    assert.equal(demand.logsSince({ address: a, topic0: t }), 10);
    assert.equal(demand.logsSince({ address: b, topic0: u }), 10);
    assert.equal(demand.logsSince({ address: b }), undefined);
    assert.equal(demand.logsSince({ topic0: t }), undefined);
  });

  it('has a new version only when it asks for logs that it did not ask for', () => {
    const { demand, clock } = setUp();
    const versions = [demand.version];
    const claim = (pattern: LogPattern) => {
      const made = demand.claimLogs(pattern, { since: 0, keepMs: 0 });
      versions.push(demand.version);
      return made;
    };
    claim({ address: a });
    const wide = claim({});
    claim({ address: b, topic0: t });
    claim({ address: a, topic0: t });
    wide.release();
    clock.advance(2_000);
    versions.push(demand.version);
    claim({ address: b });
    assert.deepEqual(
      versions.map(version => version - versions[0]!),
      [0, 1, 2, 2, 2, 2, 3],
    );
  });

  it('gathers all logs when there are too many patterns, and says so once', () => {
    const { demand, warnings, clock } = setUp({ maxPatterns: 2 });
    const claim = (address: string) => demand.claimLogs({ address }, { since: 7, keepMs: 0 });
    const claims = [a, b, `0x${'01'.repeat(20)}`, `0x${'02'.repeat(20)}`].map(claim);
    assert.equal(demand.wants(`0x${'99'.repeat(20)}`, undefined), true);
    assert.equal(demand.logsSince({ address: `0x${'02'.repeat(20)}` }), 7);
    assert.equal(warnings.length, 1);
    for (const one of claims.slice(2)) one.release();
    clock.advance(2_000);
    assert.equal(demand.wants(`0x${'99'.repeat(20)}`, undefined), false);
    assert.equal(demand.wants(b, undefined), true);
  });

  it('wants pending transactions while somebody claims them', () => {
    const { demand, clock } = setUp();
    const claim = demand.claimPending({ since: 4, keepMs: 1_000 });
    assert.equal(demand.wantsPending, true);
    assert.equal(demand.pendingSince(), 4);
    claim.release();
    clock.advance(3_000);
    assert.equal(demand.wantsPending, false);
    assert.equal(demand.pendingSince(), undefined);
  });

  it('goes on after a restart with the claims that are to outlive it, for a while', () => {
    const { demand, create, clock } = setUp();
    demand.claimLogs({ address: a }, { since: 3, keepMs: 60_000 });
    demand.claimLogs({ topic0: t }, { since: 4, keepMs: 300_000 }).release();
    demand.claimLogs({ address: b }, { since: 5, keepMs: 59_999 });
    demand.claimPending({ since: 6, keepMs: 60_000 });
    const restored = create({ restoredKeepMs: 100_000 });
    restored.restore(demand.snapshot(), 20);
    assert.equal(restored.logsSince({ address: a }), 3);
    assert.equal(restored.logsSince({ topic0: t }), 4);
    assert.equal(restored.logsSince({ address: b }), undefined);
    assert.equal(restored.pendingSince(), 20, 'what was pending meanwhile is not known');
    restored.claimLogs({ address: a }, { since: 21, keepMs: 0 });
    clock.advance(102_000);
    assert.equal(restored.logsSince({ address: a }), 3);
    assert.equal(restored.wants(b, t), false);
    assert.equal(restored.wantsPending, false);
  });

  it('counts what an earlier run gathered for claims that came before it was restored', () => {
    const { demand, create } = setUp();
    demand.claimLogs({ address: a }, { since: 3, keepMs: 60_000 });
    const restored = create();
    restored.claimLogs({ address: a }, { since: 20, keepMs: 0 });
    restored.claimLogs({ address: b }, { since: 20, keepMs: 0 });
    restored.restore(demand.snapshot(), 20);
    assert.equal(restored.logsSince({ address: a }), 3);
    assert.equal(restored.logsSince({ address: b }), 20);
  });

  it('does not restore a claim that had ended', () => {
    const { demand, create, clock } = setUp();
    let kept = demand.snapshot();
    demand.onSnapshotChange(() => {
      kept = demand.snapshot();
    });
    demand.claimLogs({ address: a }, { since: 3, keepMs: 60_000 }).release();
    clock.advance(62_000);
    const restored = create();
    restored.restore(kept, 9);
    assert.equal(restored.logsSince({ address: a }), undefined);
  });

  it('begins anew when the snapshot is damaged', () => {
    const { create } = setUp();
    const good = create();
    good.claimLogs({ address: a, topic0: t }, { since: 1, keepMs: 60_000 });
    for (const text of [
      '',
      '{',
      '[]',
      'null',
      '{"logs":1}',
      '{"logs":[["x","",1]]}',
      '{"logs":[["","",-1]]}',
    ]) {
      const demand = create();
      demand.restore(Buffer.from(text), 5);
      assert.equal(demand.wantsAnyLogs, false, text);
    }
    fc.assert(
      fc.property(fc.nat(200), fc.uint8Array({ maxLength: 3 }), (at, junk) => {
        const bytes = good.snapshot();
        create().restore(Buffer.concat([bytes.subarray(0, at), junk, bytes.subarray(at + 1)]), 5);
      }),
    );
  });

  it('gathers everything in mode all, since it first did, over restarts', () => {
    const { create, clock } = setUp({ mode: 'all' });
    const demand = create();
    demand.restore(undefined, 5);
    assert.equal(demand.wants(a, undefined), true);
    assert.equal(demand.mayMatch(logRules.bloomOf([])), true);
    assert.equal(demand.logsSince({ address: a }), 5);
    const next = create();
    next.restore(demand.snapshot(), 80);
    assert.equal(next.logsSince({}), 5);
    next.setMode('demand', 90);
    clock.advance(1_000_000);
    assert.equal(next.wantsAnyLogs, false);
    next.setMode('all', 95);
    assert.equal(next.logsSince({ topic0: t }), 95);
  });

  it('tells of many claims made at once in one go, and of an end at once', async () => {
    const { demand, clock } = setUp();
    let told = 0;
    const stop = demand.onChange(() => {
      told++;
    });
    const claims: Claim[] = [a, b].map(address => demand.claimLogs({ address }, { since: 0, keepMs: 0 }));
    await Promise.resolve();
    assert.equal(told, 1);
    for (const claim of claims) claim.release();
    clock.advance(1_000);
    assert.equal(told, 2);
    stop();
    demand.claimPending({ since: 0, keepMs: 0 });
    await Promise.resolve();
    assert.equal(told, 2);
  });

  it('has its snapshot written right after new claims that outlive a restart, then not again for a while, and at once when one has ended', async () => {
    const { demand, clock } = setUp();
    let written = 0;
    demand.onSnapshotChange(() => {
      written++;
    });
    const brief = demand.claimLogs({ address: b }, { since: 0, keepMs: 5_000 });
    clock.advance(1_000);
    brief.release();
    clock.advance(10_000);
    assert.equal(written, 0);
    const claims = [a, b].map(address => demand.claimLogs({ address }, { since: 0, keepMs: 60_000 }));
    assert.equal(written, 0);
    await Promise.resolve();
    assert.equal(written, 1);
    const more = demand.claimLogs({ address: `0x${'cc'.repeat(20)}` }, { since: 0, keepMs: 60_000 });
    await Promise.resolve();
    clock.advance(200);
    assert.equal(written, 1);
    clock.advance(100);
    assert.equal(written, 2);
    claims.push(more);
    demand.claimLogs({ address: a }, { since: 0, keepMs: 60_000 }).release();
    clock.advance(1_000);
    assert.equal(written, 2);
    for (const claim of claims) claim.release();
    clock.advance(59_000);
    assert.equal(written, 2);
    clock.advance(2_000);
    assert.equal(written, 3);
    assert.equal(clock.pendingCount, 0);
  });
});
