import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { encode } from '../../../../src/chains/solana/base58.ts';
import {
  instructionAt,
  instructionProblem,
  instructionsOf,
  walkInstructions,
} from '../../../../src/pipelines/instructions/instructions-of.ts';
import { key, transactionOf } from '../support/transactions.ts';

const [a, b, c] = [key('a'), key('b'), key('c')];
const [A, B, C] = [encode(a), encode(b), encode(c)];
const paths = (transaction: Parameters<typeof walkInstructions>[0]) =>
  walkInstructions(transaction).map(({ path }) => path.join('.'));

describe('the tree of invocations', () => {
  it('nests by stack height and is built once a transaction', () => {
    const transaction = transactionOf([
      { program: a },
      {
        program: a,
        inner: [
          { program: b, height: 2 },
          { program: c, height: 3 },
          { program: c, height: 4 },
          { program: b, height: 3 },
          { program: c, height: 2 },
        ],
      },
    ]);
    assert.deepEqual(paths(transaction), ['0', '1', '1.0', '1.0.0', '1.0.0.0', '1.0.1', '1.1']);
    assert.equal(instructionsOf(transaction), instructionsOf(transaction));
    assert.equal(instructionAt(transaction, [1, 0, 1])?.program, walkInstructions(transaction)[5]?.program);
    assert.equal(instructionAt(transaction, [1, 3]), undefined);
  });

  it('takes the depths from the logs where the source tells no stack heights', () => {
    const transaction = transactionOf(
      [
        {
          program: a,
          inner: [
            { program: b, height: null },
            { program: c, height: null },
            { program: b, height: null },
          ],
        },
      ],
      {
        logs: [
          `Program ${A} invoke [1]`,
          `Program ${B} invoke [2]`,
          `Program ${C} invoke [3]`,
          `Program ${C} success`,
          `Program ${B} success`,
          `Program ${B} invoke [2]`,
          'Program log: second',
          `Program ${B} success`,
          `Program ${A} success`,
        ],
      },
    );
    assert.deepEqual(paths(transaction), ['0', '0.0', '0.0.0', '0.1']);
    assert.deepEqual(instructionAt(transaction, [0, 1])?.logs, ['Program log: second']);
  });

  it('is flat where neither heights nor logs tell, and where the heights contradict themselves', () => {
    const flat = ['0', '0.0', '0.1'];
    const untold = [
      { program: b, height: null },
      { program: c, height: null },
    ];
    assert.deepEqual(paths(transactionOf([{ program: a, inner: untold }])), flat);
    for (const heights of [
      [3, 4],
      [2, 4],
      [2, 0],
      [2, -1],
      [2, 2.5],
    ]) {
      const inner = heights.map(height => ({ program: b, height }));
      assert.deepEqual(paths(transactionOf([{ program: a, inner }])), flat, String(heights));
    }
  });

  it('says what is wrong with indexes that point nowhere, and has no instructions then', () => {
    const good = transactionOf([{ program: a, accounts: [b] }]);
    const bad = [
      { ...good, accountKeys: [a] },
      { ...good, accountKeys: [a, b.subarray(1)] },
      { ...good, instructions: [{ programIndex: 9, accounts: new Uint8Array(), data: new Uint8Array() }] },
      { ...good, inner: [{ index: 1, instructions: [] }] },
      {
        ...good,
        inner: [
          {
            index: 0,
            instructions: [
              { programIndex: -1, accounts: new Uint8Array(), data: new Uint8Array(), stackHeight: 2 },
            ],
          },
        ],
      },
    ];
    assert.equal(instructionProblem(good), undefined);
    for (const transaction of bad) {
      assert.match(instructionProblem(transaction) ?? '', /instruction/);
      assert.deepEqual(walkInstructions(transaction), []);
    }
  });

  it('never throws, and holds every instruction exactly once', () => {
    const height = fc.option(fc.integer({ min: -1, max: 20 }), { nil: undefined });
    const compiled = fc.record({
      programIndex: fc.integer({ min: 0, max: 3 }),
      accounts: fc.uint8Array({ max: 3, maxLength: 4 }),
      data: fc.uint8Array({ maxLength: 8 }),
    });
    const inner = fc.tuple(compiled, height).map(([one, stackHeight]) => ({ ...one, stackHeight }));
    const line = fc.oneof(
      fc.constantFrom('Log truncated', 'Program log: x', `Program ${A} success`, `Program ${B} failed: x`),
      fc
        .tuple(fc.constantFrom(A, B, C), fc.integer({ min: 0, max: 5 }))
        .map(([id, n]) => `Program ${id} invoke [${n}]`),
      fc.string(),
    );
    fc.assert(
      fc.property(
        fc.array(compiled, { maxLength: 4 }),
        fc.array(
          fc.record({
            index: fc.integer({ min: 0, max: 4 }),
            instructions: fc.array(inner, { maxLength: 8 }),
          }),
          {
            maxLength: 3,
          },
        ),
        fc.option(fc.array(line, { maxLength: 12 }), { nil: undefined }),
        fc.boolean(),
        (instructions, groups, logs, isFailed) => {
          const transaction = {
            ...transactionOf([], { logs, isFailed }),
            accountKeys: [a, b, c],
            instructions,
            inner: groups,
          };
          const all = walkInstructions(transaction);
          for (const instruction of all) {
            void instruction.logs;
            assert.equal(instructionAt(transaction, instruction.path), instruction);
          }
          if (instructionProblem(transaction) === undefined)
            assert.equal(
              all.length,
              instructions.length + groups.reduce((n, group) => n + group.instructions.length, 0),
            );
        },
      ),
      { numRuns: 300 },
    );
  });
});
