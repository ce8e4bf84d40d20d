import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CallAnswer, GatewayCall } from '../../../src/gateway/call.ts';
import { answerPayload, type PayloadAnswer } from '../../../src/gateway/payload.ts';
import { resultResponse } from '../../../src/protocol/json-rpc/write.ts';
import { FakeChain } from './routing/fake-chain.ts';

interface Dispatched {
  readonly call: GatewayCall;
  isCancelled: boolean;
  answer(changes?: Partial<CallAnswer>): void;
}

/** Sends a message whose calls are answered when and how the test says. */
function send(source: string, limits = { maxDepth: 64, maxBatch: 1_000 }) {
  const fake = new FakeChain();
  const dispatched: Dispatched[] = [];
  const answers: PayloadAnswer[] = [];
  const cancel = answerPayload(
    Buffer.from(source),
    fake.chain,
    {},
    limits,
    fake.clock,
    (call, done) => {
      const entry: Dispatched = {
        call,
        isCancelled: false,
        answer: (changes = {}) =>
          done({
            body: resultResponse(call.clientId, `"${call.method}"`),
            provider: 'p1',
            attempts: 1,
            asked: ['p1'],
            status: 200,
            outcome: 'answered',
            ...changes,
          }),
      };
      dispatched.push(entry);
      return () => {
        entry.isCancelled = true;
      };
    },
    answer => answers.push(answer),
  );
  return { dispatched, answers, cancel, text: () => answers[0]?.body?.toString() };
}

const call = (id: string, method: string) => `{"jsonrpc":"2.0","id":${id},"method":"${method}"}`;
const notification = (method: string) => `{"jsonrpc":"2.0","method":"${method}"}`;

describe('answerPayload', () => {
  it('answers a single call with what its dispatch came to', () => {
    const { dispatched, answers, text } = send(call('1', 'a'));
    dispatched[0]!.answer({ status: 503, attempts: 2 });
    assert.equal(text(), '{"jsonrpc":"2.0","id":1,"result":"a"}');
    assert.deepEqual([answers[0]!.status, answers[0]!.attempts, answers[0]!.providers], [503, 2, ['p1']]);
  });

  it('answers a batch in the order of its calls, whatever the order of the answers', () => {
    const { dispatched, answers, text } = send(`[${call('1', 'a')}, ${call('2', 'b')},${call('3', 'c')}]`);
    dispatched[2]!.answer({ provider: 'p2' });
    dispatched[0]!.answer({ attempts: 3 });
    assert.equal(answers.length, 0);
    dispatched[1]!.answer({ provider: undefined });
    assert.equal(
      text(),
      '[{"jsonrpc":"2.0","id":1,"result":"a"},{"jsonrpc":"2.0","id":2,"result":"b"},{"jsonrpc":"2.0","id":3,"result":"c"}]',
    );
    assert.deepEqual([answers[0]!.providers, answers[0]!.attempts], [['p2', 'p1'], 5]);
  });

  it('dispatches a notification and says nothing to it', () => {
    const { dispatched, answers } = send(notification('a'));
    dispatched[0]!.answer();
    assert.deepEqual([answers[0]!.body, answers[0]!.status], [undefined, 204]);
  });

  it('says nothing to a batch of notifications, and leaves those of a mixed one out', () => {
    const silent = send(`[${notification('a')},${notification('b')}]`);
    for (const entry of silent.dispatched) entry.answer();
    assert.deepEqual([silent.answers[0]!.body, silent.answers[0]!.status], [undefined, 204]);
    const mixed = send(`[${notification('a')},${call('null', 'b')},${call('"x"', 'c')}]`);
    for (const entry of mixed.dispatched) entry.answer();
    assert.equal(
      mixed.text(),
      '[{"jsonrpc":"2.0","id":null,"result":"b"},{"jsonrpc":"2.0","id":"x","result":"c"}]',
    );
  });

  it('refuses the bad elements of a batch and answers the others', () => {
    const { dispatched, text } = send(`[1,${call('5', 'a')},{"id":6},[]]`);
    assert.equal(dispatched.length, 1);
    dispatched[0]!.answer();
    const parsed = JSON.parse(text()!) as { id: unknown; result?: string; error?: { code: number } }[];
    assert.deepEqual(
      parsed.map(({ id, result, error }) => [id, result ?? error?.code]),
      [
        [null, -32600],
        [5, 'a'],
        [6, -32600],
        [null, -32600],
      ],
    );
  });

  it('answers a batch of bad elements only without any dispatch', () => {
    const { dispatched, answers, text } = send('[1,2]');
    assert.equal(dispatched.length, 0);
    assert.equal(answers.length, 1);
    assert.equal(JSON.parse(text()!).length, 2);
  });

  it('gives an empty batch, bad JSON and too long a batch one error each', () => {
    for (const [source, code] of [
      ['[]', -32600],
      ['{', -32700],
      ['[{},{},{}]', -32600],
    ] as const) {
      const { answers, text } = send(source, { maxDepth: 8, maxBatch: 2 });
      assert.equal(answers.length, 1);
      assert.equal(JSON.parse(text()!).error.code, code, source);
    }
  });

  it('takes the worst status of a batch for its own', () => {
    const { dispatched, answers } = send(`[${call('1', 'a')},${call('2', 'b')}]`);
    dispatched[0]!.answer({ status: 503 });
    dispatched[1]!.answer();
    assert.equal(answers[0]!.status, 503);
  });

  it('cancels every call of a batch', () => {
    const { dispatched, cancel } = send(`[${call('1', 'a')},${call('2', 'b')}]`);
    cancel();
    assert.deepEqual(
      dispatched.map(entry => entry.isCancelled),
      [true, true],
    );
  });

  it('hands on what waits for the answers to be sent, of single calls and of batches', () => {
    const sent: string[] = [];
    const single = send(call('1', 'a'));
    single.dispatched[0]!.answer({ afterSend: () => sent.push('single') });
    const batch = send(`[${call('1', 'a')},${call('2', 'b')}]`);
    batch.dispatched[0]!.answer({ afterSend: () => sent.push('batch') });
    assert.deepEqual(sent, []);
    batch.dispatched[1]!.answer();
    single.answers[0]!.afterSend?.();
    batch.answers[0]!.afterSend?.();
    assert.deepEqual(sent, ['single', 'batch']);
  });
});
