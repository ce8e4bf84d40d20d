import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type EventKind, eventKinds, type NewEvent } from '../../../../src/feed/events/feed-event.ts';
import { ChunkWriter, EventChunk } from '../../../../src/feed/log/event-chunk.ts';

const events = fc.array(
  fc.record({
    kind: fc.constantFrom<EventKind>(...Object.values(eventKinds)),
    chain: fc.string({ maxLength: 60, unit: 'grapheme' }).filter(text => Buffer.byteLength(text) < 256),
    topic: fc.string({ maxLength: 300, unit: 'grapheme' }),
    data: fc.uint8Array({ maxLength: 2_000 }).map(bytes => Buffer.from(bytes)),
    time: fc.nat({ max: 2 ** 47 }),
  }),
  { minLength: 1, maxLength: 40 },
);
type Sample = NewEvent & { readonly time: number };

const sealed = (firstOffset: number, samples: readonly Sample[]) => {
  const writer = new ChunkWriter(firstOffset);
  for (const { time, ...event } of samples) writer.add(event, time);
  return writer.seal();
};

const opened = (value: Buffer): EventChunk => {
  const chunk = EventChunk.open(value);
  assert.ok(chunk);
  return chunk;
};

/** Unpaired surrogates do not come back as they were. */
const written = (samples: readonly Sample[], firstOffset: number) =>
  samples.map((sample, i) => ({
    ...sample,
    chain: Buffer.from(sample.chain).toString(),
    topic: Buffer.from(sample.topic).toString(),
    offset: firstOffset + i,
  }));

describe('chunks of events', () => {
  it('come back as they were written, from any offset', () => {
    fc.assert(
      fc.property(events, fc.integer({ min: 1, max: 2 ** 47 }), fc.nat(50), (samples, first, from) => {
        const chunk = opened(sealed(first, samples).value);
        assert.equal(chunk.firstOffset, first);
        assert.equal(chunk.lastOffset, first + samples.length - 1);
        assert.deepEqual([...chunk.events(first + from)], written(samples, first).slice(from));
        assert.deepEqual([chunk.firstTime, chunk.lastTime], [samples[0]!.time, samples.at(-1)!.time]);
      }),
    );
  });

  it('give their events when they are sealed, and those hold no bytes of the caller', () => {
    fc.assert(
      fc.property(events, samples => {
        const expected = written(samples, 7).map(one => ({ ...one, data: Buffer.from(one.data) }));
        const chunk = sealed(7, samples);
        for (const { data } of samples) data.fill(0xee);
        assert.deepEqual(
          chunk.events.map(({ data }) => data),
          expected.map(({ data }) => data),
        );
        assert.deepEqual([...opened(chunk.value).events(0)], expected);
      }),
    );
  });

  it('are told from garbage without an error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), bytes => {
        assert.equal(EventChunk.open(Buffer.from(bytes)), undefined);
      }),
    );
  });

  it('are found damaged when one bit is turned, or bytes are missing or too many', () => {
    fc.assert(
      fc.property(events, fc.nat(), fc.integer({ min: 0, max: 7 }), (samples, at, bit) => {
        const { value } = sealed(1, samples);
        const turned = Buffer.from(value);
        turned[at % value.length]! ^= 1 << bit;
        const isUnused = at % value.length > 0 && at % value.length < 4;
        if (!isUnused) assert.equal(EventChunk.open(turned), undefined);
        assert.equal(EventChunk.open(value.subarray(0, at % value.length)), undefined);
        assert.equal(EventChunk.open(Buffer.concat([value, Buffer.of(at & 0xff)])), undefined);
      }),
    );
  });

  it('find the first event of a time', () => {
    const at = (...times: number[]) =>
      opened(
        sealed(
          5,
          times.map(time => ({
            kind: eventKinds.head,
            chain: 'c',
            topic: 'c.heads',
            data: Buffer.alloc(0),
            time,
          })),
        ).value,
      );
    const chunk = at(10, 20, 20, 30);
    assert.deepEqual(
      [5, 10, 11, 20, 21, 30, 31].map(time => chunk.offsetAtTime(time)),
      [5, 5, 6, 6, 8, 8, undefined],
    );
  });

  it('refuse a topic or a chain that does not fit', () => {
    const writer = new ChunkWriter(1);
    const event = { kind: eventKinds.head, chain: 'c', topic: 'c.heads', data: Buffer.alloc(0) };
    assert.throws(() => writer.add({ ...event, topic: 'x'.repeat(65_536) }, 1), TypeError);
    assert.throws(() => writer.add({ ...event, chain: 'x'.repeat(256) }, 1), TypeError);
    writer.add({ ...event, topic: 'x'.repeat(65_535) }, 1);
    assert.equal(opened(writer.seal().value).count, 1);
  });
});
