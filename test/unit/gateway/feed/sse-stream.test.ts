import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { describe, it } from 'node:test';
import { sseFrames } from '../../../../src/gateway/feed/sse-frames.ts';
import { SseStream } from '../../../../src/gateway/feed/sse-stream.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { FakeSubscription } from './fake-feed.ts';

class FakeStreamResponse extends EventEmitter {
  text = '';
  status = 0;
  writableLength = 0;
  socket: { bytesWritten: number; writableLength: number } | null = null;
  isEnded = false;
  isDestroyed = false;

  writeHead(status: number): void {
    this.status = status;
  }

  write(chunk: Buffer): void {
    this.text += chunk.toString();
  }

  end(chunk: Buffer): void {
    this.write(chunk);
    this.isEnded = true;
  }

  cork(): void {}
  uncork(): void {}

  destroy(): void {
    this.isDestroyed = true;
    this.emit('close');
  }
}

function setUp() {
  const response = new FakeStreamResponse();
  const clock = new ManualClock();
  const counts = { slow: 0, closed: 0 };
  const stream = new SseStream(response as unknown as ServerResponse, clock, {
    onSlow: () => counts.slow++,
    onClosed: () => counts.closed++,
  });
  const subscription = new FakeSubscription(
    { format: sseFrames } as FakeSubscription['request'],
    stream,
    () => {},
    () => {},
  );
  return { response, clock, counts, stream, subscription };
}

describe('SseStream', () => {
  it('tells where it begins before the first event', () => {
    const { response, stream, subscription } = setUp();
    stream.open(subscription, []);
    assert.deepEqual([response.status, response.text], [200, 'retry: 1000\nid: e1:5\n\n']);
    assert.equal(subscription.isBegun, true);
  });

  it('shows life while it is quiet, and how far the client has everything; not while bytes wait', () => {
    const { response, stream, subscription } = setUp();
    stream.keepAlive();
    assert.equal(response.text, '');
    stream.open(subscription, []);
    response.text = '';
    subscription.cursor = 'e1:99';
    stream.keepAlive();
    assert.equal(response.text, ': quiet\nid: e1:99\n\n');
    response.writableLength = 1;
    stream.keepAlive();
    assert.equal(response.text, ': quiet\nid: e1:99\n\n');
  });

  it('is cut off when its client takes nothing of what waits for several looks', () => {
    const { response, counts, stream, subscription } = setUp();
    stream.open(subscription, []);
    const socket = { bytesWritten: 1_000, writableLength: 600 };
    response.socket = socket;
    response.writableLength = 600;
    stream.keepAlive();
    socket.bytesWritten = 1_100;
    stream.keepAlive();
    for (let look = 0; look < 7; look++) stream.keepAlive();
    assert.equal(response.isDestroyed, false);
    stream.keepAlive();
    assert.deepEqual([response.isDestroyed, counts], [true, { slow: 1, closed: 1 }]);
  });

  it('ends behind its last event, with the cursor; nothing follows', () => {
    const { response, stream, subscription } = setUp();
    stream.open(subscription, []);
    response.text = '';
    subscription.cursor = 'e1:7';
    stream.end('shutting down');
    stream.write([Buffer.from('late')]);
    stream.end('again');
    stream.keepAlive();
    assert.equal(response.text, 'event: closing\ndata: {"cursor":"e1:7","reason":"shutting down"}\n\n');
    assert.deepEqual([subscription.isEnded, response.isEnded], [true, true]);
  });

  it('cuts a slow client off when it does not read to the end for five seconds', () => {
    const { response, clock, counts, stream, subscription } = setUp();
    stream.open(subscription, []);
    stream.closeSlow('e1:6');
    assert.deepEqual([response.isEnded, response.isDestroyed, counts.slow], [true, false, 1]);
    clock.advance(5_000);
    assert.deepEqual([response.isDestroyed, counts.closed], [true, 1]);
  });

  it('ends a subscription that is made after the client went', () => {
    const { response, counts, stream, subscription } = setUp();
    response.destroy();
    stream.open(subscription, []);
    assert.deepEqual([subscription.isEnded, response.status, counts.closed], [true, 0, 1]);
  });
});
