import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Handler, Parser, PipelineItem } from '../../../../src/pipelines/pipeline.ts';
import { byteParser, PipelineBench, ScriptedHandler } from '../support/pipeline-bench.ts';

/** What modules may throw that has no form as text. */
const wordless: readonly unknown[] = [
  {
    toString() {
      throw new Error('not even this');
    },
  },
  Object.create(null),
  Object.defineProperty(new Error('x'), 'message', {
    get() {
      throw new Error('not even this');
    },
  }),
  new Proxy(new Error('x'), {
    get() {
      throw new Error('not even this');
    },
    getPrototypeOf() {
      throw new Error('not even this');
    },
  }),
];

const rejected = () => Promise.reject(new Error('nobody takes this'));

/** A parser that misbehaves on 7 and reads the rest. */
const misbehaving = (behave: () => unknown): Parser<number> => ({
  id: 'misbehaving',
  parse: input =>
    input.kind === 'account' && input.data[0] === 7 ? (behave() as never) : byteParser.parse(input),
});

const lastError = (bench: PipelineBench) =>
  (bench.logged.findLast(({ level }) => level === 'warn')!.fields as { error: string }).error;

describe('a parser that does what parsers may not', () => {
  const cases: readonly (readonly [string, () => unknown, RegExp])[] = [
    ['a promise', async () => ({ kind: 'parsed', values: [1] }), /returned a promise: parse has to be sync/],
    ['a promise that is rejected', rejected, /returned a promise: parse has to be sync/],
    ['nothing', () => undefined, /returned undefined; it has to return \{ kind/],
    ['null', () => null, /returned null/],
    ['a number', () => 5, /returned a number/],
    ['a list', () => [1], /returned an array of no known kind/],
    ['another kind', () => ({ kind: 'done', values: [1] }), /returned an object of no known kind/],
    [
      'values that are null',
      () => ({ kind: 'parsed', values: null }),
      /`values` that are null, not an array/,
    ],
    ['values that are text', () => ({ kind: 'parsed', values: 'abc' }), /`values` that are a string/],
    ['no values', () => ({ kind: 'parsed' }), /`values` that are undefined/],
    [
      'promises as values',
      () => ({ kind: 'parsed', values: [1, rejected(), rejected()] }),
      /among its values/,
    ],
    ['an error without a message', () => ({ kind: 'error' }), /without a message/],
    ['an error with an endless message', () => ({ kind: 'error', message: 'x'.repeat(9_999) }), /^x{300}…$/],
    [
      'problems that are text',
      () => ({ kind: 'parsed', values: [1], problems: 'x' }),
      /`problems` that are a/,
    ],
    [
      'an object that cannot be looked at',
      () => ({
        get kind() {
          throw new Error('do not look');
        },
      }),
      /do not look/,
    ],
  ];
  for (const [what, behave, wanted] of cases) {
    it(`returns ${what}: a parse error that says so, and nothing else`, async () => {
      const bench = await new PipelineBench({ parser: misbehaving(behave) }).open();
      bench.tell(5, 1, 7, 2);
      bench.runtime.onSettled(5);
      await bench.settle();
      assert.deepEqual([bench.handler.done, bench.pipeline.status().parseErrors], [[1, 2], 1]);
      assert.match(lastError(bench), wanted);
      assert.equal(bench.pipeline.checkpoint, 5);
    });
  }

  it('throws what has no form as text: a parse error, too', async () => {
    for (const thrown of wordless) {
      const parser = misbehaving(() => {
        throw thrown;
      });
      const bench = await new PipelineBench({ parser }).open();
      bench.tell(5, 1, 7, 2);
      assert.deepEqual([bench.handler.done, bench.pipeline.status().parseErrors], [[1, 2], 1]);
      assert.match(lastError(bench), /no form as text/);
    }
  });

  it('has problems beside its values: each is a parse error, and none of them stops the pipeline', async () => {
    const parser = misbehaving(() => ({ kind: 'parsed', values: [7], problems: ['one', 'another'] }));
    const bench = await new PipelineBench({ parser, maxParseErrors: 2 }).open();
    bench.tell(5, 1, 7, 2);
    assert.deepEqual([bench.handler.done, bench.pipeline.status().parseErrors], [[1, 7, 2], 2]);
    assert.equal(bench.pipeline.state, 'running');
  });
});

describe('a handler that does what handlers may not', () => {
  const letters = async (bench: PipelineBench) =>
    (await bench.pipeline.deadLetters.list()).map(({ value, error }) => [value, error.code, error.message]);

  it('throws or rejects with what has no form as text: a dead letter, as of any error', async () => {
    for (const thrown of wordless) {
      for (const isLate of [false, true]) {
        const bench = await new PipelineBench({ retry: { attempts: 2 } }).open();
        bench.handler.failure = () => {
          throw thrown;
        };
        const { handle } = bench.handler;
        if (isLate)
          Object.assign(bench.handler, {
            handle: async (item: PipelineItem<number>, signal: AbortSignal) =>
              handle.call(bench.handler, item, signal),
          });
        bench.tell(5, 1);
        bench.runtime.onSettled(5);
        await bench.settle(200);
        await bench.settle();
        assert.deepEqual(await letters(bench), [
          [1, 'handler_failed', 'what was thrown has no form as text'],
        ]);
        assert.equal(bench.pipeline.checkpoint, 5);
      }
    }
  });

  it('throws nothing at all: a dead letter, as of any error', async () => {
    const bench = await new PipelineBench({ retry: { attempts: 1 } }).open();
    bench.handler.failure = () => {
      throw undefined;
    };
    bench.tell(5, 1);
    await bench.settle();
    assert.deepEqual(await letters(bench), [[1, 'handler_failed', 'undefined']]);
  });

  it('returns a thenable that throws, or calls back twice: it counts once', async () => {
    const thenables: PromiseLike<void>[] = [
      {
        // biome-ignore lint/suspicious/noThenProperty: that is what this is about
        get then(): never {
          throw new Error('no then');
        },
      },
      {
        // biome-ignore lint/suspicious/noThenProperty: that is what this is about
        then() {
          throw new Error('no then');
        },
      },
      {
        // biome-ignore lint/suspicious/noThenProperty: that is what this is about
        then(done: () => void) {
          done();
          done();
        },
      } as unknown as PromiseLike<void>,
    ];
    const handled: number[] = [];
    const handler: Handler<number> = {
      id: 'thenable',
      handle({ value }) {
        handled.push(value);
        return thenables[value] as Promise<void> | undefined;
      },
    };
    const bench = await new PipelineBench({ handlers: [handler], retry: { attempts: 1 } }).open();
    bench.tell(5, 0, 1, 2, 3);
    for (let turn = 0; turn < 4; turn++) await bench.settle();
    assert.deepEqual(handled, [0, 1, 2, 3]);
    assert.deepEqual(
      (await letters(bench)).map(([value, , message]) => [value, message]),
      [
        [0, 'no then'],
        [1, 'no then'],
      ],
    );
    assert.equal(bench.pipeline.status().handled, 2);
  });

  it('accepts with a promise: a dead letter at once that says so, and no rejection that nobody takes', async () => {
    for (const isBatch of [false, true]) {
      const handler = new ScriptedHandler();
      const accepts = (item: PipelineItem<number>) => (item.value === 7 ? (rejected() as never) : true);
      Object.assign(handler, { accepts });
      if (isBatch)
        Object.assign(handler, {
          handleBatch: (items: readonly PipelineItem<number>[]) =>
            void handler.done.push(...items.map(({ value }) => value)),
        });
      const bench = await new PipelineBench({ handlers: [handler], mode: 'conditional' }).open();
      bench.tell(5, 1, 7, 2);
      for (let turn = 0; turn < 4; turn++) await bench.settle(10);
      assert.deepEqual(handler.done, [1, 2], `batches: ${isBatch}`);
      const [letter, ...more] = await letters(bench);
      assert.deepEqual([letter?.slice(0, 2), more], [[7, 'handler_refused'], []]);
      assert.match(
        String(letter?.[2]),
        /`accepts` of handler scripted returned a promise; it has to return true/,
      );
    }
  });
});
