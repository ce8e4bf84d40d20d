import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PipelineReads } from '../../../src/exchange/pipeline-reads.ts';
import type { CallHandler } from '../../../src/gateway/call.ts';
import { PromMetricRegistry } from '../../../src/telemetry/prom-metric-registry.ts';
import { FakeChain } from '../gateway/routing/fake-chain.ts';

const hash = `0x${'ab'.repeat(32)}`;
const block = { hash, number: 31 };

function setUp() {
  const fake = new FakeChain(3);
  for (const provider of fake.providers) provider.head = 31;
  const metrics = new PromMetricRegistry();
  let handle: CallHandler | undefined = (call, done) => fake.router.route(call, done);
  const reads = new PipelineReads(fake.chain, {
    pipeline: () => (handle === undefined ? undefined : { handle }),
    clock: fake.clock,
    metrics,
  });
  return {
    fake,
    reads,
    metrics,
    /** What the pipeline does from now on; undefined: there is none. */
    setPipeline: (next: CallHandler | undefined) => {
      handle = next;
    },
    asked: () => fake.attempts.map(attempt => attempt.provider),
    settle: () => fake.clock.advanceAndSettle(0),
  };
}

describe('PipelineReads', () => {
  const references = [
    [{ hash }, `"eth_getBlockByHash","params":["${hash}",false]`],
    [{ number: 255 }, '"eth_getBlockByNumber","params":["0xff",false]'],
    [{ tag: 'safe' }, '"eth_getBlockByNumber","params":["safe",false]'],
  ] as const;
  for (const [by, call] of references) {
    it(`reads a block by ${Object.keys(by)[0]}, as the provider wrote it`, async () => {
      const { fake, reads } = setUp();
      const read = reads.block(by);
      assert.ok(fake.last.payload.includes(call), fake.last.payload);
      fake.last.answer('{"number": "0xff"}');
      assert.equal(String(await read), '{"number": "0xff"}');
    });
  }

  it('reads a block from the provider that announced it, and from another one when that fails', async () => {
    for (const end of ['failure', 'null'] as const) {
      const { fake, reads, asked, settle } = setUp();
      const read = reads.block({ hash }, { providerId: 'p2' });
      if (end === 'null') fake.last.answer('null');
      else fake.last.fail(end);
      await settle();
      assert.deepEqual(asked(), ['p2', 'p1']);
      fake.last.answer('{}');
      assert.equal(String(await read), '{}');
    }
  });

  it('has no block when nobody has it', async () => {
    const { fake, reads, settle } = setUp();
    const read = reads.block({ hash });
    for (let i = 0; i < 3; i++) {
      fake.last.answer('null');
      await settle();
    }
    assert.equal(await read, undefined);
  });

  it('reads logs by the hash of the block, first from who is to be asked first', async () => {
    const { fake, reads, asked } = setUp();
    const read = reads.blockLogs(block, { providerId: 'p2' });
    assert.deepEqual(asked(), ['p2']);
    assert.ok(fake.last.payload.includes(`"eth_getLogs","params":[{"blockHash":"${hash}"}]`));
    fake.last.answer('[1]');
    const answer = await read;
    assert.deepEqual([String(answer?.logs), answer?.providerId], ['[1]', 'p2']);
  });

  it('asks one provider after the other, and none that is to be avoided', async () => {
    const { fake, reads, asked, settle } = setUp();
    const read = reads.blockLogs(block, { providerId: 'p1', avoid: ['p1'] });
    fake.last.error(-32_000, 'unknown block');
    await settle();
    assert.deepEqual(asked(), ['p2', 'p3']);
    fake.last.answer('[]');
    assert.equal((await read)?.providerId, 'p3');
  });

  it('asks no provider for logs that has not come to the block, but who announced it', async () => {
    const { fake, reads, asked, settle } = setUp();
    for (const provider of fake.providers) provider.head = 30;
    const read = reads.blockLogs(block, { providerId: 'p3' });
    fake.last.fail('failure');
    await settle();
    assert.equal(await read, undefined);
    assert.deepEqual(asked(), ['p3']);
  });

  it('is not held up by a provider that hangs', async () => {
    const { fake, reads, asked } = setUp();
    const logs = reads.blockLogs(block, { providerId: 'p1' });
    await fake.clock.advanceAndSettle(2_100, 5);
    assert.deepEqual(asked(), ['p1', 'p2']);
    fake.last.answer('[]');
    assert.equal((await logs)?.providerId, 'p2');
    const header = reads.block({ hash }, { providerId: 'p1' });
    await fake.clock.advanceAndSettle(2_100, 5);
    assert.equal(asked().at(-1), 'p2');
    fake.last.answer('{}');
    assert.equal(String(await header), '{}');
  });

  it('asks one that gave no logs after the others for a while, so that not every block waits for it', async () => {
    const { fake, reads, asked } = setUp();
    const first = reads.blockLogs(block, { providerId: 'p1' });
    await fake.clock.advanceAndSettle(2_100, 5);
    fake.last.answer('[]');
    await first;
    const second = reads.blockLogs(block, { providerId: 'p1' });
    assert.deepEqual(asked(), ['p1', 'p2', 'p2']);
    fake.last.answer('[]');
    await second;
    await fake.clock.advanceAndSettle(10_000);
    void reads.blockLogs(block, { providerId: 'p1' });
    assert.equal(asked().at(-1), 'p1');
  });

  it('gives up by itself when the pipeline never answers, as one that was closed', async () => {
    const { fake, reads, setPipeline } = setUp();
    let cancelled = 0;
    setPipeline(() => () => {
      cancelled++;
    });
    const reading = Promise.all([reads.block({ number: 1 }), reads.blockLogs(block)]);
    await fake.clock.advanceAndSettle(10_000, 20);
    assert.deepEqual(await reading, [undefined, undefined]);
    assert.equal(cancelled, 4);
    assert.equal(fake.clock.pendingCount, 1, "the router's own timer");
  });

  it('has nothing to give while the gateway is down', async () => {
    const { reads, setPipeline } = setUp();
    setPipeline(undefined);
    assert.equal(await reads.block({ tag: 'finalized' }), undefined);
    assert.equal(await reads.blockLogs(block), undefined);
  });

  it('ends its calls when nobody waits for them any more', async () => {
    const { fake, reads, asked } = setUp();
    const abort = new AbortController();
    const reading = [
      reads.block({ hash }, { signal: abort.signal, providerId: 'p1' }),
      reads.blockLogs(block, { signal: abort.signal }),
    ];
    abort.abort();
    assert.deepEqual(await Promise.all(reading), [undefined, undefined]);
    assert.deepEqual(
      fake.attempts.map(attempt => attempt.isCancelled),
      [true, true],
    );
    assert.equal(await reads.blockLogs(block, { signal: abort.signal }), undefined);
    assert.equal(asked().length, 2);
  });

  it('counts the calls that it makes upstream, by purpose', async () => {
    const { fake, reads, metrics, settle } = setUp();
    const logs = reads.blockLogs(block);
    fake.last.fail('failure');
    await settle();
    fake.last.answer('[]');
    await logs;
    const mark = reads.block({ tag: 'finalized' });
    fake.last.answer('{}');
    await mark;
    const text = await metrics.expose();
    assert.match(text, /trunkline_chain_read_calls_total\{[^}]*purpose="logs"[^}]*\} 2/);
    assert.match(text, /trunkline_chain_read_calls_total\{[^}]*purpose="finality"[^}]*\} 1/);
  });
});
