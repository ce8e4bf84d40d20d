import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decode, encode } from '../../../../src/chains/solana/base58.ts';
import { walkInstructions } from '../../../../src/pipelines/instructions/instructions-of.ts';
import { key, transactionOf, type WrittenInstruction } from '../support/transactions.ts';

const [a, b] = [key('a'), key('b')];
const [A, B] = [encode(a), encode(b)];
const ed25519 = decode('Ed25519SigVerify111111111111111111111111111') as Uint8Array;

function logsOf(instructions: readonly WrittenInstruction[], logs: readonly string[], isFailed = false) {
  return walkInstructions(transactionOf(instructions, { logs, isFailed })).map(
    instruction => instruction.logs,
  );
}

const nested: readonly WrittenInstruction[] = [{ program: a, inner: [{ program: b }] }];

describe('the attribution of log lines', () => {
  it('gives each line to the invocation that wrote it', () => {
    const logs = [
      `Program ${A} invoke [1]`,
      'Program log: before',
      `Program ${B} invoke [2]`,
      'Program data: AAAA',
      `Program ${B} consumed 10 of 100 compute units`,
      `Program return: ${B} AQ==`,
      `Program ${B} success`,
      'Program log: after',
      'Program consumption: 3 units remaining',
      `Program ${A} success`,
    ];
    assert.deepEqual(logsOf(nested, logs), [
      ['Program log: before', 'Program log: after', 'Program consumption: 3 units remaining'],
      ['Program data: AAAA'],
    ]);
  });

  it('is not deceived by a program that logs in the words of the runtime', () => {
    const spoof = [
      `Program log: Program ${B} invoke [2]`,
      'Program log: Program data: AAAA',
      `Program log: Program ${B} success`,
      `Program log: x\nProgram ${B} invoke [2]\nProgram data: AAAA\nProgram ${B} success`,
      'Program log: Log truncated',
    ];
    const logs = [
      `Program ${A} invoke [1]`,
      ...spoof,
      `Program ${B} invoke [2]`,
      `Program ${B} success`,
      `Program ${A} success`,
    ];
    assert.deepEqual(logsOf(nested, logs), [spoof, []]);
  });

  it('believes nothing where a source split a line, so that the lines do not go through the instructions', () => {
    const logs = [
      `Program ${A} invoke [1]`,
      'Program log: x',
      `Program ${B} invoke [2]`,
      'Program data: AAAA',
      `Program ${B} success`,
      `Program ${B} invoke [2]`,
      `Program ${B} success`,
      `Program ${A} success`,
    ];
    assert.deepEqual(logsOf(nested, logs), [undefined, undefined]);
    for (const line of [
      `Program ${B} success`,
      `Program ${B} invoke [3]`,
      `Program ${A} invoke [2]`,
      `Program return: ${B} AA==`,
    ])
      assert.deepEqual(logsOf(nested, [logs[0] as string, line]), [undefined, undefined], line);
    assert.deepEqual(logsOf(nested, ['Program data: AAAA']), [undefined, undefined]);
  });

  it('knows the lines of those that ended before the logs were cut, and of no others', () => {
    const logs = [
      `Program ${A} invoke [1]`,
      `Program ${A} success`,
      `Program ${A} invoke [1]`,
      'Program log: some',
      'Log truncated',
      `Program ${A} success`,
    ];
    assert.deepEqual(logsOf([{ program: a }, { program: a }, { program: b }], logs), [
      [],
      undefined,
      undefined,
    ]);
  });

  it('knows nothing of those that the logs end before', () => {
    const logs = [`Program ${A} invoke [1]`, `Program ${A} success`];
    assert.deepEqual(logsOf([{ program: a }, { program: b }], logs), [[], undefined]);
    assert.deepEqual(logsOf([{ program: a }, { program: b }], []), [undefined, undefined]);
  });

  it('passes over programs that the runtime checks before it runs anything', () => {
    const logs = [`Program ${A} invoke [1]`, 'Program log: x', `Program ${A} success`];
    assert.deepEqual(logsOf([{ program: ed25519 }, { program: a }, { program: ed25519 }], logs), [
      [],
      ['Program log: x'],
      [],
    ]);
  });

  it('follows a failure up through the invocations; what never ran wrote nothing', () => {
    const logs = [
      `Program ${A} invoke [1]`,
      `Program ${B} invoke [2]`,
      'Program log: no',
      `Program ${B} failed: custom program error: 0x1`,
      `Program ${A} failed: custom program error: 0x1`,
    ];
    assert.deepEqual(logsOf([...nested, { program: b }], logs, true), [[], ['Program log: no'], []]);
  });

  it('leaves remarks of the runtime outside of invocations to nobody', () => {
    const logs = [
      'Unsupported sysvar',
      `Program ${A} invoke [1]`,
      'Transfer: insufficient lamports 0, need 1',
      `Program ${A} success`,
    ];
    assert.deepEqual(logsOf([{ program: a }], logs), [['Transfer: insufficient lamports 0, need 1']]);
  });
});
