import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { StorageSession } from '../../../../src/storage/client/storage-request.ts';
import { clientSetup } from './client-setup.ts';

const newSession = (): StorageSession => ({ inFlight: 0, lane: undefined });

describe('routing', () => {
  function withReaders(count: number) {
    const setup = clientSetup();
    const readers = Array.from({ length: count }, (_, i) => setup.newThread(`reader-${i}`));
    for (const reader of readers) setup.client.attachReader(reader.channel);
    return { ...setup, readers };
  }

  test('reads go to the reader with the least to do, writes to the writer', () => {
    const { writer, readers, submit } = withReaders(2);
    submit({ access: 'read', count: 3 });
    submit({ access: 'read' });
    submit({ access: 'read' });
    submit();
    assert.deepEqual(
      [writer, ...readers].map(({ channel }) => channel.pending),
      [1, 3, 2],
    );
  });

  test('reads of a store in memory go to the writer', () => {
    const { writer, submit } = withReaders(1);
    submit({ access: 'read', store: 1 });
    assert.equal(writer.channel.pending, 1);
  });

  test('a session stays on its lane while one of its calls runs', () => {
    const { writer, readers, submit } = withReaders(2);
    const session = newSession();
    submit({ session });
    submit({ session, access: 'read' });
    assert.equal(writer.channel.pending, 2);
    writer.answer();
    submit({ session, access: 'read', count: 2 });
    submit({ session, access: 'read' });
    assert.deepEqual(
      readers.map(({ channel }) => channel.pending),
      [3, 0],
    );
  });

  test('a write waits for the reads of its session before it, and what follows waits behind it', () => {
    const { writer, readers, submit } = withReaders(1);
    const session = newSession();
    const read = submit({ session, access: 'read' });
    const write = submit({ session });
    const later = submit({ session, access: 'read' });
    assert.equal(writer.channel.pending, 0);
    readers[0]!.answer();
    assert.equal(read.outcome, 'reply');
    assert.equal(writer.channel.pending, 2);
    writer.answer();
    assert.deepEqual([write.outcome, later.outcome], ['reply', 'reply']);
    assert.equal(session.inFlight, 0);
  });

  test('a parked call times out like any other', () => {
    const { clock, readers, submit } = withReaders(1);
    const session = newSession();
    submit({ session, access: 'read' });
    const write = submit({ session, timeoutMs: 50 });
    const read = submit({ session, access: 'read' });
    clock.advance(60);
    assert.equal(write.outcome, 'storage_timeout');
    readers[0]!.answer();
    readers[0]!.answer();
    assert.equal(read.outcome, 'reply');
  });

  test('what a reader has not answered when it is taken out goes to the others', () => {
    const { client, writer, readers, submit } = withReaders(2);
    const read = submit({ access: 'read', isRepeatable: true });
    readers[0]!.channel.flush();
    client.detachReader(readers[0]!.channel);
    assert.equal(readers[1]!.channel.pending, 1);
    client.detachReader(readers[1]!.channel);
    assert.equal(writer.channel.pending, 1);
    writer.answer();
    assert.deepEqual(read.outcomes, ['reply']);
    assert.equal(client.recovery.state, 'running');
  });

  test('what waited for room in a reader goes to the others too', () => {
    const { client, writer, readers, submit } = withReaders(1);
    submit({ access: 'read', isRepeatable: true, count: 8 });
    const waiting = submit({ access: 'read', isRepeatable: true });
    client.detachReader(readers[0]!.channel);
    writer.answer();
    writer.answer();
    assert.equal(waiting.outcome, 'reply');
  });

  test('reads go on while the writer is away', () => {
    const { client, readers, submit } = withReaders(1);
    client.detachWriter('crashed');
    const read = submit({ access: 'read' });
    readers[0]!.answer();
    assert.equal(read.outcome, 'reply');
  });
});
