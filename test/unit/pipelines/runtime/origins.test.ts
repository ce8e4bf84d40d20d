import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encode } from '../../../../src/chains/solana/base58.ts';
import type { TransactionUpdate } from '../../../../src/chains/solana/updates.ts';
import type { Parser } from '../../../../src/pipelines/pipeline.ts';
import { account, PipelineBench } from '../support/pipeline-bench.ts';

const key = (byte: number) => new Uint8Array(32).fill(byte);

/** Program 2 is invoked by the message and by program 3. */
const transaction: TransactionUpdate = {
  kind: 'transaction',
  slot: 5,
  index: 0,
  signature: new Uint8Array(64).fill(7),
  isVote: false,
  isFailed: false,
  error: undefined,
  accountKeys: [key(1), key(2), key(3)],
  instructions: [
    { programIndex: 1, accounts: Uint8Array.of(0), data: Uint8Array.of(10) },
    { programIndex: 2, accounts: Uint8Array.of(0), data: Uint8Array.of(20) },
  ],
  inner: [
    {
      index: 1,
      instructions: [
        { programIndex: 1, accounts: Uint8Array.of(0), data: Uint8Array.of(30), stackHeight: 2 },
      ],
    },
  ],
  logs: undefined,
  fee: 5_000,
  computeUnits: undefined,
};

const dataParser: Parser<number> = {
  id: 'data',
  parse: input =>
    input.kind === 'instruction'
      ? { kind: 'parsed', values: [input.data[0]!, input.data[0]! + 1] }
      : { kind: 'filtered' },
};

describe('where values come from', () => {
  it('instructions: those of the wanted programs, in the order of execution, with path and ordinal', async () => {
    const filter = { kind: 'instruction' as const, programs: [encode(key(2))] };
    const bench = await new PipelineBench({ parser: dataParser, filter }).open();
    bench.runtime.onUpdate(transaction, ['p']);
    const signature = encode(transaction.signature);
    assert.deepEqual(bench.handler.done, [10, 11, 30, 31]);
    assert.deepEqual(
      bench.handler.keys,
      ['0:0', '0:1', '1.0:0', '1.0:1'].map(end => `5:${signature}:${end}`),
    );
    const { origin } = bench.handler.calls[2]!;
    assert.deepEqual(JSON.parse(JSON.stringify(origin)), {
      chain: 'solana',
      slot: 5,
      signature,
      path: '1.0',
      ordinal: 0,
      key: `5:${signature}:1.0:0`,
      isRemoved: false,
    });
  });

  it('a transaction without an instruction of the program is filtered, one that does not read is an error', async () => {
    const filter = { kind: 'instruction' as const, programs: [encode(key(9))] };
    const bench = await new PipelineBench({ parser: dataParser, filter }).open();
    bench.runtime.onUpdate(transaction, ['p']);
    const instructions = [{ ...transaction.instructions[0]!, programIndex: 99 }];
    bench.runtime.onUpdate({ ...transaction, instructions, inner: [] }, ['p']);
    const { filtered, parseErrors } = bench.pipeline.status();
    assert.deepEqual({ filtered, parseErrors }, { filtered: 1, parseErrors: 1 });
  });

  it('accounts by key and version; slots by what became of them, which may come after they are settled', async () => {
    const bench = await new PipelineBench({ filter: { kind: 'slot' } }).open();
    bench.runtime.onUpdate(account(5, 1), ['p']);
    bench.runtime.onSettled(5);
    await bench.settle(100);
    const next = await new PipelineBench({ filter: { kind: 'slot' } }, bench.state).open();
    next.runtime.onUpdate({ kind: 'slot', slot: 5, parent: 4, status: 'finalized' }, ['p']);
    assert.deepEqual(bench.handler.keys, [`5:${encode(key(1))}:5001`]);
    assert.deepEqual(next.handler.keys, ['5:finalized:0']);
  });
});
