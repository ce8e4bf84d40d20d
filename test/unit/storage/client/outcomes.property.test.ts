import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { StorageSession } from '../../../../src/storage/client/storage-request.ts';
import type { FakeThread } from '../channel/fake-thread.ts';
import { clientSetup, TestRequest } from './client-setup.ts';

const step = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      kind: fc.constant('submit' as const),
      session: fc.integer({ min: 0, max: 4 }),
      access: fc.constantFrom('read' as const, 'write' as const),
      isRepeatable: fc.boolean(),
      priority: fc.constantFrom('high' as const, 'normal' as const, 'low' as const),
      count: fc.integer({ min: 1, max: 4 }),
      timeoutMs: fc.constantFrom(40, 400, 30_000),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('answer' as const),
      lane: fc.nat(3),
      count: fc.integer({ min: 1, max: 6 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 200 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('attachReader' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('detachReader' as const), lane: fc.nat(3) }) },
);

describe('StorageClient, whatever happens', () => {
  test('gives each request exactly one outcome, and the replies of a session in order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 120 }), async steps => {
        const { client, clock, breaker, writer: first, newThread } = clientSetup();
        let writer: FakeThread | undefined = first;
        let readers: FakeThread[] = [];
        const requests: TestRequest[] = [];
        // Session 0 stands for none; the calls of a session have one priority.
        const sessions: StorageSession[] = Array.from({ length: 5 }, () => ({
          inFlight: 0,
          lane: undefined,
        }));
        const replies = new Map<StorageSession, number[]>();
        for (const one of steps) {
          if (breaker.state !== 'closed') breaker.close();
          if (one.kind === 'submit') {
            const { kind: _, session, ...fields } = one;
            const order = requests.length;
            const request = new TestRequest(fields);
            if (session > 0) {
              request.session = sessions[session]!;
              request.priority = 'normal';
              const list = replies.get(request.session) ?? [];
              replies.set(request.session, list);
              request.onOutcome = () => {
                if (request.outcome === 'reply') list.push(order);
              };
            }
            requests.push(request);
            client.submit(request);
          } else if (one.kind === 'answer') {
            [writer, ...readers][one.lane % (1 + readers.length)]?.answer(one.count);
          } else if (one.kind === 'wait') {
            writer?.channel.flush();
            clock.advance(one.ms);
          } else if (one.kind === 'restart') {
            if (writer === undefined) {
              writer = newThread();
              client.attachWriter(writer.channel);
            } else {
              writer = undefined;
              client.detachWriter('crashed');
            }
          } else if (one.kind === 'attachReader') {
            if (readers.length < 3) {
              const reader = newThread('reader');
              readers.push(reader);
              client.attachReader(reader.channel);
            }
          } else if (readers.length > 0) {
            const reader = readers[one.lane % readers.length]!;
            readers = readers.filter(other => other !== reader);
            client.detachReader(reader.channel);
          }
        }
        if (writer === undefined) {
          writer = newThread();
          client.attachWriter(writer.channel);
        }
        for (let round = 0; client.active > 0 && round < 400; round++) {
          if (breaker.state !== 'closed') breaker.close();
          for (const thread of [writer, ...readers]) thread.answer();
          clock.advance(10);
        }
        for (const thread of [writer, ...readers]) thread.answer();
        assert.equal(client.active, 0);
        assert.equal(client.queued, 0);
        for (const request of requests) assert.equal(request.outcomes.length, 1, request.outcomes.join());
        for (const session of sessions) assert.equal(session.inFlight, 0);
        for (const list of replies.values()) {
          assert.deepEqual(
            list,
            [...list].sort((a, b) => a - b),
          );
        }
        for (const thread of [writer, ...readers]) assert.equal(thread.channel.pending, 0);
      }),
      { numRuns: 300 },
    );
  });
});
