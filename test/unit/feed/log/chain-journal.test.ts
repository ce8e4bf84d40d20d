import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CanonicalBlock } from '../../../../src/aggregation/canonical/canonical-sink.ts';
import type { Head } from '../../../../src/chains/chain-family.ts';
import { eventKinds } from '../../../../src/feed/events/feed-event.ts';
import { blockKey, blockRange } from '../../../../src/feed/log/block-index.ts';
import { ChainJournal } from '../../../../src/feed/log/chain-journal.ts';
import type { EventStore } from '../../../../src/feed/log/event-store.ts';
import { LogKeys } from '../../../../src/feed/log/log-keys.ts';
import { silentLog } from '../../../../src/telemetry/log.ts';
import { silentMetrics } from '../../../../src/telemetry/metrics.ts';
import { DamagedStore, type LogUnderTest, noLimits, openLog, settle, UnreliableStore } from './log-setup.ts';

const address = '0xabcdef0123456789abcdef0123456789abcdef01';
const topic0 = `0x${'1f'.repeat(32)}`;

function head(number: number, branch = 'a', parentBranch = branch): Head {
  const hash = `0x${branch}${number}`;
  return { number, hash, parentHash: `0x${parentBranch}${number - 1}`, timestamp: 1_700_000_000 + number };
}

function block(number: number, logs: number, branch = 'a', parentBranch = branch): CanonicalBlock {
  return {
    head: head(number, branch, parentBranch),
    header: Buffer.from(`{"number":"0x${number.toString(16)}","branch":"${branch}"}`),
    logs: Array.from({ length: logs }, (_, index) => ({
      address,
      topic0,
      bytes: Buffer.from(
        `{"address":"${address}","topics":["${topic0}"],"logIndex":"0x${index}","block":"${branch}${number}","removed":false}`,
      ),
    })),
  };
}

async function setUp(store: EventStore = new UnreliableStore()) {
  const under = await openLog(store);
  return { ...(await journalOf(under)), under };
}

async function journalOf({ log: eventLog }: LogUnderTest) {
  const journal = new ChainJournal({ chain: 'devnet' }, { eventLog, log: silentLog, metrics: silentMetrics });
  await journal.open();
  return { journal };
}

const dataOf = ({ told }: LogUnderTest) => told.map(({ data }) => JSON.parse(data.toString()));

describe('ChainJournal', () => {
  it('appends a block as its head and then its logs, under the topics that say what they are about', async () => {
    const { journal, under } = await setUp();
    await journal.adopt(block(7, 2));
    await settle();
    assert.deepEqual(
      under.told.map(({ topic, kind, offset }) => [topic, kind, offset]),
      [
        ['devnet.heads', eventKinds.head, 1],
        [`devnet.logs.${address}.${topic0}`, eventKinds.log, 2],
        [`devnet.logs.${address}.${topic0}`, eventKinds.log, 3],
      ],
    );
    assert.equal(await under.log.offsetOfBlock('devnet', 7), 1);
    assert.equal(await under.log.offsetOfBlock('devnet', 8), undefined);
    assert.equal(await under.log.offsetOfBlock('other', 7), undefined);
  });

  it('takes the logs of orphaned blocks back, newest block and highest index first, behind the reorg', async () => {
    const { journal, under } = await setUp();
    await journal.adopt(block(1, 1));
    await journal.adopt(block(2, 2));
    await journal.adopt(block(3, 1));
    await journal.reorganize({
      ancestor: head(1),
      orphaned: [head(3), head(2)],
      adopted: [head(2, 'b', 'a')],
    });
    await journal.adopt(block(2, 1, 'b', 'a'));
    await settle();
    const [reorg, ...rest] = dataOf(under).slice(7);
    assert.deepEqual(reorg, {
      depth: 2,
      ancestor: { number: 1, hash: '0xa1' },
      orphaned: [
        { number: 3, hash: '0xa3' },
        { number: 2, hash: '0xa2' },
      ],
      adopted: [{ number: 2, hash: '0xb2' }],
    });
    assert.deepEqual(
      rest.map(({ block, branch, logIndex, removed }) => [block ?? branch, logIndex, removed]),
      [
        ['a3', '0x0', true],
        ['a2', '0x1', true],
        ['a2', '0x0', true],
        ['b', undefined, undefined],
        ['b2', '0x0', false],
      ],
    );
    assert.deepEqual(
      journal.recent.map(({ hash }) => hash),
      ['0xa1', '0xb2'],
    );
    assert.equal(await under.log.offsetOfBlock('devnet', 3), undefined);
    assert.equal(await under.log.offsetOfBlock('devnet', 2), 12);
  });

  it('a new one knows the blocks that the one before handed over', async () => {
    const store = new UnreliableStore();
    const { journal, under } = await setUp(store);
    for (let number = 1; number <= 300; number++) await journal.adopt(block(number, 1));
    await under.log.close();
    const again = await setUp(store);
    assert.deepEqual(again.journal.recent, journal.recent);
    assert.deepEqual(again.journal.recent.at(-1), head(300));
    assert.equal(again.journal.recent.length, 256);
    await again.journal.reorganize({ ancestor: head(299), orphaned: [head(300)], adopted: [] });
    await settle();
    assert.deepEqual(
      dataOf(again.under).map(({ depth, removed }) => depth ?? removed),
      [1, true],
    );
  });

  it('takes logs back that reach beyond the recent blocks', async () => {
    const { journal, under } = await setUp();
    for (let number = 1; number <= 700; number++) await journal.adopt(block(number, 1));
    await settle();
    under.told.length = 0;
    await journal.reorganize({ ancestor: head(2), orphaned: [], adopted: [] });
    await settle();
    const removed = dataOf(under).slice(1);
    assert.deepEqual(
      removed.map(({ block }) => block),
      Array.from({ length: 698 }, (_, i) => `a${700 - i}`),
    );
    assert.deepEqual(journal.recent, []);
  });

  it('adopts a block once though a killed follower had handed it over too', async () => {
    const { journal, under } = await setUp();
    void journal.adopt(block(1, 1));
    await journal.open();
    assert.deepEqual(journal.recent, [head(1)]);
    await journal.adopt(block(1, 1));
    await settle();
    assert.equal(under.told.length, 2);
  });

  it('begins anew after a reset of the chain', async () => {
    const store = new UnreliableStore();
    const { journal, under } = await setUp(store);
    for (let number = 1; number <= 300; number++) await journal.adopt(block(number, 0));
    await journal.skip({ reason: 'chain_reset', fromBlock: 0, toBlock: 300 });
    assert.deepEqual(journal.recent, []);
    await journal.adopt(block(1, 0, 'b'));
    await under.log.close();
    const again = await setUp(store);
    assert.deepEqual(again.journal.recent, [head(1, 'b')]);
    assert.equal(await again.under.log.offsetOfBlock('devnet', 300), undefined);
    const gap = JSON.parse((await again.under.log.read(301, noLimits))[0]!.data.toString());
    assert.equal(gap.reason, 'chain_reset');
  });

  it('sheds waiting transactions under pressure, and says how many when it is over', async () => {
    const store = new UnreliableStore();
    const { journal, under } = await setUp(store);
    store.onWrite = () => 'disk_full';
    const hash = Buffer.from(`"0x${'ab'.repeat(32)}"`);
    for (let i = 0; i < 10_000; i++) journal.pending(hash);
    const backlog = under.log.stats().backlogBytes;
    assert.ok(backlog < 0.51 * 2 ** 20, `backlog ${backlog}`);
    store.onWrite = () => undefined;
    await under.clock.advanceAndSettle(10_000, 4);
    const last = under.told.at(-1)!;
    assert.equal(last.topic, 'devnet.gaps');
    const gap = JSON.parse(last.data.toString());
    assert.equal(gap.reason, 'shed');
    assert.equal(gap.count, 10_000 - (under.told.length - 1));
    journal.pending(hash);
    await settle();
    assert.equal(under.told.at(-1)!.topic, 'devnet.pending');
  });

  it('tells a mark once, however often it is learnt', async () => {
    const { journal, under } = await setUp();
    for (const hash of ['0xa4', '0xa4', '0xb4']) {
      journal.finality('safe', { number: 4, hash });
      await settle();
    }
    assert.deepEqual(
      dataOf(under).map(({ hash }) => hash),
      ['0xa4', '0xb4'],
    );
  });

  it('tells the newest finality only, once there is room', async () => {
    const { journal, under } = await setUp();
    journal.finality('safe', { number: 4, hash: '0xa4' });
    journal.finality('safe', { number: 5, hash: '0xa5' });
    journal.finality('finalized', { number: 3, hash: '0xa3' });
    await settle();
    assert.deepEqual(dataOf(under), [
      { tag: 'safe', number: 5, hash: '0xa5' },
      { tag: 'finalized', number: 3, hash: '0xa3' },
    ]);
  });

  it('waits for room, together with others, instead of filling the log', async () => {
    const store = new UnreliableStore();
    const under = await openLog(store, { maxBacklogBytes: 4_000 });
    const journals = await Promise.all(Array.from({ length: 20 }, () => journalOf(under)));
    store.onWrite = () => 'disk_full';
    let done = 0;
    const adopting = journals.map(async ({ journal }) => {
      for (let number = 1; number <= 5; number++) await journal.adopt(block(number, 3));
      done++;
    });
    await under.clock.advanceAndSettle(1_000);
    assert.equal(done, 0);
    assert.ok(under.log.stats().backlogBytes < 4_000);
    store.onWrite = () => undefined;
    for (let i = 0; i < 100 && done < 20; i++) await under.clock.advanceAndSettle(500);
    await Promise.all(adopting);
    assert.equal(under.told.length, 20 * 5 * 4);
  });

  it('says which logs cannot be taken back because they are not kept any more', async () => {
    const store = new UnreliableStore();
    const under = await openLog(store, { retentionMs: 1_000, memoryBytes: 1 });
    const { journal } = await journalOf(under);
    await journal.adopt(block(1, 0));
    await journal.adopt(block(2, 3));
    await settle();
    under.clock.advance(5_000);
    await journal.adopt(block(3, 1));
    await settle();
    await under.log.trim();
    under.told.length = 0;
    await journal.reorganize({ ancestor: head(1), orphaned: [head(3), head(2)], adopted: [] });
    await settle();
    const [reorg, removed, gap] = dataOf(under);
    assert.equal(reorg.depth, 2);
    assert.equal(removed.block, 'a3');
    assert.deepEqual([gap.reason, gap.fromBlock, gap.toBlock, gap.count], ['outage', 2, 2, 3]);
  });

  it('takes blocks out of the index whose events are gone, but the newest', async () => {
    const under = await openLog(new UnreliableStore(), { retentionMs: 1_000 });
    const { journal } = await journalOf(under);
    for (let number = 1; number <= 1_000; number++) {
      await journal.adopt(block(number, 0));
      if (number % 10 !== 0) continue;
      await settle(1);
      under.clock.advance(500);
      await under.log.trim();
    }
    await settle();
    const [from, to] = blockRange('devnet');
    const kept = await under.log.index.range(from, to, { maxEntries: 2_000, maxBytes: 2 ** 20 });
    assert.ok(kept.length >= 256 && kept.length < 400, `${kept.length} blocks`);
    assert.equal(await under.log.offsetOfBlock('devnet', 900), undefined);
    assert.equal(await under.log.offsetOfBlock('devnet', 1_000), 1_000);
  });

  it('goes on from the blocks above a damaged record of the index', async () => {
    const store = new DamagedStore();
    const { journal, under } = await setUp(store);
    for (let number = 1; number <= 20; number++) await journal.adopt(block(number, 0));
    await under.log.close();
    const key = new LogKeys(under.log.epoch).index(blockKey('devnet', 15));
    store.damaged.add(key.toString('latin1'));
    const again = await setUp(store);
    assert.deepEqual(
      again.journal.recent.map(({ number }) => number),
      [16, 17, 18, 19, 20],
    );
  });

  it('says that blocks may be missing when the record of the newest block is damaged', async () => {
    const store = new DamagedStore();
    const { journal, under } = await setUp(store);
    for (let number = 1; number <= 3; number++) await journal.adopt(block(number, 0));
    await under.log.close();
    const key = new LogKeys(under.log.epoch).index(blockKey('devnet', 3));
    store.damaged.add(key.toString('latin1'));
    const again = await setUp(store);
    assert.deepEqual(again.journal.recent, []);
    await again.under.log.flush();
    const events = await again.under.log.read(4, noLimits);
    assert.deepEqual(
      events.map(({ topic }) => topic),
      ['devnet.gaps'],
    );
  });
});
