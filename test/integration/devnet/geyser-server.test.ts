import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../../support/eventually.ts';
import { GeyserFaultBench, transactionsOf } from './grpc-client.ts';

test('a client that does not read is cut off as lagging, and the others are not', async t => {
  const bench = await GeyserFaultBench.start(t, { maxQueued: 50 });
  const slow = await bench.subscribeDirectly({ transactions: { all: {} } });
  const quick = await bench.subscribeDirectly({ transactions: { all: {} } });
  slow.pause();
  const count = 250;
  for (let sent = 0; sent < count; sent++) {
    bench.emit(`${sent} ${'x'.repeat(900)}`);
    // The quick one gets its turn to read.
    if (sent % 10 === 9) await quick.pong();
  }
  await quick.until(() => transactionsOf(quick).length === count);
  await eventually(() => bench.server.streamCount === 1, 'the end of the slow stream');
  slow.resume();
  await slow.ended();
  assert.deepEqual([slow.code, slow.details], ['INTERNAL', 'lagged to receive geyser messages']);
  assert.equal(quick.code, undefined);
});

test('a client that goes away leaves nothing behind', async t => {
  const bench = await GeyserFaultBench.start(t);
  const stream = await bench.subscribeDirectly({ transactions: { all: {} } });
  assert.equal(bench.server.streamCount, 1);
  stream.cancel();
  await eventually(() => bench.server.streamCount === 0, 'the end of the stream');
  bench.emit('nobody listens');
});

test('a request that is no message ends the stream', async t => {
  const bench = await GeyserFaultBench.start(t);
  const stream = await bench.subscribeDirectly({ transactions: { all: {} } });
  stream.sendBytes(Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f]));
  await stream.ended();
  assert.equal(stream.code, 'INTERNAL');
  const again = await bench.subscribeDirectly({ transactions: { all: {} } });
  assert.equal(again.code, undefined);
});
