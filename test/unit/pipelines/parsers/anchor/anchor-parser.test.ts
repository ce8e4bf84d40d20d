import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import anchor from '@coral-xyz/anchor';
import { PublicKey } from '@solana/web3.js';
import { decode, encode } from '../../../../../src/chains/solana/base58.ts';
import { readAnchorIdl } from '../../../../../src/pipelines/parsers/anchor/anchor-idl.ts';
import { anchorParser } from '../../../../../src/pipelines/parsers/anchor/anchor-parser.ts';
import { newIdl, oldIdl } from '../../support/anchor-idls.ts';
import { accountOf, key, transactionOf, type WrittenInstruction } from '../../support/transactions.ts';

const { BN, BorshCoder } = anchor;
const program = decode(newIdl.address) as Uint8Array;
const P = newIdl.address;
const parser = anchorParser(readAnchorIdl(newIdl), program);
const old = anchorParser(readAnchorIdl(oldIdl), program);
const coder = new BorshCoder(newIdl as never);
const eventTag = Buffer.from('e445a52e51cb9a1d', 'hex');

const level = { price: new BN('340282366920938463463374607431768211455'), orders: [1, 2, 65535] };
const everything = {
  flag: true,
  small: -5,
  count: 4_000_000_000,
  ratio: 0.5,
  precise: 1e300,
  total: new BN('-170141183460469231731687303715884105728'),
  who: new PublicKey(key('who')),
  note: 'ünï 😀',
  raw: Buffer.from([1, 2, 3]),
  fixed: [4, 5, 6, 7],
  nested: [level, null],
  kind: { Pegged: [-2, true] },
};
const eventBytes = Buffer.concat([Buffer.alloc(8, 9), coder.types.encode('Everything', everything)]);
const eventData = {
  flag: true,
  small: -5,
  count: 4_000_000_000,
  ratio: 0.5,
  precise: 1e300,
  total: -(2n ** 127n),
  who: encode(key('who')),
  note: 'ünï 😀',
  raw: Uint8Array.of(1, 2, 3),
  fixed: Uint8Array.of(4, 5, 6, 7),
  nested: [{ price: 2n ** 128n - 1n, orders: [1, 2, 65535] }, null],
  kind: { Pegged: [-2, true] },
};
const event = { type: 'event', program: P, name: 'Everything', data: eventData, trailingBytes: 0 };

const hash = (text: string) => createHash('sha256').update(text).digest().subarray(0, 8);
const orderData = coder.instruction.encode('place_order', {
  price: new BN('18446744073709551615'),
  kind: { Limit: { expires: new BN(-1) } },
  memo: 'hi',
});
const order: WrittenInstruction = {
  program,
  accounts: [key('owner'), program, key('tokens'), key('mint'), key('extra')],
  data: orderData,
};
const logsAround = (...lines: string[]) => [`Program ${P} invoke [1]`, ...lines, `Program ${P} success`];

describe('the parser of an Anchor program', () => {
  it('reads instructions as Anchor encodes them, with the roles of their accounts', () => {
    const outcome = parser.parse(transactionOf([order], { logs: logsAround() }));
    assert.deepEqual(outcome, {
      kind: 'parsed',
      values: [
        {
          type: 'instruction',
          program: P,
          name: 'place_order',
          accounts: {
            owner: encode(key('owner')),
            referrer: null,
            'vault.tokens': encode(key('tokens')),
            'vault.mint': encode(key('mint')),
          },
          remainingAccounts: [encode(key('extra'))],
          args: { price: 2n ** 64n - 1n, kind: { Limit: { expires: -1n } }, memo: 'hi' },
          trailingBytes: 0,
        },
      ],
    });
  });

  it('reads every type of an event that it logged, behind the instruction that told of it', () => {
    const line = `Program data: ${eventBytes.toString('base64')}`;
    const outcome = parser.parse(
      transactionOf([order], { logs: logsAround(line, 'Program data: AAAA BBBB', line) }),
    );
    assert.ok(outcome.kind === 'parsed');
    assert.deepEqual(
      outcome.values.map(value => (value as { name: string }).name),
      ['place_order', 'Everything', 'Everything'],
    );
    assert.deepEqual(outcome.values[1], event);
  });

  it('reads an event that a program told itself of, and not what another told it', () => {
    const told = { program, data: Buffer.concat([eventTag, eventBytes]) };
    const own = parser.parse(transactionOf([{ ...order, inner: [told] }], { logs: undefined }));
    assert.ok(own.kind === 'parsed');
    assert.deepEqual(own.values[1], event);
    const forged = parser.parse(transactionOf([{ program: key('other'), inner: [told] }]));
    assert.ok(forged.kind === 'error');
    assert.match(forged.message, /did not tell itself/);
    assert.equal(parser.parse(transactionOf([told])).kind, 'error');
  });

  it('passes over the events of transactions that failed, of other programs, and in words that imitate the runtime', () => {
    const line = `Program data: ${eventBytes.toString('base64')}`;
    const names = (outcome: ReturnType<typeof parser.parse>) =>
      outcome.kind === 'parsed'
        ? outcome.values.map(value => (value as { name: string }).name)
        : outcome.kind;
    const failed = [`Program ${P} invoke [1]`, line, `Program ${P} failed: custom program error: 0x1`];
    assert.deepEqual(names(parser.parse(transactionOf([order], { logs: failed, isFailed: true }))), [
      'place_order',
    ]);
    const spoof = [
      `Program ${encode(key('evil'))} invoke [1]`,
      `Program log: Program ${P} invoke [2]\n${line}`,
      line,
      `Program ${encode(key('evil'))} success`,
    ];
    assert.equal(names(parser.parse(transactionOf([{ program: key('evil') }], { logs: spoof }))), 'filtered');
  });

  it('tells what was logged before the logs were cut, and that there may be more', () => {
    const line = `Program data: ${eventBytes.toString('base64')}`;
    const logs = [`Program ${P} invoke [1]`, line, 'Log truncated'];
    const outcome = parser.parse(transactionOf([order], { logs }));
    assert.ok(outcome.kind === 'parsed');
    assert.deepEqual(outcome.values[1], event);
    assert.deepEqual(outcome.problems, ['instruction 0: its events are not all known: the logs are cut']);
  });

  it('says where an event ends early, and counts bytes behind one', () => {
    const logged = (bytes: Uint8Array) =>
      parser.parse(
        transactionOf([order], {
          logs: logsAround(`Program data: ${Buffer.from(bytes).toString('base64')}`),
        }),
      );
    const short = logged(eventBytes.subarray(0, -1));
    assert.ok(short.kind === 'parsed');
    assert.match(
      short.problems?.[0] ?? '',
      /event Everything: kind\.Pegged\[1\]: 1 bytes are wanted at byte \d+, 0 are left/,
    );
    const long = logged(Buffer.concat([eventBytes, Buffer.alloc(3)]));
    assert.ok(long.kind === 'parsed');
    assert.equal((long.values[1] as { trailingBytes: number }).trailingBytes, 3);
  });

  it('reads accounts, and passes over those that are none of its', async () => {
    const data = Buffer.concat([
      Buffer.from([1, 2, 3, 4, 5, 6, 7, 8]),
      coder.types.encode('Book', { authority: new PublicKey(key('who')), levels: [level] }),
      Buffer.alloc(10),
    ]);
    const outcome = parser.parse(accountOf(program, data));
    assert.ok(outcome.kind === 'parsed');
    assert.deepEqual(outcome.values[0], {
      type: 'account',
      program: P,
      name: 'Book',
      pubkey: encode(key('account')),
      lamports: 1_000_000n,
      data: { authority: encode(key('who')), levels: [{ price: 2n ** 128n - 1n, orders: [1, 2, 65535] }] },
      trailingBytes: 10,
    });
    assert.equal(parser.parse(accountOf(program, Buffer.alloc(20))).kind, 'filtered');
    assert.equal(parser.parse(accountOf(key('other'), data)).kind, 'filtered');
    assert.equal(parser.parse(accountOf(program, data.subarray(0, 50))).kind, 'error');
  });

  it('reads the programs of IDLs from before 0.30, whose discriminators are worked out', () => {
    const data = Buffer.concat([hash('global:swap_exact_v2'), Buffer.from([7, 0, 0, 0, 0, 0, 0, 0])]);
    const swapped = Buffer.concat([
      hash('event:Swapped'),
      key('pool'),
      Buffer.from([1, 9, 0, 0, 0, 0, 0, 0, 0]),
    ]);
    const outcome = old.parse(
      transactionOf([{ program, accounts: [key('p'), key('v')], data }], {
        logs: logsAround(`Program data: ${swapped.toString('base64')}`),
      }),
    );
    assert.ok(outcome.kind === 'parsed');
    const [instruction, told] = outcome.values as readonly {
      args?: unknown;
      accounts?: unknown;
      data?: unknown;
    }[];
    assert.deepEqual(instruction?.args, { amount: 7n });
    assert.deepEqual(instruction?.accounts, { payer: encode(key('p')), 'pool.vaultA': encode(key('v')) });
    assert.deepEqual(told?.data, { pool: encode(key('pool')), side: { Sell: 9n } });
    const account = old.parse(accountOf(program, Buffer.concat([hash('account:Pool'), key('who')])));
    assert.ok(account.kind === 'parsed');
  });

  it('says so of an instruction that the IDL does not know, and of indexes that point nowhere', () => {
    const unknown = parser.parse(
      transactionOf([{ program, data: Buffer.alloc(9, 7) }], { logs: logsAround() }),
    );
    assert.deepEqual(unknown, {
      kind: 'error',
      message: "instruction 0: none of the IDL's starts with 0707070707070707",
    });
    const broken = { ...transactionOf([order]), accountKeys: [program] };
    assert.match((parser.parse(broken) as { message: string }).message, /names account/);
  });
});
