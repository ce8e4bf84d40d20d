import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import {
  ComputeBudgetProgram,
  NONCE_ACCOUNT_LENGTH,
  PublicKey,
  SystemProgram,
  type TransactionInstruction,
} from '@solana/web3.js';
import { encode } from '../../../../../src/chains/solana/base58.ts';
import { computeBudgetParser } from '../../../../../src/pipelines/parsers/native/compute-budget-parser.ts';
import { systemParser } from '../../../../../src/pipelines/parsers/native/system-parser.ts';
import type { ParsedInstruction } from '../../../../../src/pipelines/parsers/parsed-values.ts';
import { accountOf, key, transactionOf } from '../../support/transactions.ts';

const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(name => new PublicKey(key(name))) as [
  PublicKey,
  PublicKey,
  PublicKey,
  PublicKey,
];
const [A, B, C, D] = [a, b, c, d].map(String);
const system = SystemProgram.programId.toBytes();

const written = ({ programId, keys, data }: TransactionInstruction) => ({
  program: programId.toBytes(),
  accounts: keys.map(({ pubkey }) => pubkey.toBytes()),
  data,
});

function read(
  instruction: TransactionInstruction,
  parser: typeof systemParser | typeof computeBudgetParser = systemParser,
) {
  const outcome = parser.parse(transactionOf([written(instruction)]));
  assert.ok(outcome.kind === 'parsed', inspect(outcome));
  const { name, accounts, args, trailingBytes } = outcome.values[0] as ParsedInstruction;
  assert.equal(trailingBytes, 0);
  return [name, accounts, args];
}

describe('the parser of the system program', () => {
  it('reads what web3.js writes', () => {
    assert.deepEqual(
      read(
        SystemProgram.createAccount({
          fromPubkey: a,
          newAccountPubkey: b,
          lamports: 5,
          space: 6,
          programId: c,
        }),
      ),
      ['createAccount', { source: A, newAccount: B }, { lamports: 5n, space: 6n, owner: C }],
    );
    assert.deepEqual(read(SystemProgram.assign({ accountPubkey: a, programId: b })), [
      'assign',
      { account: A },
      { owner: B },
    ]);
    assert.deepEqual(read(SystemProgram.transfer({ fromPubkey: a, toPubkey: b, lamports: 2n ** 63n })), [
      'transfer',
      { source: A, destination: B },
      { lamports: 2n ** 63n },
    ]);
    assert.deepEqual(
      read(
        SystemProgram.createAccountWithSeed({
          ...{
            fromPubkey: a,
            newAccountPubkey: b,
            basePubkey: c,
            seed: 'ünï',
            lamports: 1,
            space: 2,
            programId: d,
          },
        }),
      ),
      [
        'createAccountWithSeed',
        { source: A, newAccount: B, baseAccount: C },
        { base: C, seed: 'ünï', lamports: 1n, space: 2n, owner: D },
      ],
    );
    assert.deepEqual(read(SystemProgram.allocate({ accountPubkey: a, space: 9 })), [
      'allocate',
      { account: A },
      { space: 9n },
    ]);
    assert.deepEqual(
      read(SystemProgram.allocate({ accountPubkey: a, basePubkey: b, seed: 's', space: 9, programId: c })),
      ['allocateWithSeed', { account: A, baseAccount: B }, { base: B, seed: 's', space: 9n, owner: C }],
    );
    assert.deepEqual(
      read(SystemProgram.assign({ accountPubkey: a, basePubkey: b, seed: 's', programId: c })),
      ['assignWithSeed', { account: A, baseAccount: B }, { base: B, seed: 's', owner: C }],
    );
    assert.deepEqual(
      read(
        SystemProgram.transfer({
          fromPubkey: a,
          basePubkey: b,
          toPubkey: c,
          lamports: 7,
          seed: 's',
          programId: d,
        }),
      ),
      [
        'transferWithSeed',
        { source: A, baseAccount: B, destination: C },
        { lamports: 7n, fromSeed: 's', fromOwner: D },
      ],
    );
  });

  it('reads what web3.js writes of nonces', () => {
    const [name, accounts] = read(SystemProgram.nonceAdvance({ noncePubkey: a, authorizedPubkey: b }));
    assert.equal(name, 'advanceNonceAccount');
    assert.equal((accounts as { nonceAuthority: string }).nonceAuthority, B);
    const withdrawn = read(
      SystemProgram.nonceWithdraw({ noncePubkey: a, authorizedPubkey: b, toPubkey: c, lamports: 3 }),
    );
    assert.deepEqual([withdrawn[0], withdrawn[2]], ['withdrawNonceAccount', { lamports: 3n }]);
    const authorized = SystemProgram.nonceAuthorize({
      noncePubkey: a,
      authorizedPubkey: b,
      newAuthorizedPubkey: c,
    });
    assert.deepEqual(read(authorized), [
      'authorizeNonceAccount',
      { nonceAccount: A, nonceAuthority: B },
      { newNonceAuthority: C },
    ]);
    const data = Buffer.concat([
      Buffer.from([1, 0, 0, 0, 1, 0, 0, 0]),
      a.toBytes(),
      b.toBytes(),
      Buffer.from([8, 0, 0, 0, 0, 0, 0, 0]),
    ]);
    assert.equal(data.length, NONCE_ACCOUNT_LENGTH);
    const outcome = systemParser.parse(accountOf(system, data));
    assert.ok(outcome.kind === 'parsed');
    assert.deepEqual((outcome.values[0] as { data: unknown }).data, {
      version: 'current',
      isInitialized: true,
      authority: A,
      nonce: B,
      lamportsPerSignature: 8n,
    });
    assert.equal(systemParser.parse(accountOf(system, new Uint8Array())).kind, 'filtered');
    assert.equal(systemParser.parse(accountOf(system, Buffer.alloc(80, 255))).kind, 'error');
  });

  it('reads the rest of a transaction of which one instruction does not read', () => {
    const good = written(SystemProgram.transfer({ fromPubkey: a, toPubkey: b, lamports: 1 }));
    const outcome = systemParser.parse(
      transactionOf([
        { program: key('x') },
        { program: system, data: good.data.subarray(0, 8) },
        { program: key('x'), inner: [good] },
        { program: system, data: Buffer.alloc(4, 99) },
      ]),
    );
    assert.ok(outcome.kind === 'parsed');
    assert.deepEqual(
      outcome.values.map(({ type }) => type),
      ['instruction'],
    );
    assert.deepEqual(outcome.problems, [
      'instruction 1, transfer: lamports: 8 bytes are wanted at byte 4, 4 are left',
      'instruction 3: 1667457891 is no instruction',
    ]);
  });

  it('does not believe the length of a seed', () => {
    const data = Buffer.concat([
      Buffer.from([10, 0, 0, 0]),
      a.toBytes(),
      Buffer.alloc(8, 255),
      Buffer.alloc(40),
    ]);
    const outcome = systemParser.parse(transactionOf([{ program: system, data }]));
    assert.ok(outcome.kind === 'error');
    assert.match(
      outcome.message,
      /assignWithSeed: seed: a text of 18446744073709551615 bytes is announced, 40 are left/,
    );
  });
});

describe('the parser of the compute budget program', () => {
  it('reads what web3.js writes', () => {
    const cases: readonly [TransactionInstruction, string, object][] = [
      [
        ComputeBudgetProgram.requestUnits({ units: 1, additionalFee: 2 }),
        'requestUnits',
        { units: 1, additionalFee: 2 },
      ],
      [ComputeBudgetProgram.requestHeapFrame({ bytes: 32768 }), 'requestHeapFrame', { bytes: 32768 }],
      [
        ComputeBudgetProgram.setComputeUnitLimit({ units: 200_000 }),
        'setComputeUnitLimit',
        { units: 200_000 },
      ],
      [
        ComputeBudgetProgram.setComputeUnitPrice({ microLamports: 7 }),
        'setComputeUnitPrice',
        { microLamports: 7n },
      ],
    ];
    for (const [instruction, name, args] of cases)
      assert.deepEqual(read(instruction, computeBudgetParser), [name, {}, args]);
    const outcome = computeBudgetParser.parse(
      transactionOf([{ program: ComputeBudgetProgram.programId.toBytes(), data: Uint8Array.of(9) }]),
    );
    assert.deepEqual(outcome, { kind: 'error', message: 'instruction 0: 9 is no instruction' });
    assert.equal(encode(system), '11111111111111111111111111111111');
  });
});
