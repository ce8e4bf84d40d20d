import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as ws from 'ws';
import { textFrame } from '../../../../src/protocol/websocket/text-frame.ts';

// The types of `ws` leave out what it exports for such uses.
const { Receiver } = ws as unknown as { Receiver: new (options: object) => NodeJS.WritableStream };

describe('textFrame', () => {
  for (const length of [0, 1, 125, 126, 127, 65_535, 65_536, 200_000]) {
    it(`is read back by a WebSocket implementation, with a payload of ${length} bytes`, async () => {
      const payload = 'x'.repeat(length);
      const half = Math.floor(length / 2);
      const frame = textFrame(Buffer.from(payload.slice(0, half)), Buffer.from(payload.slice(half)));
      const receiver = new Receiver({ isServer: false });
      const message = new Promise<[Buffer, boolean]>(resolve =>
        receiver.once('message', (data: Buffer, isBinary: boolean) => resolve([data, isBinary])),
      );
      receiver.write(frame);
      const [data, isBinary] = await message;
      assert.equal(data.toString(), payload);
      assert.equal(isBinary, false);
    });
  }
});
