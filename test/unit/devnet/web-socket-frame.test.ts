import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  clientFrame,
  FrameReader,
  FrameWalker,
  opcode,
  serverFrame,
} from '../../../src/devnet/web-socket-frame.ts';

const lengths = [0, 1, 125, 126, 65_535, 65_536, 200_000];

function pieces(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const ends = [...new Set([...cuts.map(cut => cut % (bytes.length + 1)), bytes.length])].sort(
    (a, b) => a - b,
  );
  return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
}

test('reads what it writes, in every form of length, masked and not', () => {
  for (const length of lengths) {
    const payload = Buffer.alloc(length, 'ab');
    for (const wire of [serverFrame(opcode.text, payload), clientFrame(opcode.text, payload)]) {
      const [frame] = new FrameReader().push(wire);
      assert.ok(frame !== undefined);
      assert.ok(frame.payload.equals(payload));
      assert.ok(frame.wire.equals(wire));
      assert.deepEqual([frame.opcode, frame.isFinal], [opcode.text, true]);
    }
  }
});

test('takes a mask off', () => {
  const [frame] = new FrameReader().push(Buffer.from('818537fa213d7f9f4d5158', 'hex'));
  assert.equal(frame?.payload.toString(), 'Hello');
});

test('refuses a frame above 128 MiB from its header alone', () => {
  assert.throws(() => new FrameReader().push(Buffer.from('817f00000001000000000000', 'hex')));
});

test('cuts the same frames from any split of the bytes, and the walker knows where they end', () => {
  const frames = fc.array(fc.constantFrom(0, 5, 126, 300, 70_000), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(frames, fc.array(fc.nat(), { maxLength: 20 }), (sizes, cuts) => {
      const wires = sizes.map((size, index) =>
        (index % 2 === 0 ? serverFrame : clientFrame)(opcode.text, Buffer.alloc(size, 'x')),
      );
      const stream = Buffer.concat(wires);
      const reader = new FrameReader();
      const walker = new FrameWalker();
      const read: Buffer[] = [];
      for (const piece of pieces(stream, cuts)) {
        read.push(...reader.push(piece).map(frame => frame.wire));
        assert.equal(walker.walk(piece, false), piece.length);
      }
      assert.ok(reader.isEmpty && walker.isBetween);
      assert.deepEqual(
        read.map(wire => wire.length),
        wires.map(wire => wire.length),
      );
      assert.ok(Buffer.concat(read).equals(stream));
    }),
    { numRuns: 50 },
  );
});

test('the walker stops at the end of the frame that has begun', () => {
  const first = serverFrame(opcode.text, Buffer.alloc(300));
  const stream = Buffer.concat([first, serverFrame(opcode.text, Buffer.alloc(10))]);
  for (const begun of [1, 3, 100]) {
    const walker = new FrameWalker();
    walker.walk(stream.subarray(0, begun), false);
    assert.equal(walker.isBetween, false);
    assert.equal(walker.walk(stream.subarray(begun), true), first.length - begun);
    assert.ok(walker.isBetween);
  }
});
