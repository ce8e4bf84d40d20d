import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FrameCutter, natsMeasure, webSocketMeasure } from '../../../../bench/harness/frame-cutter.ts';
import { textFrame } from '../../../../src/protocol/websocket/text-frame.ts';

/** Cuts `stream` when it comes in pieces of `size` bytes that are overwritten afterwards. */
function cut(measure: typeof natsMeasure, stream: Buffer, size: number): string[] {
  const messages: string[] = [];
  const cutter = new FrameCutter(measure, (bytes, start, end) =>
    messages.push(bytes.toString('latin1', start, end)),
  );
  const piece = Buffer.alloc(size);
  for (let at = 0; at < stream.length; at += size) {
    const length = stream.copy(piece, 0, at, Math.min(stream.length, at + size));
    cutter.push(piece.subarray(0, length));
  }
  return messages;
}

for (const size of [1, 2, 3, 7, 1_000, 200_000]) {
  test(`frames of every length are found in pieces of ${size} bytes`, () => {
    const frames = [0, 1, 125, 126, 500, 65_535, 65_536].map(length => textFrame(Buffer.alloc(length, 'x')));
    const messages = cut(webSocketMeasure, Buffer.concat(frames), size);
    assert.deepEqual(
      messages.map(({ length }) => length),
      frames.map(({ length }) => length),
    );
  });

  test(`messages of NATS are found in pieces of ${size} bytes`, () => {
    const messages = [
      'INFO {"a":"b"}\r\n',
      'MSG events 1 5\r\nab\r\nc\r\n',
      'PING\r\n',
      'MSG events 1 0\r\n\r\n',
      'HMSG inbox 1 reply 30 30\r\nNATS/1.0 100 FlowControl Req\r\n\r\n',
      'PONG\r\n',
    ];
    assert.deepEqual(cut(natsMeasure, Buffer.from(messages.join('')), size), messages);
  });
}
