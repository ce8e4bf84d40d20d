import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { decode, encode } from '../../../../../src/chains/solana/base58.ts';
import type { ParsedAccount, ParsedInstruction } from '../../../../../src/pipelines/parsers/parsed-values.ts';
import { splTokenParser, token2022Parser } from '../../../../../src/pipelines/parsers/token/token-parser.ts';
import { accountOf, key, transactionOf } from '../../support/transactions.ts';

const token = decode('TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA') as Uint8Array;
const token2022 = decode('TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb') as Uint8Array;
const [a, b, c, d, e] = ['a', 'b', 'c', 'd', 'e'].map(key) as [
  Uint8Array,
  Uint8Array,
  Uint8Array,
  Uint8Array,
  Uint8Array,
];
const [A, B, C, D, E] = [a, b, c, d, e].map(encode);
const u64 = (value: bigint) => Buffer.from(BigUint64Array.of(value).buffer);
const u32 = (value: number) => Buffer.from(Uint32Array.of(value).buffer);
const u16 = (...values: number[]) => Buffer.from(Uint16Array.from(values).buffer);

function read(
  program: Uint8Array,
  data: Uint8Array,
  accounts: readonly Uint8Array[] = [],
): ParsedInstruction[] {
  const parser = program === token ? splTokenParser : token2022Parser;
  const outcome = parser.parse(transactionOf([{ program, data, accounts }]));
  assert.ok(outcome.kind === 'parsed', inspect(outcome));
  assert.equal(outcome.problems, undefined);
  return outcome.values as ParsedInstruction[];
}

describe('the parsers of the token programs', () => {
  it('read the instructions that both share', () => {
    const vectors: readonly [number, Uint8Array, string, object][] = [
      [
        0,
        Buffer.concat([Buffer.of(9), a, Buffer.of(1), b]),
        'initializeMint',
        { decimals: 9, mintAuthority: A, freezeAuthority: B },
      ],
      [1, Buffer.alloc(0), 'initializeAccount', {}],
      [2, Buffer.of(2), 'initializeMultisig', { m: 2 }],
      [3, u64(5n), 'transfer', { amount: 5n }],
      [4, u64(5n), 'approve', { amount: 5n }],
      [5, Buffer.alloc(0), 'revoke', {}],
      [
        6,
        Buffer.concat([Buffer.of(2, 1), a]),
        'setAuthority',
        { authorityType: 'accountOwner', newAuthority: A },
      ],
      [6, Buffer.of(99, 0), 'setAuthority', { authorityType: '99', newAuthority: null }],
      [7, u64(2n ** 64n - 1n), 'mintTo', { amount: 2n ** 64n - 1n }],
      [8, u64(5n), 'burn', { amount: 5n }],
      [9, Buffer.alloc(0), 'closeAccount', {}],
      [10, Buffer.alloc(0), 'freezeAccount', {}],
      [11, Buffer.alloc(0), 'thawAccount', {}],
      [12, Buffer.concat([u64(5n), Buffer.of(6)]), 'transferChecked', { amount: 5n, decimals: 6 }],
      [13, Buffer.concat([u64(5n), Buffer.of(6)]), 'approveChecked', { amount: 5n, decimals: 6 }],
      [14, Buffer.concat([u64(5n), Buffer.of(6)]), 'mintToChecked', { amount: 5n, decimals: 6 }],
      [15, Buffer.concat([u64(5n), Buffer.of(6)]), 'burnChecked', { amount: 5n, decimals: 6 }],
      [16, a, 'initializeAccount2', { owner: A }],
      [17, Buffer.alloc(0), 'syncNative', {}],
      [18, a, 'initializeAccount3', { owner: A }],
      [19, Buffer.of(3), 'initializeMultisig2', { m: 3 }],
      [
        20,
        Buffer.concat([Buffer.of(0), a, Buffer.of(0)]),
        'initializeMint2',
        { decimals: 0, mintAuthority: A, freezeAuthority: null },
      ],
      [21, u16(7, 3), 'getAccountDataSize', { extensionTypes: [7, 3] }],
      [22, Buffer.alloc(0), 'initializeImmutableOwner', {}],
      [23, u64(5n), 'amountToUiAmount', { amount: 5n }],
      [24, Buffer.from('1.5'), 'uiAmountToAmount', { uiAmount: '1.5' }],
      [38, Buffer.alloc(0), 'withdrawExcessLamports', {}],
      [45, Buffer.concat([Buffer.of(1), u64(5n)]), 'unwrapLamports', { amount: 5n }],
    ];
    for (const program of [token, token2022])
      for (const [kind, rest, name, args] of vectors) {
        const [value] = read(program, Buffer.concat([Buffer.of(kind), rest]));
        assert.deepEqual([value?.name, value?.args, value?.trailingBytes], [name, args, 0], name);
      }
  });

  it('name the accounts, and keep the signers of a multisig apart', () => {
    const [value] = read(token, Buffer.concat([Buffer.of(12), u64(1n), Buffer.of(0)]), [a, b, c, d, e, a]);
    assert.deepEqual(value?.accounts, { source: A, mint: B, destination: C, authority: D });
    assert.deepEqual(value?.remainingAccounts, [E, A]);
  });

  it('tell of a batch what it consists of, and where it ends early', () => {
    const transfer = Buffer.concat([Buffer.of(3), u64(5n)]);
    const data = Buffer.concat([Buffer.of(255, 3, 9), transfer, Buffer.of(1, 1, 17)]);
    const values = read(token, data, [a, b, c, d]);
    assert.deepEqual(
      values.map(({ name, accounts }) => [name, accounts]),
      [
        ['transfer', { source: A, destination: B, authority: C }],
        ['syncNative', { account: D }],
      ],
    );
    const short = splTokenParser.parse(transactionOf([{ program: token, data, accounts: [a, b, c] }]));
    assert.ok(short.kind === 'parsed');
    assert.deepEqual(short.problems, ['instruction 0: its batch ends early, at byte 12']);
  });

  it('read the instructions of Token-2022 alone, by name where no more is of use', () => {
    const vectors: readonly [Uint8Array, string, object][] = [
      [Buffer.concat([Buffer.of(25, 1), a]), 'initializeMintCloseAuthority', { closeAuthority: A }],
      [Buffer.concat([Buffer.of(29), u16(8)]), 'reallocate', { extensionTypes: [8] }],
      [Buffer.of(32), 'initializeNonTransferableMint', {}],
      [Buffer.concat([Buffer.of(35), a]), 'initializePermanentDelegate', { delegate: A }],
      [Buffer.of(26, 1, 7, 8), 'transferFee.transferCheckedWithFee', { data: Uint8Array.of(7, 8) }],
      [Buffer.of(44, 1), 'pausable.pause', { data: new Uint8Array() }],
      [
        Buffer.from([210, 225, 30, 162, 88, 184, 77, 141, 5]),
        'tokenMetadata.initialize',
        { data: Uint8Array.of(5) },
      ],
      [
        Buffer.from([221, 233, 49, 45, 181, 202, 220, 200]),
        'tokenMetadata.updateField',
        { data: new Uint8Array() },
      ],
      [
        Buffer.from([234, 18, 32, 56, 89, 141, 37, 181]),
        'tokenMetadata.removeKey',
        { data: new Uint8Array() },
      ],
      [
        Buffer.from([215, 228, 166, 228, 84, 100, 86, 123]),
        'tokenMetadata.updateAuthority',
        { data: new Uint8Array() },
      ],
      [Buffer.from([250, 166, 180, 250, 13, 12, 184, 70]), 'tokenMetadata.emit', { data: new Uint8Array() }],
      [
        Buffer.from([121, 113, 108, 39, 54, 51, 0, 4]),
        'tokenGroup.initializeGroup',
        { data: new Uint8Array() },
      ],
      [
        Buffer.from([108, 37, 171, 143, 248, 30, 18, 110]),
        'tokenGroup.updateMaxSize',
        { data: new Uint8Array() },
      ],
      [
        Buffer.from([161, 105, 88, 1, 237, 221, 216, 203]),
        'tokenGroup.updateAuthority',
        { data: new Uint8Array() },
      ],
      [
        Buffer.from([152, 32, 222, 176, 223, 237, 116, 134]),
        'tokenGroup.initializeMember',
        { data: new Uint8Array() },
      ],
    ];
    for (const [data, name, args] of vectors) {
      const [value] = read(token2022, data);
      assert.deepEqual([value?.name, value?.args], [name, args]);
    }
    for (const data of [Buffer.of(26), Buffer.of(26, 99), Buffer.of(200), Buffer.alloc(0)])
      assert.equal(token2022Parser.parse(transactionOf([{ program: token2022, data }])).kind, 'error');
  });

  const mint = Buffer.concat([u32(1), a, u64(1000n), Buffer.of(6, 1), u32(0), Buffer.alloc(32)]);
  const account = Buffer.concat([
    ...[a, b, u64(7n), u32(1), c, Buffer.of(1), u32(1), u64(2039280n), u64(3n), u32(0), Buffer.alloc(32)],
  ]);
  const mintData = {
    mintAuthority: A,
    supply: 1000n,
    decimals: 6,
    isInitialized: true,
    freezeAuthority: null,
  };
  const accountData = {
    ...{ mint: A, owner: B, amount: 7n, delegate: C, state: 'initialized', isNative: 2039280n },
    ...{ delegatedAmount: 3n, closeAuthority: null },
  };
  const parse = (program: Uint8Array, data: Uint8Array) => {
    const outcome = (program === token ? splTokenParser : token2022Parser).parse(accountOf(program, data));
    assert.ok(outcome.kind === 'parsed', inspect(outcome));
    const { name, data: held } = outcome.values[0] as ParsedAccount;
    return [name, held];
  };

  it('read mints, token accounts and multisigs', () => {
    const multisig = Buffer.concat([Buffer.of(1, 2, 1), a, b, Buffer.alloc(9 * 32)]);
    for (const program of [token, token2022]) {
      assert.deepEqual(parse(program, mint), ['mint', mintData]);
      assert.deepEqual(parse(program, account), ['account', accountData]);
      assert.deepEqual(parse(program, multisig), [
        'multisig',
        { m: 1, n: 2, isInitialized: true, signers: [A, B] },
      ]);
    }
    assert.equal(splTokenParser.parse(accountOf(token, new Uint8Array())).kind, 'filtered');
    assert.equal(splTokenParser.parse(accountOf(token, Buffer.alloc(100))).kind, 'error');
  });

  it('list the extensions of mints and accounts of Token-2022', () => {
    const extensions = Buffer.concat([u16(3, 32), a, u16(99, 2), Buffer.of(1, 2)]);
    const list = [
      { type: 'mintCloseAuthority', data: a },
      { type: 'extension 99', data: Uint8Array.of(1, 2) },
    ];
    const longMint = Buffer.concat([mint, Buffer.alloc(83), Buffer.of(1), extensions, Buffer.alloc(9)]);
    assert.deepEqual(parse(token2022, longMint), ['mint', { ...mintData, extensions: list }]);
    const longAccount = Buffer.concat([account, Buffer.of(2), u16(7, 0)]);
    assert.deepEqual(parse(token2022, longAccount), [
      'account',
      { ...accountData, extensions: [{ type: 'immutableOwner', data: new Uint8Array() }] },
    ]);
    for (const bad of [
      Buffer.concat([account, Buffer.of(3)]),
      Buffer.concat([account, Buffer.of(2), u16(7, 65535)]),
      Buffer.concat([mint, Buffer.alloc(83), Buffer.of(0)]),
    ])
      assert.equal(token2022Parser.parse(accountOf(token2022, bad)).kind, 'error');
  });
});
