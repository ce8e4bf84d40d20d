import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { replyHeaderBytes, writeReplyHeader } from '../../../../src/storage/channel/frames.ts';
import { ReplyIntake, repliesPerTurn } from '../../../../src/storage/channel/reply-intake.ts';

/** A frame of empty replies with the ids from `first` on. */
function frameOf(first: number, count: number): ArrayBuffer {
  const frame = Buffer.from(new ArrayBuffer(count * replyHeaderBytes));
  for (let i = 0; i < count; i++) writeReplyHeader(frame, i * replyHeaderBytes, first + i, 0);
  return frame.buffer as ArrayBuffer;
}

function intake() {
  const taken: number[] = [];
  let turns = 0;
  const replies = new ReplyIntake({ take: id => taken.push(id), onTaken: () => turns++ });
  return { replies, taken, turns: () => turns };
}

describe('ReplyIntake', () => {
  it('takes the replies of small frames as they arrive', () => {
    const { replies, taken, turns } = intake();
    replies.push(frameOf(0, 3));
    replies.push(frameOf(3, 2));
    assert.deepEqual(taken, [0, 1, 2, 3, 4]);
    assert.equal(turns(), 2);
  });

  it('takes no more than its share in a turn of the event loop, and the rest in order in the next ones', async () => {
    const { replies, taken } = intake();
    const count = 2 * repliesPerTurn + 10;
    replies.push(frameOf(0, repliesPerTurn - 5));
    replies.push(frameOf(repliesPerTurn - 5, count - repliesPerTurn + 5));
    assert.equal(taken.length, repliesPerTurn);
    await turn();
    assert.equal(taken.length, 2 * repliesPerTurn);
    replies.push(frameOf(count, 1));
    assert.equal(taken.length, 2 * repliesPerTurn, 'what comes later waits behind');
    await turn();
    assert.deepEqual(
      taken,
      Array.from({ length: count + 1 }, (_, i) => i),
    );
  });

  it('gives timers and sockets their turn while callers send more for each reply', async () => {
    let frames = 0;
    const replies: ReplyIntake = new ReplyIntake({
      take: () => {
        if (frames++ < 10 * repliesPerTurn) replies.push(frameOf(0, 1));
      },
      onTaken: () => {},
    });
    replies.push(frameOf(0, 1));
    assert.ok(frames <= repliesPerTurn, `${frames} in one turn`);
    await turn();
    assert.ok(frames > repliesPerTurn && frames <= 2 * repliesPerTurn);
  });

  it('hands out all that is there when the channel goes down', () => {
    const { replies, taken } = intake();
    replies.push(frameOf(0, 3 * repliesPerTurn));
    replies.drain();
    assert.equal(taken.length, 3 * repliesPerTurn);
  });
});
