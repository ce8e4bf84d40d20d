import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { instructionErrors, transactionErrors } from '../../../../../src/devnet/solana/bank/error-tables.ts';
import {
  transactionErrorJson,
  transactionErrorText,
} from '../../../../../src/devnet/solana/bank/transaction-error.ts';
import { wireError } from '../../../../../src/devnet/solana/geyser/wire-error.ts';

/** What litesvm's own declarations say: its numbers are constants that do not exist when it runs. */
const declarations = readFileSync(
  createRequire(import.meta.url)
    .resolve('litesvm')
    .replace('index.js', 'internal.d.ts'),
  'utf8',
);

function declared(name: string): readonly (readonly [string, number])[] {
  const body = new RegExp(`enum ${name} \\{([^}]*)\\}`).exec(declarations)?.[1] ?? '';
  return [...body.matchAll(/(\w+) = (\d+)/g)].map(([, error = '', number]) => [error, Number(number)]);
}

for (const [name, table] of [
  ['TransactionErrorFieldless', transactionErrors],
  ['InstructionErrorFieldless', instructionErrors],
] as const) {
  test(`knows every error of litesvm's ${name} by its number, and Agave's number of it`, () => {
    const errors = declared(name);
    assert.ok(errors.length > 30);
    for (const [error, number] of errors) {
      assert.equal(table.nameFromLitesvm(number), error);
      assert.notEqual(table.number(error), undefined);
    }
    assert.equal(table.nameFromLitesvm(errors.length), undefined);
  });
}

class TransactionErrorInstructionError {
  readonly index = 2;
  readonly #cause: unknown;

  constructor(cause: unknown) {
    this.#cause = cause;
  }

  err(): unknown {
    return this.#cause;
  }
}
class InstructionErrorCustom {
  readonly code = 6_001;
}
class InstructionErrorBorshIo {
  readonly msg = 'Unknown';
}
class TransactionErrorDuplicateInstruction {
  readonly index = 3;
}
class TransactionErrorInsufficientFundsForRent {
  readonly accountIndex = 4;
}

for (const [what, error, json, wire, text] of [
  ['without fields', 7, 'BlockhashNotFound', '07000000', 'Blockhash not found'],
  ['that the two number differently', 30, 'ResanitizationNeeded', '22000000', 'ResanitizationNeeded'],
  ['that the virtual machine does not number', 999, 'SanitizeFailure', '0e000000', /failed to sanitize/],
  [
    'of an instruction',
    new TransactionErrorInstructionError(5),
    { InstructionError: [2, 'InsufficientFunds'] },
    '080000000205000000',
    'Error processing Instruction 2: insufficient funds for instruction',
  ],
  [
    'of an instruction behind those with fields',
    new TransactionErrorInstructionError(51),
    { InstructionError: [2, 'BuiltinProgramsMustConsumeComputeUnits'] },
    '080000000235000000',
    'Error processing Instruction 2: builtin programs must consume compute units',
  ],
  [
    'of a program',
    new TransactionErrorInstructionError(new InstructionErrorCustom()),
    { InstructionError: [2, { Custom: 6_001 }] },
    '08000000021900000071170000',
    'Error processing Instruction 2: custom program error: 0x1771',
  ],
  [
    'with a text',
    new TransactionErrorInstructionError(new InstructionErrorBorshIo()),
    { InstructionError: [2, { BorshIoError: 'Unknown' }] },
    `08000000022c0000000700000000000000${Buffer.from('Unknown').toString('hex')}`,
    'Error processing Instruction 2: error',
  ],
  [
    'about one instruction of many',
    new TransactionErrorDuplicateInstruction(),
    { DuplicateInstruction: 3 },
    '1e00000003',
    'DuplicateInstruction',
  ],
  [
    'about an account',
    new TransactionErrorInsufficientFundsForRent(),
    { InsufficientFundsForRent: { account_index: 4 } },
    '1f00000004',
    'InsufficientFundsForRent',
  ],
] as const) {
  test(`tells an error ${what} as Agave does, in JSON, in bincode and in words`, () => {
    const told = transactionErrorJson(error);
    assert.deepEqual(told, json);
    assert.equal(wireError(told).toString('hex'), wire);
    if (typeof text === 'string') assert.equal(transactionErrorText(told), text);
    else assert.match(transactionErrorText(told), text);
  });
}
