import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type TopicSubscriber, Topics } from '../../../src/resp/topics.ts';

const bytes = (text: string) => Buffer.from(text, 'latin1');

class Recorder implements TopicSubscriber {
  readonly received: string[] = [];
  onDeliver: () => void = () => {};

  deliver(message: { channel: Uint8Array; payload: Uint8Array }, pattern: Uint8Array | undefined): void {
    const from = pattern === undefined ? '' : `${Buffer.from(pattern)} `;
    this.received.push(`${from}${Buffer.from(message.channel)} ${Buffer.from(message.payload)}`);
    this.onDeliver();
  }
}

describe('Topics', () => {
  it('hands a message to channels and patterns that fit, once for each', () => {
    const topics = new Topics();
    const [a, b] = [new Recorder(), new Recorder()];
    topics.subscribe(bytes('news'), a);
    topics.subscribe(bytes('news'), a);
    topics.subscribePattern(bytes('n*'), a);
    topics.subscribePattern(bytes('n*'), b);
    assert.equal(topics.publish(bytes('news'), bytes('x')), 3);
    assert.equal(topics.publish(bytes('other'), bytes('x')), 0);
    assert.deepEqual(a.received, ['news x', 'n* news x']);
    assert.deepEqual(b.received, ['n* news x']);
    assert.equal(topics.count(a), 2);
    assert.equal(topics.subscribersOf(bytes('news')), 1);
    assert.equal(topics.patternCount, 1);
  });

  it('keeps a name apart from others, whatever its bytes, and from the buffer it came in', () => {
    const topics = new Topics();
    const a = new Recorder();
    const name = bytes('\xff\xfe');
    topics.subscribe(name, a);
    name.fill(0x61);
    assert.equal(topics.publish(bytes('\xff\xfe'), bytes('1')), 1);
    assert.equal(topics.publish(bytes('\xff\xff'), bytes('2')), 0);
    assert.equal(topics.publish(bytes('aa'), bytes('3')), 0);
  });

  it('forgets a subscriber and what it held', () => {
    const topics = new Topics();
    const a = new Recorder();
    topics.subscribe(bytes('x'), a);
    topics.subscribePattern(bytes('*'), a);
    topics.forget(a);
    topics.forget(a);
    assert.equal(topics.size, 0);
    assert.equal(topics.patternCount, 0);
    assert.deepEqual(
      topics.channels(() => true),
      [],
    );
    assert.equal(topics.publish(bytes('x'), bytes('1')), 0);
  });

  it('takes a subscriber that goes while a message is handed out', () => {
    const topics = new Topics();
    const all = [new Recorder(), new Recorder(), new Recorder()];
    for (const one of all) {
      topics.subscribe(bytes('x'), one);
      topics.subscribePattern(bytes('*'), one);
    }
    all[0]!.onDeliver = () => topics.forget(all[0]!);
    assert.equal(topics.publish(bytes('x'), bytes('1')), 5);
    assert.equal(topics.publish(bytes('x'), bytes('1')), 4);
  });

  it('bounds subscriptions of one subscriber, of all, and distinct patterns', () => {
    const topics = new Topics({ maxPerSubscriber: 2, maxInAll: 3, maxPatterns: 1 });
    const [a, b] = [new Recorder(), new Recorder()];
    assert.ok(topics.subscribe(bytes('1'), a));
    assert.ok(topics.subscribe(bytes('2'), a));
    assert.ok(topics.subscribe(bytes('2'), a), 'what it holds already');
    assert.equal(topics.subscribe(bytes('3'), a), false);
    assert.ok(topics.subscribePattern(bytes('p*'), b));
    assert.equal(topics.subscribePattern(bytes('q*'), b), false);
    assert.equal(topics.subscribe(bytes('1'), b), false);
    topics.unsubscribe(bytes('2'), a);
    assert.ok(topics.subscribe(bytes('1'), b));
    assert.equal(topics.size, 3);
  });
});
